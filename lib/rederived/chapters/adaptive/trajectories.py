"""The update rules on many problems at once: every start, rate and seed together.

The optimizers of this wing move one model.  Figures and races need the same rules for a
whole grid of starts and learning rates, and the running averages as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

Gradient = Callable[[Tensor], Tensor]
"""Points ``(..., D)`` to the gradients of the loss, of the same shape."""

Method = Literal["gradient descent", "sign", "normalised", "scalar", "vector"]
"""Equations (1), (11), (10), (14) and (15) of the article."""


@dataclass(frozen=True)
class Trajectory:
    """Where a rule went, as :func:`trajectory` returns it.

    >>> found = trajectory("sign", lambda x: 2 * x, torch.tensor([1.0]), 0.25, 3)
    >>> found.points[:, 0].tolist()
    [1.0, 0.75, 0.5, 0.25]
    >>> found.averages[:, 0].tolist()
    [4.0, 2.25, 1.0]
    """

    points: Tensor
    """``(T + 1, ..., D)``, the start first."""
    averages: Tensor
    """The mean squares ``G`` of each step, ``(T, ..., D)``, or ``(T, ..., 1)`` with one
    rate for all coordinates; without an averaging rule, the squares themselves."""

    def learning_rates(self, lr: float, epsilon: float = 1e-8) -> Tensor:
        """Return equation (3), ``lr / sqrt(G + epsilon)``, for every step."""
        return lr / (self.averages + epsilon).sqrt()


def trajectory(
    method: Method,
    gradient: Gradient,
    start: Tensor,
    lr: float | Tensor,
    steps: int,
    *,
    decay: float = 0.9,
    epsilon: float = 1e-8,
    average: float | Tensor = 0.0,
    schedule: Callable[[int], float] | None = None,
) -> Trajectory:
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
        schedule: the factor on the learning rates at each step, counted from zero;
            None keeps them.

    Raises:
        ValueError: if there is no rule of that name.
    """
    if method not in get_args(Method):
        raise ValueError(f"method must be one of {get_args(Method)}, got {method!r}")
    theta, points, averages = start, [start], []
    kept = torch.as_tensor(average, dtype=start.dtype)
    for step in range(steps):
        kept, move = _step(method, gradient(theta), kept, decay, epsilon)
        factor = 1.0 if schedule is None else schedule(step)
        theta = theta - factor * lr * move
        points.append(theta)
        averages.append(kept)
    return Trajectory(torch.stack(points), torch.stack(averages))


def _step(
    method: Method, g: Tensor, average: Tensor, decay: float, epsilon: float
) -> tuple[Tensor, Tensor]:
    """Return the new average, and the step divided by ``-lr``."""
    if method == "gradient descent":
        return g.square(), g
    if method == "sign":
        return g.square(), g.sign()
    norm_square = g.square().sum(-1, keepdim=True)  # (..., 1)
    if method == "normalised":
        largest = g.abs().amax(-1, keepdim=True)
        scaled = torch.where(largest > 0, g / largest, 0.0)  # no square overflows
        return norm_square, torch.nn.functional.normalize(scaled, dim=-1)
    square = g.square() if method == "vector" else norm_square
    average = decay * average + (1.0 - decay) * square
    return average, g / (average + epsilon).sqrt()
