"""The Frechet distance between normal distributions fitted to two samples.

Dowson and Landau 1982; on features of the Inception network it is the FID of Heusel
and others 2017, arXiv:1706.08500.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rederived.probability.normals import check_symmetric


def moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean ``(..., d)`` and covariance ``(..., d, d)`` of ``(..., n, d)``.

    Both are float64; the covariance is divided by ``n - 1``.

    Raises:
        ValueError: for fewer than two features.

    >>> mean, covariance = moments(torch.tensor([[0.0], [2.0]]))
    >>> mean.tolist(), covariance.tolist()
    ([1.0], [[2.0]])
    """
    if features.shape[-2] < 2:
        raise ValueError(f"a covariance needs 2 features, got {features.shape[-2]}")
    values = features.double()
    mean = values.mean(-2)
    rest = values - mean.unsqueeze(-2)
    return mean, rest.mT @ rest / (values.shape[-2] - 1)


def frechet_distance(
    mean: Tensor, covariance: Tensor, other_mean: Tensor, other_covariance: Tensor
) -> Tensor:
    """Return the squared Wasserstein-2 distance of two normal distributions, ``(...)``.

    ``|m - m'|^2 + tr(C + C' - 2 (C^1/2 C' C^1/2)^1/2)``, in squared units of the
    features, float64: lesser precision would lose what few features span.

    Args:
        mean: ``(..., d)``.
        covariance: ``(..., d, d)``.
        other_mean: the same, or broadcast against it.
        other_covariance: likewise.

    Raises:
        ValueError: if a covariance is not symmetric.

    >>> zero, one = torch.zeros(1), torch.eye(1)
    >>> float(frechet_distance(zero, one, zero + 3, 4 * one))  # 3^2 + (2 - 1)^2
    10.0
    """
    mean, covariance = mean.double(), covariance.double()
    other_mean, other_covariance = other_mean.double(), other_covariance.double()
    check_symmetric(covariance)
    check_symmetric(other_covariance)
    values, vectors = torch.linalg.eigh(other_covariance)
    root = (vectors * values.clamp(min=0).sqrt().unsqueeze(-2)) @ vectors.mT
    middle = torch.linalg.eigvalsh(root @ covariance @ root).clamp(min=0)
    traces = covariance.diagonal(dim1=-2, dim2=-1).sum(-1)
    traces = traces + other_covariance.diagonal(dim1=-2, dim2=-1).sum(-1)
    square = (mean - other_mean).square().sum(-1)
    spread = traces - 2 * middle.sqrt().sum(-1)
    return square + spread.clamp(min=0)  # rounding may make it negative
