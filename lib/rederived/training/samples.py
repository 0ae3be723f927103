"""Some numbers of a batch, by which a later leg sees that it prepares it alike."""

from __future__ import annotations

import math
from itertools import zip_longest

import torch
from torch import Tensor

from rederived.training.config import Batch

Sample = list[list[float]]
"""Of each tensor of a batch, numbers that are spread evenly over it."""

_NUMBERS = 256  # of a tensor, at most
_GOLDEN = (math.sqrt(5) - 1) / 2
_RELATIVE, _ABSOLUTE = 1e-4, 1e-6
"""How far the same number may be elsewhere, as parts of itself and of the largest."""


def sample_of(batch: Batch) -> Sample:
    """Return some numbers of each tensor.

    >>> import torch
    >>> sample_of((torch.arange(3), torch.zeros(1, 2)))
    [[0.0, 1.0, 2.0], [0.0, 0.0]]
    """
    return [_spread(tensor).double().cpu().tolist() for tensor in batch]


def alike(there: Sample, here: Sample) -> bool:
    """Say whether two samples are one but for the rounding of another machine.

    >>> alike([[1.0, 2.0]], [[1.0, 2.00001]]), alike([[1.0, 2.0]], [[1.0, 2.1]])
    (True, False)
    """
    nothing: list[float] = []
    pairs = zip_longest(there, here, fillvalue=nothing)
    return all(_close(before, now) for before, now in pairs)


def _spread(tensor: Tensor) -> Tensor:
    """Return a tensor's numbers, of many some; real and imaginary parts apart."""
    values = tensor.detach().flatten()
    if len(values) > _NUMBERS:
        # equal steps would meet the same pixels of each picture, those at its border
        turns = torch.arange(_NUMBERS, dtype=torch.float64) * _GOLDEN % 1
        values = values[(turns * len(values)).long().to(values.device)]
    if values.is_complex():
        values = torch.view_as_real(values.resolve_conj()).flatten()
    return values


def _close(there: list[float], here: list[float]) -> bool:
    """Compare two lists; NaN is like NaN."""
    finite = [abs(value) for value in there if math.isfinite(value)]
    away = _ABSOLUTE * max(finite, default=0.0)
    return len(there) == len(here) and all(
        math.isclose(a, b, rel_tol=_RELATIVE, abs_tol=away)
        or (math.isnan(a) and math.isnan(b))
        for a, b in zip(there, here, strict=True)
    )
