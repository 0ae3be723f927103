"""Learning-rate schedules: functions from the step to a factor on the base rate."""

from __future__ import annotations

import math
from collections.abc import Callable

Schedule = Callable[[int], float]
"""The factor on every group's base learning rate at a step, counted from zero."""


def constant(step: int) -> float:
    """Return one at every step."""
    del step
    return 1.0


def one_cycle(
    total_steps: int, warmup: float = 0.3, start: float = 0.04, end: float = 1e-4
) -> Schedule:
    """Rise to the base rate, then fall to nearly zero, along half cosines.

    Smith and Topin 2017, arXiv:1708.07120, with cosine pieces.

    Args:
        total_steps: length of the run.
        warmup: share of the run spent rising.
        start: factor at the first step.
        end: factor at the last step.

    Raises:
        ValueError: if the run is shorter than two steps or ``warmup`` not in (0, 1).
    """
    if total_steps < 2 or not 0.0 < warmup < 1.0:
        raise ValueError(
            f"one_cycle needs total_steps >= 2 and 0 < warmup < 1, got "
            f"{total_steps} and {warmup}"
        )
    peak = max(1.0, warmup * (total_steps - 1))

    def factor(step: int) -> float:
        if step <= peak:
            return _half_cosine(start, 1.0, step / peak)
        rest = (step - peak) / (total_steps - 1 - peak)
        return _half_cosine(1.0, end, min(1.0, rest))

    return factor


def exponential(decay: float, floor: float) -> Schedule:
    """Divide by ``decay`` at each step, down to ``floor`` times the base rate.

    Args:
        decay: the divisor of each step, at least one (NICE's MNIST file: 1.0005).
        floor: the least factor.
    """
    if decay < 1.0 or not 0.0 <= floor <= 1.0:
        raise ValueError(
            f"exponential needs decay >= 1 and 0 <= floor <= 1, got {decay} and {floor}"
        )

    def factor(step: int) -> float:
        return max(floor, math.exp(-step * math.log(decay)))

    return factor


def _half_cosine(begin: float, end: float, progress: float) -> float:
    """Move from ``begin`` to ``end`` as ``progress`` goes from 0 to 1."""
    return end + (begin - end) * 0.5 * (1.0 + math.cos(math.pi * progress))
