"""The article's f-VAE for images: residual stacks between squeezes, a Glow of codes.

At each scale 2x2 pixels become channels, then residual steps
``x + Conv1x1(ReLU(BatchNorm(Conv3x3(x))))`` follow; the last convolution of a step
starts at zero, so that encoder and decoder start as each other's inverses, up to the
last tanh.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rederived.chapters.fvae.glow import glow_bijection
from rederived.chapters.fvae.model import FVAE
from rederived.networks import initialize


class ResidualStep(nn.Module):
    """``x + Conv1x1(ReLU(BatchNorm(Conv3x3(x))))``, the identity at the start.

    Args:
        channels: of input, output and in between.
        generator: draws the weights of the 3x3 convolution.

    >>> step = ResidualStep(4, torch.Generator().manual_seed(0))
    >>> bool((step(torch.ones(2, 4, 8, 8)) == 1).all())
    True
    """

    def __init__(self, channels: int, generator: torch.Generator) -> None:
        super().__init__()
        first = nn.Conv2d(channels, channels, 3, padding=1)
        last = nn.Conv2d(channels, channels, 1)
        initialize(first, "he", generator)
        for parameter in last.parameters():
            nn.init.zeros_(parameter)
        self.branch = nn.Sequential(
            first, nn.BatchNorm2d(channels), nn.ReLU(inplace=True), last
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the input plus the branch."""
        return x + self.branch(x)


def residual_encoder(
    channels: int, scales: int, steps: int, generator: torch.Generator
) -> nn.Sequential:
    """Build ``E``: at each scale a squeeze, then residual steps.

    Images ``(C, H, W)`` become ``(4^scales C, H / 2^scales, W / 2^scales)``.

    Args:
        channels: of the images.
        scales: how many squeezes.
        steps: residual steps at each scale.
        generator: draws the weights.
    """
    layers: list[nn.Module] = []
    for scale in range(1, scales + 1):
        layers.append(nn.PixelUnshuffle(2))
        layers += [ResidualStep(channels * 4**scale, generator) for _ in range(steps)]
    return nn.Sequential(*layers)


def residual_decoder(
    channels: int, scales: int, steps: int, generator: torch.Generator
) -> nn.Sequential:
    """Build ``G``, the encoder's mirror with a tanh at the end, for data in [-1, 1].

    Args:
        channels: of the images.
        scales: how many squeezes are undone.
        steps: residual steps at each scale.
        generator: draws the weights.
    """
    layers: list[nn.Module] = []
    for scale in range(scales, 0, -1):
        layers += [ResidualStep(channels * 4**scale, generator) for _ in range(steps)]
        layers.append(nn.PixelShuffle(2))
    return nn.Sequential(*layers, nn.Tanh())


def fvae(
    event_shape: tuple[int, int, int],
    *,
    scales: int,
    steps: int,
    levels: int,
    flow_steps: int,
    flow_width: int,
    generator: torch.Generator,
) -> FVAE:
    """Build the article's model: residual ``E`` and ``G``, additive Glow as ``F``.

    Args:
        event_shape: ``(C, H, W)`` of an image; its code has the same size.
        scales: squeezes of encoder and decoder.
        steps: residual steps at each of their scales.
        levels: levels of the flow.
        flow_steps: steps of each level.
        flow_width: hidden channels of each coupling network.
        generator: draws the weights.

    >>> model = fvae((3, 8, 8), scales=1, steps=1, levels=1, flow_steps=1,
    ...              flow_width=4, generator=torch.Generator().manual_seed(0))
    >>> model.encode(torch.zeros(5, 3, 8, 8)).shape
    torch.Size([5, 12, 4, 4])
    """
    channels, height, width = event_shape
    code_channels = channels * 4**scales
    flow = glow_bijection(
        code_channels,
        levels=levels,
        steps=flow_steps,
        width=flow_width,
        generator=generator,
    )
    return FVAE(
        residual_encoder(channels, scales, steps, generator),
        residual_decoder(channels, scales, steps, generator),
        flow,
        (code_channels, height // 2**scales, width // 2**scales),
    )


def article_fvae(generator: torch.Generator) -> FVAE:
    """Build the network of the article's program, for faces of 128 x 128 pixels."""
    return fvae(
        (3, 128, 128), scales=3, steps=12, levels=4, flow_steps=12, flow_width=256,
        generator=generator,
    )  # fmt: skip
