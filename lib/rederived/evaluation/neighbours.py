"""How codes are compared: nearest neighbours, their labels and their overlap."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Metric = Literal["cosine", "euclid"]

_CHUNK = 2_000  # queries compared at a time
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
        ValueError: if there are fewer keys than asked for.
    """
    if not 0 < count <= len(keys):
        raise ValueError(f"count must be between 1 and {len(keys)}, got {count}")
    if metric == "cosine":
        queries, keys = (  # in float64, where the squares of float32 do not overflow
            functional.normalize(part.double(), dim=1).to(part.dtype)
            for part in (queries, keys)
        )
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
