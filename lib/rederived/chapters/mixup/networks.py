"""Residual networks with pre-activation, and a network that trains in seconds.

He and others 2016, arXiv:1603.05027; the fast one is Jordan's, 2024, arXiv:2404.00498:
94 % on CIFAR-10 in less than ten epochs.  We leave out its optimizer and its averaging
over mirrored pictures.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

_PATCH = 12  # numbers in a patch of 2 x 2 pixels of three colours
_LEAST_VARIANCE = 5e-4  # added, so that rounding of the pixels is not blown up


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


class WhitenedNet(nn.Module):
    """Whitened patches of 2 x 2 pixels, three pairs of convolutions, one linear layer.

    Each pair halves the picture by maxima over squares; at the end the maximum over all
    places is taken, and the logits are divided by nine.

    Args:
        width: channels of the first pair; the others have four times as many.
        classes: logits of the output.

    >>> import torch
    >>> WhitenedNet(4)(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """

    def __init__(self, width: int = 64, classes: int = 10) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 2 * _PATCH, 2, bias=False).requires_grad_(False)
        self.pairs = nn.Sequential(
            _halving_pair(2 * _PATCH, width),
            _halving_pair(width, 4 * width),
            _halving_pair(4 * width, 4 * width),
        )
        self.head = nn.Linear(4 * width, classes, bias=False)

    @torch.no_grad()
    def prepare(self, x: Tensor) -> None:
        """Fix the first layer by some pictures, and start the others as near copies.

        Half of the first layer's channels are uncorrelated on these pictures, each of
        variance one (less in directions in which patches hardly vary); the other half
        are their negatives, which the activation would lose.  The first channels of
        every other convolution begin as copies of those that come in.

        Args:
            x: pictures ``(B, 3, H, W)``, scaled as those to come.

        Raises:
            ValueError: if they have no two patches, or numbers that are not finite.
        """
        if x[..., 1:, 1:].numel() < 2 * 3 or not bool(x.isfinite().all()):
            raise ValueError(
                "the first layer is computed from two patches of 2 x 2 pixels or more "
                f"of finite pictures, got shape {tuple(x.shape)}: look at the pictures"
            )
        patches = functional.unfold(x, 2).transpose(1, 2).flatten(0, 1)  # (n, 12)
        variances, directions = torch.linalg.eigh(torch.cov(patches.T))
        filters = (directions / (variances.clamp(min=0) + _LEAST_VARIANCE).sqrt()).T
        filters = filters.unflatten(1, (3, 2, 2))
        self.patches.weight.copy_(torch.cat([filters, -filters]))
        for layer in self.pairs.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.dirac_(layer.weight[: layer.in_channels])

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits ``(B, classes)`` of pictures ``(B, 3, H, W)``."""
        x = self.pairs(functional.gelu(self.patches(x)))  # (B, 4 w, H / 8, W / 8)
        return self.head(x.amax((2, 3))) / 9.0


def _halving_pair(inputs: int, outputs: int) -> nn.Sequential:
    """Return two 3x3 convolutions, a maximum over squares after the first."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(outputs),
        nn.GELU(),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.GELU(),
    )


def preact_resnet18(classes: int = 10) -> ResidualNet:
    """Return the network of the mixup paper's program, 11 million parameters."""
    return ResidualNet((64, 128, 256, 512), 2, classes)
