r"""Expectation-maximisation as descent on the joint KL, one coordinate at a time.

The joint distributions are p(x, z) = p~(x) p(z|x) and q(x, z) = q(z) q(x|z).  The E
step minimises KL(p(x, z) || q(x, z)) over p(z|x), the M step over q.  Two families:
tables, where x takes X values, and mixtures of normal distributions, where p~ is a
sample.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from rederived.probability.normals import check_symmetric


def e_step(prior: Tensor, likelihood: Tensor) -> Tensor:
    """Return the posterior p(z|x) = q(x|z) q(z) / sum_z q(x|z) q(z), equation 11.

    Args:
        prior: q(z), shape (..., Z).
        likelihood: q(x|z), shape (..., X, Z), each column a distribution.

    Returns:
        Shape (..., X, Z), each row a distribution.

    Raises:
        ValueError: if no z has both a prior and a likelihood for some x.
    """
    likelihood = likelihood / likelihood.amax(-1, keepdim=True)  # no product vanishes
    prior = prior.unsqueeze(-2)  # beside each x
    both = likelihood * prior
    total = both.sum(-1, keepdim=True)
    if not bool((total > 0).all()):
        raise ValueError("an x has probability 0 under every z: leave it out")
    return both / total


def m_step(
    data: Tensor, posterior: Tensor, prior: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Return q(z) and q(x|z) that minimise the joint KL, equation 8.

    Args:
        data: p~(x), shape (..., X).
        posterior: p(z|x), shape (..., X, Z).
        prior: q(z), if it is held fixed as in the article's equation; None also
            fits it, as full EM does.

    Returns:
        The prior (..., Z) and the likelihood (..., X, Z).

    Raises:
        ValueError: if some z is never used, so that its likelihood has no value.
    """
    both = data.unsqueeze(-1) * posterior
    marginal = both.sum(-2)
    if not bool((marginal > 0).all()):
        raise ValueError("a z has probability 0 under every x: leave it out")
    return marginal if prior is None else prior, both / marginal.unsqueeze(-2)


@dataclass(frozen=True)
class NormalMixture:
    """A mixture of K normal distributions in D dimensions.

    Attributes:
        weights: q(z), shape (K,).
        means: shape (K, D).
        covariances: shape (K, D, D).

    >>> one = NormalMixture(torch.ones(1), torch.zeros(1, 2), torch.eye(2)[None])
    >>> one.posterior(torch.zeros(3, 2)).shape
    torch.Size([3, 1])
    """

    weights: Tensor
    means: Tensor
    covariances: Tensor

    def log_joint(self, x: Tensor) -> Tensor:
        """Return log q(x, z) of points (N, D), shape (N, K), nats.

        Raises:
            ValueError: if a covariance is not symmetric.
        """
        check_symmetric(self.covariances)
        roots = torch.linalg.cholesky(self.covariances)
        difference = (x.unsqueeze(1) - self.means).permute(1, 2, 0)  # (K, D, N)
        white = torch.linalg.solve_triangular(roots, difference, upper=False)
        log_det = 2 * roots.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        constant = x.shape[1] * math.log(2 * math.pi) + log_det
        return self.weights.log() - 0.5 * (white.square().sum(1).T + constant)

    def log_likelihood(self, x: Tensor) -> Tensor:
        """Return the mean of log q(x) over points (N, D), a scalar, nats."""
        return self.log_joint(x).logsumexp(1).mean()

    def posterior(self, x: Tensor) -> Tensor:
        """Return p(z|x) of the E step, shape (N, K)."""
        return self.log_joint(x).softmax(1)

    def free_energy(self, x: Tensor, posterior: Tensor) -> Tensor:
        """Return E[sum_z p(z|x) log(p(z|x)/q(x, z))], nats.

        This is the joint KL plus E log p~, which no step changes; it is never less
        than ``-log_likelihood`` and equal to it after an E step.
        """
        own = torch.xlogy(posterior, posterior)
        energy = torch.where(posterior == 0, 0.0, posterior * self.log_joint(x))
        return (own - energy).sum(1).mean()


def fit_normals(x: Tensor, posterior: Tensor) -> NormalMixture:
    """Return the M step: the mixture that minimises the joint KL to p(z|x).

    Args:
        x: points, (N, D).
        posterior: p(z|x), (N, K).

    Raises:
        ValueError: if a component has no point.
    """
    counts = posterior.sum(0)
    if not bool((counts > 0).all()):
        raise ValueError("a component has no point: start from other means, or fewer")
    means = posterior.T @ x / counts.unsqueeze(1)
    difference = x.unsqueeze(1) - means
    outer = torch.einsum("nk,nki,nkj->kij", posterior, difference, difference)
    return NormalMixture(
        counts / len(x), means, outer / counts.unsqueeze(-1).unsqueeze(-1)
    )
