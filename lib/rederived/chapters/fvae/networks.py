"""The article's encoder and decoder: residual stacks between squeezes.

At each scale 2x2 pixels become channels, then residual steps
``x + Conv1x1(ReLU(Norm(Conv3x3(x))))`` follow; the last convolution of a step starts at
zero, so that encoder and decoder start as each other's inverses, up to the last tanh.
"""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor, nn

from rederived.networks import initialize

Norm = Literal["batch", "none"]


class ResidualStep(nn.Module):
    """``x + Conv1x1(ReLU(Norm(Conv3x3(x))))``, the identity at the start.

    Args:
        channels: of input and output.
        width: channels in between.
        generator: draws the weights of the 3x3 convolution.
        norm: ``"batch"`` (the article) or ``"none"``.

    Raises:
        ValueError: for an unknown word.
    """

    def __init__(
        self,
        channels: int,
        width: int,
        generator: torch.Generator,
        norm: Norm = "batch",
    ) -> None:
        super().__init__()
        if norm not in get_args(Norm):
            raise ValueError(f"norm must be one of {get_args(Norm)}, got {norm!r}")
        first = nn.Conv2d(channels, width, 3, padding=1)
        last = nn.Conv2d(width, channels, 1)
        initialize(first, "he", generator)
        for parameter in last.parameters():
            nn.init.zeros_(parameter)
        between: list[nn.Module] = [nn.ReLU(inplace=True)]
        if norm == "batch":
            between = [nn.BatchNorm2d(width), *between]
        self.branch = nn.Sequential(first, *between, last)

    def forward(self, x: Tensor) -> Tensor:
        """Return the input plus the branch."""
        result: Tensor = x + self.branch(x)
        return result


def residual_encoder(
    channels: int,
    *,
    scales: int,
    steps: int,
    generator: torch.Generator,
    outputs: int | None = None,
    width: int | None = None,
    norm: Norm = "batch",
) -> nn.Sequential:
    """Build ``E``: at each scale a squeeze, then residual steps.

    Images ``(C, H, W)`` become ``(4^scales C, H / 2^scales, W / 2^scales)``.

    Args:
        channels: of the images.
        scales: how many squeezes.
        steps: residual steps at each scale.
        generator: draws the weights.
        outputs: channels after a last 1x1 convolution; None has no such layer, so
            that the code has the image's size.
        width: hidden channels of a step; None takes those of its scale (the article).
        norm: ``"batch"`` or ``"none"``.
    """
    layers: list[nn.Module] = []
    for scale in range(1, scales + 1):
        size = channels * 4**scale
        layers.append(nn.PixelUnshuffle(2))
        layers += _steps(steps, size, width, generator, norm)
    if outputs is not None:
        last = nn.Conv2d(channels * 4**scales, outputs, 1)
        initialize(last, "he", generator)
        layers.append(last)
    return nn.Sequential(*layers)


def residual_decoder(
    channels: int,
    *,
    scales: int,
    steps: int,
    generator: torch.Generator,
    inputs: int | None = None,
    width: int | None = None,
    norm: Norm = "batch",
) -> nn.Sequential:
    """Build ``G``, the encoder's mirror with a tanh at the end, for data in [-1, 1].

    Args:
        channels: of the images.
        scales: how many squeezes are undone.
        steps: residual steps at each scale.
        generator: draws the weights.
        inputs: channels of the code, if it has not the image's size.
        width: hidden channels of a step; None takes those of its scale (the article).
        norm: ``"batch"`` or ``"none"``.
    """
    layers: list[nn.Module] = []
    if inputs is not None:
        first = nn.Conv2d(inputs, channels * 4**scales, 1)
        initialize(first, "he", generator)
        layers.append(first)
    for scale in range(scales, 0, -1):
        size = channels * 4**scale
        layers += _steps(steps, size, width, generator, norm)
        layers.append(nn.PixelShuffle(2))
    return nn.Sequential(*layers, nn.Tanh())


def _steps(
    count: int, channels: int, width: int | None, generator: torch.Generator, norm: Norm
) -> list[nn.Module]:
    return [
        ResidualStep(channels, width or channels, generator, norm) for _ in range(count)
    ]
