"""How samples of a mixture in the plane are judged, and what counts as collapse."""

from __future__ import annotations

import torch
from torch import Tensor

_RADIUS = 3.0  # deviations from a centre within which a sample is good
_SHARE = 0.1  # of its fair share that a mode needs to count as covered


def covered_modes(points: Tensor, centres: Tensor, scale: float) -> tuple[Tensor, ...]:
    """Return how many modes samples cover, and the share of good samples.

    A sample is good within three deviations of a centre.  A mode is covered if it has
    at least a tenth of its fair share of the samples as good ones.

    Args:
        points: samples, (..., n, 2).
        centres: of the K modes, (K, 2).
        scale: the deviation of each mode.

    Returns:
        The number of covered modes and the share of good samples, each (...).
    """
    distance = torch.cdist(points, centres)
    nearest, mode = distance.min(-1)
    good = nearest <= _RADIUS * scale
    modes = len(centres)
    counts = torch.zeros(*points.shape[:-2], modes)
    counts.scatter_add_(-1, mode, good.to(counts.dtype))
    enough = counts >= _SHARE * points.shape[-2] / modes
    return enough.sum(-1), good.to(points.dtype).mean(-1)


def collapsed(covered: Tensor, modes: int) -> Tensor:
    """Say at each time whether a network has lost half of the best it had covered.

    Only networks that had covered at least half of all modes can collapse.

    Args:
        covered: covered modes over time, (..., T).
        modes: how many there are.

    Returns:
        Booleans, (..., T).
    """
    best = covered.cummax(-1).values
    return (best >= modes / 2) & (covered <= best / 2)


def first_time(reached: Tensor) -> Tensor:
    """Return the first of T times at which something is so, T where it never is.

    Args:
        reached: booleans, (..., T).
    """
    times = reached.shape[-1]
    return torch.where(reached.any(-1), reached.int().argmax(-1), times)


def late(values: Tensor) -> Tensor:
    """Return the mean over the second half of T times.

    Args:
        values: what was measured, (..., T).
    """
    return values[..., values.shape[-1] // 2 :].double().mean(-1)
