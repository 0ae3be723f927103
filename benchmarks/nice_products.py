"""The yardstick: the matrix products of NICE and nothing else."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from benchmarks.harness import Work
from benchmarks.nice_model import Size


def products(size: Size, batch: int, *, training: bool) -> Work:
    """Return a call that does the bare float32 matrix products of the same shapes.

    Each linear layer costs one product forward and, in training, two backward: for
    its weights and for its input.  The input of the first network is data and needs
    none.  All operands and results are allocated beforehand.

    Args:
        size: the model's.
        batch: rows.
        training: whether the backward products are done too.
    """
    half = size.dimensions // 2
    widths = [half, *[size.width] * size.depth, half]
    generator = torch.Generator().manual_seed(2)
    calls: list[tuple[Tensor, Tensor, Tensor]] = []  # left, right, result
    for coupling in range(size.couplings):
        for layer, (inputs, outputs) in enumerate(pairwise(widths)):
            x = torch.rand(batch, inputs, generator=generator)
            weight = torch.rand(outputs, inputs, generator=generator)
            y = torch.rand(batch, outputs, generator=generator)
            calls.append((x, weight.T, torch.empty_like(y)))
            if training:
                calls.append((y.T, x, torch.empty_like(weight)))
            if training and (coupling or layer):
                calls.append((y, weight, torch.empty_like(x)))

    def multiply() -> None:
        for left, right, result in calls:
            torch.mm(left, right, out=result)

    return multiply
