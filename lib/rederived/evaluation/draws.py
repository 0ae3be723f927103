"""How far a distribution of which only draws are known is from a normal one."""

from __future__ import annotations

import math

import numpy as np
from torch import Tensor


def kl_of_draws(draws: Tensor, neighbours: int = 5) -> float:
    r"""Estimate ``KL(p || N(0, I))`` from independent draws of ``p``, nats.

    It is the mean of ``-log N(z; 0, I)`` less the entropy of ``p``, which follows from
    the distance ``rho_i`` of each draw to its k-th neighbour: with ``V`` the volume of
    the unit ball,

        H = psi(n) - psi(k) + log V + d/n sum_i log rho_i

    (Kozachenko and Leonenko 1987, as Kraskov and others 2004, equation 20, write it).
    Few draws see a smooth density in many dimensions badly: give as many draws of the
    normal distribution for comparison.

    >>> import torch
    >>> draws = torch.randn(2000, 1, generator=torch.Generator().manual_seed(0))
    >>> f"{kl_of_draws(draws):.1f} {kl_of_draws(draws + 2):.1f}"
    '0.0 2.0'

    Args:
        draws: ``(n, d)``, no ``neighbours + 1`` of them equal.
        neighbours: which neighbour's distance is taken, ``k``.

    Raises:
        ValueError: if there are too few draws, a number is not finite, draws are
            equal, or all lie in a plane of fewer dimensions (a constant coordinate).
    """
    if draws.ndim != 2 or not 0 < neighbours < len(draws):
        raise ValueError(
            f"draws of shape {tuple(draws.shape)} with {neighbours} neighbours: give "
            "(n, d), n larger than the neighbours"
        )
    if not bool(draws.isfinite().all()):
        raise ValueError("draws hold NaN or infinite numbers: look at their source")
    from scipy.spatial import KDTree  # noqa: PLC0415 - slow to import
    from scipy.special import digamma  # noqa: PLC0415

    n, d = draws.shape
    points = draws.detach().double().cpu().numpy()
    distance = KDTree(points).query(points, [neighbours + 1])[0]  # first is itself
    if not distance.all():
        raise ValueError(
            f"more than {neighbours} draws are equal: the distribution has no density"
        )
    if np.linalg.matrix_rank(points - points.mean(0)) < min(n - 1, d):
        raise ValueError(
            f"the draws span fewer than {d} dimensions: their distribution has no "
            "density, and the divergence is infinite"
        )
    volume = d / 2 * math.log(math.pi) - math.lgamma(d / 2 + 1)
    spread = d * float(np.log(distance).mean())
    entropy = float(digamma(n) - digamma(neighbours)) + volume + spread
    energy = 0.5 * float(np.square(points).sum(1).mean()) + d / 2 * math.log(math.tau)
    return energy - entropy
