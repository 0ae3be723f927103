"""How codes are compared: nearest neighbours, their labels and their overlap."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Metric = Literal["cosine", "euclid"]

_CHUNK = 2_000  # queries compared at a time


@torch.no_grad()
def nearest(
    queries: Tensor, keys: Tensor, count: int, metric: Metric = "cosine"
) -> Tensor:
    """Return the nearest keys of each query, nearest first, int64 ``(Q, count)``.

    A query that is among the keys finds itself.

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
        queries, keys = (functional.normalize(part, dim=1) for part in (queries, keys))
    length = keys.square().sum(1)
    found = [
        (2.0 * part @ keys.T - length).topk(count, dim=1).indices
        for part in torch.split(queries, _CHUNK)
    ]
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
