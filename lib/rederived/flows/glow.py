"""Glow: couplings with convolutions at several scales (arXiv:1807.03039).

One step is: normalise (``ActNorm``), mix channels, move one half by the other (a
coupling).  A level is several steps; after it half of the channels leave
(``FactorOut``) and the rest is squeezed for the next level.  A last ``ActNorm`` is the
learned mean and scale of Glow's prior at the top.
"""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import nn
from torch.nn.utils import convert_conv2d_weight_memory_format

from rederived.flows.actnorm import ActNorm
from rederived.flows.bijection import Bijection, Composition, Inverse
from rederived.flows.channel_mixing import (
    ChannelPermutation,
    InvertibleConvolution,
    LUConvolution,
)
from rederived.flows.coupling import AdditiveCoupling, AffineCoupling
from rederived.flows.density import Flow
from rederived.flows.multiscale import FactorOut, Squeeze
from rederived.flows.priors import Prior, StandardNormal
from rederived.flows.recompute import RecomputedComposition
from rederived.flows.splits import Channels
from rederived.networks import initialize

Coupling = Literal["additive", "affine"]
Mixing = Literal["shuffle", "convolution", "lu"]


def glow(
    event_shape: tuple[int, int, int],
    *,
    levels: int,
    steps: int,
    width: int,
    generator: torch.Generator,
    coupling: Coupling = "additive",
    mixing: Mixing = "shuffle",
    conditional: bool = True,
    recompute: bool = False,
    prior: Prior | None = None,
) -> Flow:
    """Build Glow for images: a squeeze, ``glow_bijection``, and the squeeze undone.

    Args:
        event_shape: ``(C, H, W)`` of an image and of its code.
        levels: number of scales; height and width must be divisible by two to this
            power.
        steps: steps in each level.
        width: hidden channels of each coupling network.
        generator: draws shuffles, rotations and weights.
        coupling: ``"additive"`` or ``"affine"``.
        mixing: ``"shuffle"`` (fixed), ``"convolution"`` (1x1, learned) or ``"lu"``
            (the same in factors).
        conditional: whether what leaves has a prior that depends on what goes on.
        recompute: whether activations are recomputed, not kept, for the gradient.
        prior: the law of the code; None takes the standard normal.

    Raises:
        ValueError: if the image is too small for the levels, or for an unknown word.
    """
    channels, height, width_of_image = event_shape
    if height % 2**levels or width_of_image % 2**levels:
        raise ValueError(
            f"{levels} levels need a height and width divisible by {2**levels}, got "
            f"{height} x {width_of_image}: pad the image or build fewer levels"
        )
    inner = glow_bijection(
        4 * channels,
        levels=levels,
        steps=steps,
        width=width,
        generator=generator,
        coupling=coupling,
        mixing=mixing,
        conditional=conditional,
        recompute=recompute,
    )
    squeeze = Squeeze()
    bijection = Composition(squeeze, inner, Inverse(squeeze))
    return Flow(bijection, prior or StandardNormal(), event_shape)


def glow_bijection(
    channels: int,
    *,
    levels: int,
    steps: int,
    width: int,
    generator: torch.Generator,
    coupling: Coupling = "additive",
    mixing: Mixing = "shuffle",
    conditional: bool = True,
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
        generator: draws shuffles, rotations and weights.
        coupling: ``"additive"`` or ``"affine"``.
        mixing: ``"shuffle"``, ``"convolution"`` or ``"lu"``.
        conditional: whether what leaves has a prior that depends on what goes on.
        recompute: whether activations are recomputed, not kept, for the gradient.

    Raises:
        ValueError: for an odd or too small number, or an unknown word.
    """
    _check(channels, levels, steps, width)
    layers: list[Bijection] = []
    for _ in range(steps):
        layers += [
            ActNorm(channels),
            _mixing(mixing, channels, generator),
            _coupling(coupling, channels, width, generator),
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
        coupling=coupling,
        mixing=mixing,
        conditional=conditional,
        recompute=recompute,
    )
    return Composition(
        level,
        FactorOut(
            Composition(squeeze, next_levels, Inverse(squeeze)),
            _zero_convolution(channels // 2, channels) if conditional else None,
        ),
    )


def convolution_network(
    inputs: int, outputs: int, width: int, generator: torch.Generator
) -> nn.Sequential:
    """Build a coupling network: 3x3 and 1x1 convolutions with ReLU, a 3x3 of zeros.

    Hidden weights follow He's rule; since the last layer is zero, the network's first
    output is zero and a coupling starts as the identity (Glow, section 3.3).  Weights
    lie in memory with their channels last, as the convolutions are fastest.

    Args:
        inputs: channels of the kept part.
        outputs: channels of the changed part, twice as many for an affine coupling.
        width: hidden channels.
        generator: draws the weights.
    """
    first = nn.Conv2d(inputs, width, 3, padding=1)
    second = nn.Conv2d(width, width, 1)
    for layer in (first, second):
        initialize(layer, "he", generator)
    last = _zero_convolution(width, outputs)
    relu = nn.ReLU(inplace=True)
    network = nn.Sequential(first, relu, second, relu, last)
    return convert_conv2d_weight_memory_format(network, torch.channels_last)


def _zero_convolution(inputs: int, outputs: int) -> nn.Conv2d:
    layer = nn.Conv2d(inputs, outputs, 3, padding=1)
    assert layer.bias is not None
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def _coupling(
    kind: str, channels: int, width: int, generator: torch.Generator
) -> Bijection:
    half = channels // 2
    if kind == "additive":
        network = convolution_network(half, half, width, generator)
        return AdditiveCoupling(Channels(), network)
    if kind == "affine":
        network = convolution_network(half, channels, width, generator)
        return AffineCoupling(Channels(), network)
    raise ValueError(f"coupling must be one of {get_args(Coupling)}, got {kind!r}")


def _mixing(kind: str, channels: int, generator: torch.Generator) -> Bijection:
    if kind == "shuffle":
        return ChannelPermutation(torch.randperm(channels, generator=generator))
    if kind == "convolution":
        return InvertibleConvolution(channels, generator)
    if kind == "lu":
        return LUConvolution(channels, generator)
    raise ValueError(f"mixing must be one of {get_args(Mixing)}, got {kind!r}")


def _check(channels: int, levels: int, steps: int, width: int) -> None:
    if channels % 2:
        raise ValueError(
            f"channels must be even, got {channels}: squeeze space into channels first"
        )
    for name, value in (("levels", levels), ("steps", steps), ("width", width)):
        if value < 1:
            raise ValueError(f"{name} must be at least 1, got {value}")
