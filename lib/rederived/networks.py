"""Encoders: networks that return the mean and the log-variance of a code."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn


def perceptron(sizes: Sequence[int]) -> nn.Sequential:
    """Build linear layers with ReLU between them, none after the last.

    Args:
        sizes: units of the input, of each hidden layer, and of the output.

    Raises:
        ValueError: if there are fewer than two sizes.
    """
    if len(sizes) < 2:
        raise ValueError(f"sizes must name input and output, got {list(sizes)}")
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def initialize(module: nn.Module, generator: torch.Generator) -> None:
    """Draw the weights of every linear layer in place; biases become zero.

    Weights are uniform with the variance ``2 / (inputs + outputs)`` (Glorot).

    Args:
        module: whatever contains the layers.
        generator: the source of randomness, on the CPU.
    """
    for part in module.modules():
        if isinstance(part, nn.Linear):
            nn.init.xavier_uniform_(part.weight, generator=generator)
            if part.bias is not None:
                nn.init.zeros_(part.bias)


class NormalEncoder(nn.Module):
    """The law ``p(z|x)``, normal with independent coordinates.

    Args:
        network: a map of ``(B, D)`` to ``(B, 2d)``: means, then log-variances.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log-variance of the code, each ``(B, d)``.

        Raises:
            ValueError: if the network returns an odd number of columns.
        """
        out: Tensor = self.network(x)
        if out.shape[-1] % 2:
            raise ValueError(
                f"the encoder's network returns {out.shape[-1]} columns: give it "
                "twice the size of the code, for means and log-variances"
            )
        mean, log_variance = out.chunk(2, dim=-1)
        return mean, log_variance
