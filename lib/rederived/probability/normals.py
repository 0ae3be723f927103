"""Normal laws in closed form: divergences, entropy and mutual information, in nats.

Diagonal laws are given by mean and log-variance, shape (..., D); their divergences
are summed over the last axis.  Multivariate ones have a covariance matrix, (D, D).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def kl_to_standard(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return KL(N(m, s^2) || N(0, I)) = sum (s^2 + m^2 - 1 - log s^2)/2.

    Args:
        mean: shape (..., D).
        log_variance: log s^2, shape (..., D).

    Returns:
        Nats, shape (...).
    """
    terms = log_variance.exp() + mean.square() - 1 - log_variance
    return 0.5 * terms.sum(-1)


def kl_normals(
    mean: Tensor, log_variance: Tensor, other_mean: Tensor, other_log_variance: Tensor
) -> Tensor:
    """Return KL between diagonal normal laws, the second being the other one.

    Args:
        mean: of the first law, shape (..., D).
        log_variance: of the first law.
        other_mean: of the second law.
        other_log_variance: of the second law.

    Returns:
        Nats, shape (...).
    """
    log_ratio = log_variance - other_log_variance
    squares = (mean - other_mean).square() * (-other_log_variance).exp()
    return 0.5 * (log_ratio.exp() + squares - 1 - log_ratio).sum(-1)


def kl_multivariate(
    mean: Tensor, covariance: Tensor, other_mean: Tensor, other_covariance: Tensor
) -> Tensor:
    """Return KL(N(m, S) || N(n, T)) of two laws in D dimensions, a scalar.

    It is (tr(T^-1 S) + (n - m)^T T^-1 (n - m) - D + log det T - log det S)/2.

    Args:
        mean: m, shape (D,).
        covariance: S, shape (D, D).
        other_mean: n.
        other_covariance: T.

    Raises:
        ValueError: if a covariance is not symmetric and positive definite.
    """
    root = _cholesky(covariance, "covariance")
    other_root = _cholesky(other_covariance, "other_covariance")
    difference = (other_mean - mean).unsqueeze(-1)
    trace = torch.cholesky_solve(covariance, other_root).diagonal().sum()
    square = (difference * torch.cholesky_solve(difference, other_root)).sum()
    log_ratio = _log_det(other_root) - _log_det(root)
    return 0.5 * (trace + square - len(mean) + log_ratio)


def entropy_multivariate(covariance: Tensor) -> Tensor:
    """Return H(N(m, S)) = (D log(2 pi e) + log det S)/2, a scalar.

    Raises:
        ValueError: if the covariance is not symmetric and positive definite.
    """
    constant = len(covariance) * math.log(2 * math.pi * math.e)
    return 0.5 * (constant + _log_det(_cholesky(covariance, "covariance")))


def mutual_information_normals(covariance: Tensor, first: int) -> Tensor:
    """Return I(x; z) of jointly normal vectors, a scalar.

    It is (log det S_x + log det S_z - log det S)/2.

    Args:
        covariance: S, that of (x, z), shape (D, D).
        first: dimension of x; the other D - first coordinates are z.

    Raises:
        ValueError: if x or z has no coordinate, or the covariance is not symmetric
            and positive definite.
    """
    size = len(covariance)
    if not 0 < first < size:
        raise ValueError(f"first is {first}; give between 1 and {size - 1} of {size}")
    blocks = covariance[:first, :first], covariance[first:, first:], covariance
    x, z, both = (_log_det(_cholesky(block, "covariance")) for block in blocks)
    return 0.5 * (x + z - both)


def _cholesky(matrix: Tensor, name: str) -> Tensor:
    """Return the lower Cholesky factor, or say that there is none."""
    square = matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1]
    if not square or not torch.allclose(matrix, matrix.mT):
        raise ValueError(
            f"{name} of shape {tuple(matrix.shape)} is not a symmetric (D, D) matrix"
        )
    factor: Tensor
    factor, failed = torch.linalg.cholesky_ex(matrix)
    if int(failed):
        smallest = float(torch.linalg.eigvalsh(matrix.detach()).min())
        raise ValueError(
            f"{name} is not positive definite (smallest eigenvalue {smallest:g})"
        )
    return factor


def _log_det(root: Tensor) -> Tensor:
    """Return log det of the matrix with this Cholesky factor."""
    return 2 * root.diagonal().log().sum()
