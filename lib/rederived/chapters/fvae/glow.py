"""Glow: couplings with convolutions at several scales (arXiv:1807.03039).

One step is: normalise (``ActNorm``), shuffle channels, move one half by the other (an
additive coupling).  A level is several steps; after it half of the channels leave
(``FactorOut``) and the rest is squeezed for the next level.  A last ``ActNorm`` is the
learned mean and scale of Glow's prior at the top.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils import convert_conv2d_weight_memory_format

from rederived.chapters.fvae.glow_layers import (
    ActNorm,
    ChannelPermutation,
    Channels,
    FactorOut,
    Squeeze,
)
from rederived.chapters.fvae.recompute import RecomputedComposition
from rederived.flows import (
    AdditiveCoupling,
    Bijection,
    Composition,
    Flow,
    Inverse,
    StandardNormal,
)
from rederived.networks import initialize


def glow(
    event_shape: tuple[int, int, int],
    *,
    levels: int,
    steps: int,
    width: int,
    generator: torch.Generator,
) -> Flow:
    """Build Glow for images: a squeeze, ``glow_bijection``, and the squeeze undone.

    Args:
        event_shape: ``(C, H, W)`` of an image and of its code.
        levels: number of scales; height and width must be divisible by two to this
            power.
        steps: steps in each level.
        width: hidden channels of each coupling network.
        generator: draws shuffles and weights.

    Raises:
        ValueError: if the image is too small for the levels.

    >>> draw = torch.Generator().manual_seed(0)
    >>> flow = glow((3, 8, 8), levels=2, steps=1, width=4, generator=draw)
    >>> flow.log_prob(torch.zeros(5, 3, 8, 8)).shape
    torch.Size([5])
    """
    channels, height, width_of_image = event_shape
    if height % 2**levels or width_of_image % 2**levels:
        raise ValueError(
            f"{levels} levels need a height and width divisible by {2**levels}, got "
            f"{height} x {width_of_image}: pad the image or build fewer levels"
        )
    inner = glow_bijection(
        4 * channels, levels=levels, steps=steps, width=width, generator=generator
    )
    squeeze = Squeeze()
    bijection = Composition(squeeze, inner, Inverse(squeeze))
    return Flow(bijection, StandardNormal(), event_shape)


def glow_bijection(
    channels: int,
    *,
    levels: int,
    steps: int,
    width: int,
    generator: torch.Generator,
    recompute: bool = False,
) -> Composition:
    """Build Glow's levels for events ``(C, H, W)``, without a squeeze before the first.

    The article's flow of codes is of this kind, ``C = 192`` and ``H = W = 16``.  The
    code has the event's shape.  It starts as a map that only mixes channels: all
    couplings are the identity.  The other arguments are those of ``glow``.

    Args:
        channels: the even number of channels.
        levels: number of scales; each but the first halves height and width.
        steps: steps in each level.
        width: hidden channels of each coupling network.
        generator: draws shuffles and weights.
        recompute: whether activations are recomputed, not kept, for the gradient.

    Raises:
        ValueError: for an odd or too small number.
    """
    _check(channels, levels, steps, width)
    half = channels // 2
    layers: list[Bijection] = []
    for _ in range(steps):
        layers += [
            ActNorm(channels),
            ChannelPermutation(torch.randperm(channels, generator=generator)),
            AdditiveCoupling(Channels(), coupling_network(half, width, generator)),
        ]
    level = (RecomputedComposition if recompute else Composition)(*layers)
    if levels == 1:
        return Composition(level, ActNorm(channels))
    squeeze = Squeeze()
    next_levels = glow_bijection(
        2 * channels,
        levels=levels - 1,
        steps=steps,
        width=width,
        generator=generator,
        recompute=recompute,
    )
    inner = Composition(squeeze, next_levels, Inverse(squeeze))
    return Composition(level, FactorOut(inner, _zero_convolution(half, channels)))


def coupling_network(
    channels: int, width: int, generator: torch.Generator
) -> nn.Sequential:
    """Build a coupling network: 3x3 and 1x1 convolutions with ReLU, a 3x3 of zeros.

    Hidden weights follow He's rule; since the last layer is zero, the network's first
    output is zero and a coupling starts as the identity (Glow, section 3.3).  Weights
    lie in memory with their channels last, as the convolutions are fastest.

    Args:
        channels: of the kept and of the changed part.
        width: hidden channels.
        generator: draws the weights.
    """
    first = nn.Conv2d(channels, width, 3, padding=1)
    second = nn.Conv2d(width, width, 1)
    for layer in (first, second):
        initialize(layer, "he", generator)
    last = _zero_convolution(width, channels)
    relu = nn.ReLU(inplace=True)
    network = nn.Sequential(first, relu, second, relu, last)
    return convert_conv2d_weight_memory_format(network, torch.channels_last)


def _zero_convolution(inputs: int, outputs: int) -> nn.Conv2d:
    layer = nn.Conv2d(inputs, outputs, 3, padding=1)
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer


def _check(channels: int, levels: int, steps: int, width: int) -> None:
    if channels % 2:
        raise ValueError(
            f"channels must be even, got {channels}: squeeze space into channels first"
        )
    for name, value in (("levels", levels), ("steps", steps), ("width", width)):
        if value < 1:
            raise ValueError(f"{name} must be at least 1, got {value}")
