"""What is measured of generated samples, and what counts as collapse."""

from __future__ import annotations

import torch
from torch import Tensor

_RADIUS = 3.0  # deviations from a centre within which a sample is of high quality
_SHARE = 0.1  # of its fair share that a mode or class needs to count as covered
_LOW = 0.25  # of the data's variance, below which a generator has collapsed


def covered_modes(points: Tensor, centres: Tensor, scale: float) -> tuple[Tensor, ...]:
    """Return how many modes samples cover, and the share of high-quality samples.

    A sample is of high quality within three deviations of a centre.  A mode is covered
    if it has at least a tenth of its fair share of the samples, of high quality.

    Args:
        points: samples, (..., n, 2).
        centres: of the K modes, (K, 2).
        scale: the deviation of each mode.

    Returns:
        The number of covered modes and the share of high quality, each (...).

    Raises:
        ValueError: if the deviation is not positive, or there is no sample.
    """
    if not scale > 0:
        raise ValueError(f"the deviation of a mode must be positive, got {scale}")
    apart = torch.cdist(points, centres, compute_mode="donot_use_mm_for_euclid_dist")
    nearest, mode = apart.min(-1)  # each (..., n)
    good = nearest <= _RADIUS * scale
    return count_covered(mode, good, len(centres)), good.to(points.dtype).mean(-1)


def count_covered(mode: Tensor, good: Tensor, modes: int) -> Tensor:
    """Return how many modes have a tenth of their share of the samples as good ones.

    Args:
        mode: of each sample, (..., n), below ``modes``.
        good: whether the sample counts, (..., n).
        modes: how many there are.

    Raises:
        ValueError: if there is no sample.
    """
    if mode.shape[-1] == 0:
        raise ValueError("no sample covers no mode: give at least one")
    counts = torch.zeros(*mode.shape[:-1], modes, device=mode.device)
    counts.scatter_add_(-1, mode, good.to(counts.dtype))
    return (counts >= _SHARE * mode.shape[-1] / modes).sum(-1)


def mode_collapse(covered: Tensor, modes: int) -> Tensor:
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


def low_variance(ratio: Tensor) -> Tensor:
    """Say where samples have less than a quarter of the variance of the data.

    Args:
        ratio: total variance of samples over that of the data.
    """
    return ratio < _LOW


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


def summaries(
    weights: tuple[float, ...], modes: int, covered: Tensor, quality: Tensor
) -> dict[str, float]:
    """Return means over members for each weight, the second half of the time.

    ``covered@w`` modes and ``high_quality_share@w``; ``mode_collapse@w``, the share of
    members that collapse at any time; ``on_track@w``, the first measurement with half
    of the modes covered; and ``covered``, that of the first weight.

    Args:
        weights: of the proximity term.
        modes: how many there are.
        covered: modes, (weights, members, measurements).
        quality: share of high-quality samples, the same shape.
    """
    half = covered.shape[-1] // 2
    found: dict[str, float] = {}
    collapse = mode_collapse(covered, modes).any(-1).double().mean(-1)
    reached = first_time(covered >= modes / 2).double().mean(-1)
    for place, weight in enumerate(weights):
        found[f"covered@{weight:g}"] = float(covered[place, :, half:].double().mean())
        share = float(quality[place, :, half:].double().mean())
        found[f"high_quality_share@{weight:g}"] = share
        found[f"mode_collapse@{weight:g}"] = float(collapse[place])
        found[f"on_track@{weight:g}"] = float(reached[place])
    found["covered"] = found[f"covered@{weights[0]:g}"]
    return found
