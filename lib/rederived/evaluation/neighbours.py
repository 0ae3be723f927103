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
_SMALLEST = 120  # powers of two by which small numbers are enlarged at most
_MORE = 8  # candidates beyond twice the neighbours that are asked for


@torch.no_grad()
def nearest(
    queries: Tensor, keys: Tensor, count: int, metric: Metric = "cosine"
) -> Tensor:
    """Return the nearest keys of each query, nearest first, int64 ``(Q, count)``.

    A query that is among the keys finds itself.  Squares multiplied out pick twice as
    many candidates and a few more, whose distances are then formed as differences.

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
    queries, keys = _wide(queries), _wide(keys)
    if metric == "cosine":
        queries, keys = _directions(queries), _directions(keys)
    largest = max(float(part.abs().max()) for part in (queries, keys) if part.numel())
    if largest > 0:  # by a power of two: exact, and no square over- or underflows
        shrink = 2.0 ** min(-math.frexp(largest)[1], _SMALLEST)
        queries, keys = queries * shrink, keys * shrink
    centre = keys.mean(0)
    queries, keys = queries - centre, keys - centre
    length = keys.square().sum(1)
    candidates = min(len(keys), 2 * count + _MORE)
    found = []
    for part in torch.split(queries, _CHUNK):
        near = (2.0 * part @ keys.T - length).topk(candidates, dim=1).indices
        away = [(part - keys[column]).square().sum(1) for column in near.T]
        order = torch.stack(away, 1).argsort(dim=1, stable=True)[:, :count]
        found.append(near.gather(1, order))
    return torch.cat(found)


def _wide(x: Tensor) -> Tensor:
    """Return numbers in float32 or float64, integers in float64."""
    wanted = torch.float32 if x.is_floating_point() else torch.float64
    return x.to(torch.promote_types(x.dtype, wanted))


def _directions(x: Tensor) -> Tensor:
    """Return the rows as unit vectors; what is zero stays zero."""
    wide = x.double()
    wide = wide / wide.abs().amax(1, keepdim=True).clamp(min=_TINY)
    return functional.normalize(wide, dim=1).to(x.dtype)


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
