"""The update rules on many problems at once: every start, rate and seed together.

The optimizers of this package move one model.  Figures and races need the same rules
for a whole grid of starts and learning rates, and the running averages as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Gradient = Callable[[Tensor], Tensor]
"""Points ``(..., D)`` to the gradients of the loss, of the same shape."""

Method = Literal["gradient descent", "sign", "normalised", "scalar", "vector"]
"""Equations (1), (11), (10), (14) and (15) of the article."""


@dataclass(frozen=True)
class Path:
    """Where a rule went.

    Attributes:
        points: ``(T + 1, ..., D)``, the start first.
        averages: ``(T, ..., D)`` or, for one rate for all coordinates,
            ``(T, ..., 1)``: the mean squares ``G`` of each step; without an averaging
            rule, the squares themselves.
    """

    points: Tensor
    averages: Tensor

    def rates(self, lr: float, epsilon: float = 1e-8) -> Tensor:
        """Return equation (3), ``lr / sqrt(G + epsilon)``, for every step."""
        return lr / (self.averages + epsilon).sqrt()


def path(
    method: Method,
    gradient: Gradient,
    start: Tensor,
    lr: float | Tensor,
    steps: int,
    *,
    decay: float = 0.9,
    epsilon: float = 1e-8,
    average: float | Tensor = 0.0,
) -> Path:
    """Follow an update rule.

    Args:
        method: which rule.
        gradient: of the loss; may be random.
        start: points ``(..., D)``.
        lr: learning rates, a number or a shape that goes with ``(..., D)``.
        steps: how many steps.
        decay: how much of the average a step keeps, in [0, 1].
        epsilon: added to the average under the root.
        average: the mean square before the first step.
    """
    theta, points, averages = start, [start], []
    kept = torch.as_tensor(average, dtype=start.dtype)
    for _ in range(steps):
        g = gradient(theta)
        kept, move = _step(method, g, kept, decay, epsilon)
        theta = theta - lr * move
        points.append(theta)
        averages.append(kept)
    return Path(torch.stack(points), torch.stack(averages))


def _step(
    method: Method, g: Tensor, average: Tensor, decay: float, epsilon: float
) -> tuple[Tensor, Tensor]:
    """Return the new average, and the step divided by ``-lr``."""
    if method == "gradient descent":
        return g.square(), g
    if method == "sign":
        return g.square(), g.sign()
    if method == "normalised":
        square = _norm_square(g)
        return square, torch.where(square > 0, g / square.sqrt(), 0.0)
    square = g.square() if method == "vector" else _norm_square(g)
    average = decay * average + (1.0 - decay) * square
    return average, g / (average + epsilon).sqrt()


def _norm_square(g: Tensor) -> Tensor:
    """Return ``||g||^2`` of each vector, the last axis kept."""
    return g.square().sum(-1, keepdim=True)
