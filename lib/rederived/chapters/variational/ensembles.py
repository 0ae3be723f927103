"""Many small networks trained side by side: the first axis counts the networks.

Every layer holds the weights of N networks and maps (N, B, inputs) to (N, B, outputs).
The networks do not see one another: with the sum of their losses as the loss, and an
optimizer that works entry by entry, each trains as it would alone.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Generator, Tensor, nn


def for_all(start: Tensor, networks: int, seeds: int) -> Tensor:
    """Repeat the weights of ``seeds`` networks, along the first axis, for all N.

    Raises:
        ValueError: if N is not a multiple of ``seeds``.
    """
    if networks % seeds:
        raise ValueError(
            f"{networks} networks cannot share {seeds} starts: give a multiple"
        )
    return torch.cat([start] * (networks // seeds))


class Linear(nn.Module):
    """N affine maps; the start of He and others, drawn for ``seeds`` networks.

    Args:
        networks: N, a multiple of ``seeds``.
        seeds: how many different starts there are; network k has start k mod seeds.
        inputs: number of inputs.
        outputs: number of outputs.
        generator: source of the starting weights.
    """

    def __init__(
        self, networks: int, seeds: int, inputs: int, outputs: int, generator: Generator
    ) -> None:
        super().__init__()
        start = torch.randn(seeds, inputs, outputs, generator=generator)
        start = start * math.sqrt(2 / inputs)
        self.weight = nn.Parameter(for_all(start, networks, seeds))
        self.bias = nn.Parameter(torch.zeros(networks, 1, outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, B, inputs) to (N, B, outputs)."""
        return torch.baddbmm(self.bias, x, self.weight)


class BatchNorm(nn.Module):
    """Batch normalisation, each network over its own batch.

    In training the batch's mean and variance are used and averaged into running
    ones, which serve in evaluation.

    Args:
        networks: N.
        features: number of features.
        decay: of the running averages.
    """

    mean: Tensor
    variance: Tensor

    def __init__(self, networks: int, features: int, decay: float = 0.9) -> None:
        super().__init__()
        self.decay = decay
        self.scale = nn.Parameter(torch.ones(networks, 1, features))
        self.shift = nn.Parameter(torch.zeros(networks, 1, features))
        self.register_buffer("mean", torch.zeros(networks, 1, features))
        self.register_buffer("variance", torch.ones(networks, 1, features))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (N, B, features) over B.

        Raises:
            ValueError: if there is nothing to normalise in training.
        """
        if self.training and x.shape[1] < 2:
            raise ValueError(f"{x.shape[1]} rows have no variance: give at least two")
        mean, variance = self.mean, self.variance
        if self.training:
            mean = x.mean(1, keepdim=True)
            variance = (x - mean).square().mean(1, keepdim=True)
            with torch.no_grad():
                self.mean.lerp_(mean, 1 - self.decay)
                self.variance.lerp_(variance, 1 - self.decay)
        factor = self.scale * (variance + 1e-5).rsqrt()
        return x * factor + (self.shift - mean * factor)


def mlp(
    networks: int,
    seeds: int,
    widths: tuple[int, ...],
    generator: Generator,
    *,
    leak: float = 0.0,
    normalized: tuple[bool, ...] = (),
) -> nn.Sequential:
    """Return N multilayer perceptrons with (leaky) ReLU between their layers.

    Args:
        networks: N.
        seeds: how many different starts; network k has start k mod seeds.
        widths: of the input, the hidden layers and the output.
        generator: source of the starting weights.
        leak: slope of the activation below zero.
        normalized: for each hidden layer, whether it has batch normalisation.
    """
    layers: list[nn.Module] = []
    hidden = len(widths) - 2
    flags = normalized or (False,) * hidden
    if len(flags) != hidden:
        raise ValueError(
            f"{len(flags)} flags for {hidden} hidden layers: give one each"
        )
    for place, (inputs, outputs) in enumerate(pairwise(widths)):
        layers.append(Linear(networks, seeds, inputs, outputs, generator))
        if place < hidden:
            if flags[place]:
                layers.append(BatchNorm(networks, outputs))
            layers.append(nn.LeakyReLU(leak))
    return nn.Sequential(*layers)
