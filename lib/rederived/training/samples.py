"""Some numbers of a batch, by which a later leg sees that it prepares it alike."""

from __future__ import annotations

import math
from itertools import zip_longest

from rederived.training.config import Batch

Sample = list[list[float]]
"""Of each tensor of a batch, numbers that are spread evenly over it."""

_NUMBERS = 256  # of a tensor, about
_RELATIVE, _ABSOLUTE = 1e-4, 1e-6
"""How far the same number may be elsewhere, as parts of itself and of the largest."""


def sample_of(batch: Batch) -> Sample:
    """Return some numbers of each tensor.

    >>> import torch
    >>> sample_of((torch.arange(3), torch.zeros(1, 2)))
    [[0.0, 1.0, 2.0], [0.0, 0.0]]
    """
    flat = [tensor.detach().flatten() for tensor in batch]
    spread = [values[:: max(1, len(values) // _NUMBERS)] for values in flat]
    return [values.double().cpu().tolist() for values in spread]


def alike(there: Sample, here: Sample) -> bool:
    """Say whether two samples are one but for the rounding of another machine.

    >>> alike([[1.0, 2.0]], [[1.0, 2.00001]]), alike([[1.0, 2.0]], [[1.0, 2.1]])
    (True, False)
    """
    nothing: list[float] = []
    pairs = zip_longest(there, here, fillvalue=nothing)
    return all(_close(before, now) for before, now in pairs)


def _close(there: list[float], here: list[float]) -> bool:
    """Compare two lists; NaN is like NaN."""
    finite = [abs(value) for value in there if math.isfinite(value)]
    away = _ABSOLUTE * max(finite, default=0.0)
    return len(there) == len(here) and all(
        math.isclose(a, b, rel_tol=_RELATIVE, abs_tol=away)
        or (math.isnan(a) and math.isnan(b))
        for a, b in zip(there, here, strict=True)
    )
