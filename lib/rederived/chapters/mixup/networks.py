"""Residual networks with pre-activation, He and others 2016, arXiv:1603.05027."""

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


def preact_resnet18(classes: int = 10) -> ResidualNet:
    """Return the network of the mixup paper's program, 11 million parameters."""
    return ResidualNet((64, 128, 256, 512), 2, classes)
