"""Convolutional networks trained side by side, as one grouped convolution.

Images of all networks are held as (B, N C, H, W): the channels of network k are the
k-th group.  As in ``ensembles``, the networks do not see one another.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from rederived.chapters.variational.ensembles import Linear, for_all

_KERNEL, _TAPS = 4, 4  # each output pixel of an upsampling sees 4 of the 16 taps


def together(x: Tensor, channels: int, side: int) -> Tensor:
    """Turn flat images (N, B, C H W) into (B, N C, H, W)."""
    networks, batch, _ = x.shape
    shape = batch, networks * channels, side, side
    return x.transpose(0, 1).reshape(shape)


def apart(x: Tensor, networks: int) -> Tensor:
    """Turn (B, N C, H, W) into flat images (N, B, C H W)."""
    return x.reshape(len(x), networks, -1).transpose(0, 1)


class _Convolution(nn.Module):
    """N convolutions of 4 x 4 pixels in steps of 2; the start of He and others.

    Args:
        networks: N, a multiple of ``seeds``.
        seeds: how many different starts there are; network k has start k mod seeds.
        channels: of each network's kernel, outer and inner, and of its output.
        fan_in: inputs that an output pixel sees.
        generator: source of the starting weights.
    """

    def __init__(
        self,
        networks: int,
        seeds: int,
        channels: tuple[int, int, int],
        fan_in: int,
        generator: Generator,
    ) -> None:
        super().__init__()
        outer, inner, outputs = channels
        shape = seeds * outer, inner, _KERNEL, _KERNEL
        start = torch.randn(shape, generator=generator) * math.sqrt(2 / fan_in)
        self.networks = networks
        self.weight = nn.Parameter(for_all(start, networks, seeds))
        self.bias = nn.Parameter(torch.zeros(networks * outputs))


class Halving(_Convolution):
    """N convolutions of 4 x 4 pixels in steps of 2: half the side.

    >>> layer = Halving(3, 1, 2, 5, torch.Generator().manual_seed(0))
    >>> layer(torch.zeros(7, 3 * 2, 8, 8)).shape
    torch.Size([7, 15, 4, 4])
    """

    def __init__(
        self, networks: int, seeds: int, inputs: int, outputs: int, generator: Generator
    ) -> None:
        channels, fan_in = (outputs, inputs, outputs), inputs * _KERNEL**2
        super().__init__(networks, seeds, channels, fan_in, generator)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, N inputs, H, W) to (B, N outputs, H/2, W/2)."""
        return functional.conv2d(
            x, self.weight, self.bias, stride=2, padding=1, groups=self.networks
        )


class Doubling(_Convolution):
    """N transposed convolutions of 4 x 4 pixels in steps of 2: twice the side.

    >>> layer = Doubling(3, 1, 2, 5, torch.Generator().manual_seed(0))
    >>> layer(torch.zeros(7, 3 * 2, 4, 4)).shape
    torch.Size([7, 15, 8, 8])
    """

    def __init__(
        self, networks: int, seeds: int, inputs: int, outputs: int, generator: Generator
    ) -> None:
        channels, fan_in = (inputs, outputs, outputs), inputs * _TAPS
        super().__init__(networks, seeds, channels, fan_in, generator)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, N inputs, H, W) to (B, N outputs, 2 H, 2 W)."""
        return functional.conv_transpose2d(
            x, self.weight, self.bias, stride=2, padding=1, groups=self.networks
        )


class Generators(nn.Module):
    """N DCGAN generators: noise, a small layer, layers of twice the side, an image.

    Args:
        networks: N, a multiple of ``seeds``.
        seeds: how many different starts there are; network k has start k mod seeds.
        generator: source of the starting weights.
        noise: dimension of z.
        channels: of the half-sized layer; each smaller one has twice as many.
        side: of an image, a multiple of 2^depth.
        colours: channels of an image, 1 or 3.
        normalized: whether the hidden layers have batch normalisation.
        depth: of layers that double the side.
    """

    def __init__(
        self,
        networks: int,
        seeds: int,
        generator: Generator,
        *,
        noise: int,
        channels: int,
        side: int,
        normalized: bool,
        colours: int = 1,
        depth: int = 2,
    ) -> None:
        super().__init__()
        _require_halves(side, depth)
        shared = networks, seeds
        widths = [channels * 2**k for k in reversed(range(depth))]  # smallest first
        self.networks, self.small = networks, (widths[0], side // 2**depth)
        first = widths[0] * (side // 2**depth) ** 2
        self.linear = Linear(*shared, noise, first, generator)
        layers: list[nn.Module] = []
        for wide, narrow in pairwise([*widths, colours]):
            layers += [_norm(networks * wide, normalized), nn.ReLU()]
            layers.append(Doubling(*shared, wide, narrow, generator))
        self.layers = nn.Sequential(*layers, nn.Tanh())

    def forward(self, z: Tensor) -> Tensor:
        """Map noise (N, B, noise) to flat images (N, B, D) in [-1, 1]."""
        small = together(self.linear(z), *self.small)
        return apart(self.layers(small), self.networks)


class Discriminators(nn.Module):
    """N DCGAN discriminators: an image, layers of half the side, a logit.

    Args:
        networks: N, a multiple of ``seeds``.
        seeds: how many different starts there are; network k has start k mod seeds.
        generator: source of the starting weights.
        channels: of the half-sized layer; each smaller one has twice as many.
        side: of an image, a multiple of 2^depth.
        colours: channels of an image, 1 or 3.
        normalized: whether all layers but the first have batch normalisation.
        depth: of layers that halve the side.
    """

    def __init__(
        self,
        networks: int,
        seeds: int,
        generator: Generator,
        *,
        channels: int,
        side: int,
        normalized: bool,
        colours: int = 1,
        depth: int = 2,
    ) -> None:
        super().__init__()
        _require_halves(side, depth)
        self.networks, self.side, self.colours = networks, side, colours
        shared = networks, seeds
        widths = [channels * 2**k for k in range(depth)]
        layers: list[nn.Module] = []
        for place, (narrow, wide) in enumerate(pairwise([colours, *widths])):
            layers.append(Halving(*shared, narrow, wide, generator))
            if place:
                layers.append(_norm(networks * wide, normalized))
            layers.append(nn.LeakyReLU(0.2))
        self.layers = nn.Sequential(*layers)
        last = widths[-1] * (side // 2**depth) ** 2
        self.linear = Linear(*shared, last, 1, generator)

    def forward(self, x: Tensor) -> Tensor:
        """Map flat images (N, B, D) to logits (N, B, 1)."""
        small = self.layers(together(x, self.colours, self.side))
        return self.linear(apart(small, self.networks))


def _norm(features: int, normalized: bool) -> nn.Module:
    """Batch normalisation; the channels of every network are their own."""
    return nn.BatchNorm2d(features) if normalized else nn.Identity()


def _require_halves(side: int, depth: int) -> None:
    if side % 2**depth:
        raise ValueError(
            f"images of side {side} cannot be halved {depth} times: pad to a multiple "
            f"of {2**depth}"
        )
