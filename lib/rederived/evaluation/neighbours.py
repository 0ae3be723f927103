"""How codes are compared: nearest neighbours, their labels and their overlap."""

from __future__ import annotations

import math
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional

Metric = Literal["cosine", "euclid"]

_CHUNK = 2_000  # queries compared at a time
_TINY = torch.finfo(torch.float64).tiny
_SMALLEST = 1_000  # powers of two by which small numbers are enlarged at most


@torch.no_grad()
def nearest(
    queries: Tensor, keys: Tensor, count: int, metric: Metric = "cosine"
) -> Tensor:
    """Return the nearest keys of each query, nearest first, int64 ``(Q, count)``.

    A query that is among the keys finds itself.  Distances are formed as differences in
    float64: squares multiplied out would lose what is near beside what is far.

    Args:
        queries: ``(Q, d)``.
        keys: ``(N, d)``.
        count: how many.
        metric: by the angle or by the distance.

    Raises:
        ValueError: if there are fewer keys than asked for, a number is not finite, or
            the metric is neither.
    """
    if not 0 < count <= len(keys):
        raise ValueError(f"count must be between 1 and {len(keys)}, got {count}")
    if metric not in get_args(Metric):
        raise ValueError(f"metric must be cosine or euclid, got {metric!r}")
    for name, part in (("queries", queries), ("keys", keys)):
        if not bool(part.isfinite().all()):
            raise ValueError(
                f"{name} hold NaN or infinite numbers: look at the encoder"
            )
    queries, keys = queries.double(), keys.double()
    if metric == "cosine":
        queries, keys = _directions(queries), _directions(keys)
    largest = max(float(part.abs().max()) for part in (queries, keys) if part.numel())
    # by a power of two: exact, and no square over- or underflows
    shrink = 2.0 ** min(-math.frexp(largest)[1], _SMALLEST)
    found = []
    for part in torch.split(shrink * queries, _CHUNK):
        away = torch.cdist(
            part, shrink * keys, compute_mode="donot_use_mm_for_euclid_dist"
        )
        found.append(away.topk(count, dim=1, largest=False).indices)
    return torch.cat(found)


def _directions(x: Tensor) -> Tensor:
    """Return float64 rows as unit vectors; what is zero stays zero."""
    largest = x.abs().amax(1, keepdim=True).clamp(min=_TINY)
    return functional.normalize(x / largest, dim=1)


def vote(neighbours: Tensor, labels: Tensor) -> Tensor:
    """Return the most frequent label of each row, the smallest among equals.

    Args:
        neighbours: ``(Q, k)``, rows of ``labels``.
        labels: int64 ``(N,)``.
    """
    votes = functional.one_hot(labels[neighbours], int(labels.max()) + 1).sum(1)
    return votes.argmax(1)


def overlap(first: Tensor, second: Tensor) -> Tensor:
    """Return the share of common entries of each pair of rows ``(Q, k)``, ``(Q,)``."""
    common = first.unsqueeze(2) == second.unsqueeze(1)
    return common.any(2).double().mean(1)
