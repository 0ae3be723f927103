"""The rules of the recorded runs: a mean beyond a bound over enough seeds, or neither.

The ledger has the rules of claims 8.12 and 8.14, written before the runs.
"""

from __future__ import annotations

import torch
from scipy.special import stdtrit
from torch import Tensor

from rederived.claims import Claim

SEEDS = 5
"""How many seeds the rules ask for."""


def lower_end(values: Tensor) -> float:
    """Return the lower end of the one-sided 95 % t interval of the mean.

    Args:
        values: one number a seed, ``(n,)``; it is minus infinity for one seed.
    """
    n = len(values)
    if n < 2:
        return -float("inf")
    return float(values.mean() - stdtrit(n - 1, 0.95) * values.std() / n**0.5)


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
    if len(values) < SEEDS:
        claim.undecided.below(
            torch.tensor(float(len(values))), SEEDS, what=f"{what}: seeds on record"
        )
    elif lower_end(values) > bound:
        claim.mean_above(values, bound, what=what)
    else:
        claim.undecided.below(
            torch.tensor(lower_end(values)), bound, what=f"{what}: interval's lower end"
        )
