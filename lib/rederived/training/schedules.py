"""Learning-rate schedules: functions from the step to a factor on the base rate."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

Schedule = Callable[[int], float]
"""The factor on every group's base learning rate at a step, counted from zero."""


def constant(step: int) -> float:
    """Return one at every step."""
    del step
    return 1.0


@dataclass(frozen=True)
class OneCycle:
    """Rise to the base rate, then fall to nearly zero, along half cosines.

    Smith and Topin 2017, arXiv:1708.07120, with cosine pieces.

    >>> schedule = OneCycle(total_steps=11, warmup=0.5)
    >>> [round(schedule(step), 4) for step in (0, 5, 10)]
    [0.04, 1.0, 0.0001]
    """

    total_steps: int  # length of the run, at least 2
    warmup: float = 0.3  # share of the run spent rising, in (0, 1)
    start: float = 0.04  # factor at the first step
    end: float = 1e-4  # factor at the last step

    def __post_init__(self) -> None:
        if not 2 <= self.total_steps < math.inf or not 0.0 < self.warmup < 1.0:
            raise ValueError(
                f"OneCycle needs total_steps >= 2 and 0 < warmup < 1, got "
                f"{self.total_steps} and {self.warmup}"
            )
        if not (0.0 <= self.start < math.inf and 0.0 <= self.end < math.inf):
            raise ValueError(
                f"OneCycle needs factors start >= 0 and end >= 0, got {self.start} "
                f"and {self.end}"
            )

    def __call__(self, step: int) -> float:
        """Return the factor at a step."""
        peak = max(1.0, self.warmup * (self.total_steps - 1))
        if step <= peak:
            return _half_cosine(self.start, 1.0, step / peak)
        if step >= self.total_steps - 1:
            return self.end
        rest = (step - peak) / (self.total_steps - 1 - peak)
        return _half_cosine(1.0, self.end, rest)


@dataclass(frozen=True)
class Linear:
    """Fall to zero along a straight line: ``1 - step / total_steps``.

    >>> schedule = Linear(total_steps=4)
    >>> [schedule(step) for step in range(4)]
    [1.0, 0.75, 0.5, 0.25]
    """

    total_steps: int  # length of the run, at least one

    def __post_init__(self) -> None:
        if not 1 <= self.total_steps < math.inf:
            raise ValueError(f"Linear needs total_steps >= 1, got {self.total_steps}")

    def __call__(self, step: int) -> float:
        """Return the factor at a step."""
        return max(0.0, 1.0 - step / self.total_steps)


@dataclass(frozen=True)
class Exponential:
    """Divide by ``decay`` at each step, down to ``floor`` times the base rate.

    >>> schedule = Exponential(decay=2.0, floor=0.1)
    >>> [round(schedule(step), 4) for step in (0, 1, 2, 9)]
    [1.0, 0.5, 0.25, 0.1]
    """

    decay: float  # the divisor of each step, at least one (NICE's MNIST file: 1.0005)
    floor: float  # the least factor, in [0, 1]

    def __post_init__(self) -> None:
        if not 1.0 <= self.decay < math.inf or not 0.0 <= self.floor <= 1.0:
            raise ValueError(
                f"Exponential needs decay >= 1 and 0 <= floor <= 1, got {self.decay} "
                f"and {self.floor}"
            )

    def __call__(self, step: int) -> float:
        """Return the factor at a step."""
        return max(self.floor, math.exp(-step * math.log(self.decay)))


def _half_cosine(begin: float, end: float, progress: float) -> float:
    """Move from ``begin`` to ``end`` as ``progress`` goes from 0 to 1."""
    return end + (begin - end) * 0.5 * (1.0 + math.cos(math.pi * progress))
