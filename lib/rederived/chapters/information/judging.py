"""The rules of the recorded runs: a mean beyond a bound over enough seeds, or neither.

The ledger has the rules, under claims 8.12 and 8.14.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from scipy.special import stdtrit
from torch import Tensor

from rederived.claims import Claim

SEEDS = 5
"""How many seeds the rules ask for."""
_SHOWN = 3  # seeds from which on a mean is shown with its interval


def lower_end(values: Tensor) -> float:
    """Return the lower end of the one-sided 95 % t interval of the mean.

    Args:
        values: one number a seed, ``(n,)``; it is minus infinity for one seed.
    """
    n = len(values)
    if n < 2:
        return -float("inf")
    return float(values.mean() - stdtrit(n - 1, 0.95) * values.std() / n**0.5)


def with_interval(values: Sequence[float] | Tensor) -> str:
    """Write a mean, from three seeds on with half of its 95 % t interval.

    >>> with_interval([1.0, 2.0, 3.0]), with_interval([1.0, 2.0])
    ('2.00 ± 2.48', '1.50')

    Args:
        values: one number a seed, ``(n,)``.
    """
    seeds = torch.as_tensor(values, dtype=torch.float64)
    n = len(seeds)
    if n < _SHOWN:
        return f"{seeds.mean():.2f}".replace("-", "−")
    half = stdtrit(n - 1, 0.975) * seeds.std() / n**0.5
    return f"{seeds.mean():.2f} ± {half:.2f}".replace("-", "−")


def judge(claim: Claim, differences: Tensor, bound: float, *, what: str) -> None:
    """Print the check that a rule asks for.

    With fewer than :data:`SEEDS` seeds, and where the interval's lower end is not above
    the bound, the check says that the evidence cannot tell; otherwise that the mean
    lies above the bound, with the meaning that the claim carries.

    Args:
        claim: the claim, with the meaning of a difference above the bound.
        differences: one a seed, paired, ``(n,)``.
        bound: what the mean has to exceed.
        what: what was compared.
    """
    values = differences.double()
    missing = SEEDS - len(values)
    if missing > 0:
        claim.undecided.above(missing, 0.0, what=f"{what}: seeds still missing")
    elif lower_end(values) > bound:
        claim.mean_above(values, bound, what=what)
    else:
        _lacks(claim.undecided, values, bound, what)


def judge_parts(
    claim: Claim, whole: Tensor, parts: Mapping[str, Tensor], *, what: str
) -> None:
    """Print the checks for a step and its parts, each against zero.

    The whole step is judged as :func:`judge` does.  If it is above zero and a part is
    not, the check on that part supports the correction that names it; if the whole is
    not, each part is judged by itself, and the claim is not shown whatever they are.

    Args:
        claim: the claim that the step and all of its parts are above zero.
        whole: differences of the whole step, one a seed, ``(n,)``.
        parts: what was compared -> differences, ``(n,)``.
        what: what was compared in the whole step.
    """
    judge(claim, whole, 0.0, what=what)
    shown = len(whole) >= SEEDS and lower_end(whole.double()) > 0.0
    for name, differences in parts.items():
        values = differences.double()
        if shown and len(values) >= SEEDS and lower_end(values) <= 0.0:
            _lacks(claim.corrected, values, 0.0, name)
        else:
            judge(claim, values, 0.0, what=name)


def _lacks(claim: Claim, values: Tensor, bound: float, what: str) -> None:
    """Print the check that the interval's lower end is not above the bound."""
    lack = bound - lower_end(values)
    claim.above(lack, 0.0, what=f"{what}: bound less interval's lower end")
