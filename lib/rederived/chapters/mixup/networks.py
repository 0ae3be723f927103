"""Residual networks: with pre-activation, and one that trains in seconds.

He and others 2016, arXiv:1603.05027; the short one is David Page's of 2018 (the series
"How to Train Your ResNet"), which won a prize for the fastest 94 % on CIFAR-10.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional


class PreActBlock(nn.Module):
    """Two 3x3 convolutions, each after batch normalisation and ReLU, and a shortcut.

    Args:
        inputs: channels that come in.
        outputs: channels that go out.
        stride: of the first convolution.

    >>> import torch
    >>> PreActBlock(8, 16, stride=2)(torch.zeros(1, 8, 6, 6)).shape
    torch.Size([1, 16, 3, 3])
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first_norm = nn.BatchNorm2d(inputs)
        self.first = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.shortcut: nn.Module | None = None
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, inputs, H, W)`` to ``(B, outputs, H / stride, W / stride)``."""
        active = functional.relu(self.first_norm(x))
        kept = x if self.shortcut is None else self.shortcut(active)
        inner = self.first(active)
        return kept + self.second(functional.relu(self.second_norm(inner)))


class ResidualNet(nn.Module):
    """A stem, stages of blocks that halve the picture between them, mean, linear.

    Args:
        widths: channels of each stage.
        blocks: blocks of each stage.
        classes: logits of the output.
        channels: of the pictures.
        stem_stride: of the first convolution; 2 works on half the rows and columns.

    >>> import torch
    >>> ResidualNet([8, 16], 1, classes=10)(torch.zeros(4, 3, 8, 8)).shape
    torch.Size([4, 10])
    """

    def __init__(
        self,
        widths: Sequence[int],
        blocks: int,
        classes: int = 10,
        channels: int = 3,
        stem_stride: int = 1,
    ) -> None:
        super().__init__()
        self.stem = nn.Conv2d(channels, widths[0], 3, stem_stride, 1, bias=False)
        parts: list[nn.Module] = []
        inputs = widths[0]
        for stage, outputs in enumerate(widths):
            for block in range(blocks):
                stride = 2 if stage > 0 and block == 0 else 1
                parts.append(PreActBlock(inputs, outputs, stride))
                inputs = outputs
        self.blocks = nn.Sequential(*parts)
        self.norm = nn.BatchNorm2d(inputs)
        self.head = nn.Linear(inputs, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits ``(B, classes)`` of pictures ``(B, channels, H, W)``."""
        features = functional.relu(self.norm(self.blocks(self.stem(x))))
        return self.head(features.mean((2, 3)))


class ShortResidualNet(nn.Module):
    """Eight convolutions, of which four in two residual pairs, and one linear layer.

    The picture is halved three times, by maxima over squares; at the end the maximum
    over all places is taken, and the logits are divided by eight.

    Args:
        width: channels of the first convolution; the last has eight times as many.
        classes: logits of the output.

    >>> import torch
    >>> ShortResidualNet(4)(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """

    def __init__(self, width: int = 64, classes: int = 10) -> None:
        super().__init__()
        self.stem = _convolution(3, width)
        self.first = _convolution(width, 2 * width)
        self.first_pair = _pair(2 * width)
        self.second = _convolution(2 * width, 4 * width)
        self.third = _convolution(4 * width, 8 * width)
        self.third_pair = _pair(8 * width)
        self.head = nn.Linear(8 * width, classes, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits ``(B, classes)`` of pictures ``(B, 3, H, W)``."""
        x = functional.max_pool2d(self.first(self.stem(x)), 2)  # (B, 2 w, H / 2, W / 2)
        x = x + self.first_pair(x)
        x = functional.max_pool2d(self.second(x), 2)  # (B, 4 w, H / 4, W / 4)
        x = functional.max_pool2d(self.third(x), 2)  # (B, 8 w, H / 8, W / 8)
        x = x + self.third_pair(x)
        return self.head(x.amax((2, 3))) / 8.0


def _convolution(inputs: int, outputs: int) -> nn.Sequential:
    """Return a 3x3 convolution, batch normalisation and ReLU."""
    layer = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


def _pair(channels: int) -> nn.Sequential:
    return nn.Sequential(
        _convolution(channels, channels), _convolution(channels, channels)
    )


def preact_resnet18(classes: int = 10) -> ResidualNet:
    """Return the network of the mixup paper's program, 11 million parameters."""
    return ResidualNet((64, 128, 256, 512), 2, classes)
