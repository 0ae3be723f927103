"""Normal distributions: log-densities, draws, and divergences in closed form, nats.

Diagonal ones are given by mean and log-variance, shape ``(..., D)``; isotropic ones,
over events of any shape, by mean and the logarithm of the one deviation; multivariate
ones by mean ``(D,)`` and covariance ``(D, D)``.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, kl_divergence


def normal_log_prob(x: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return the diagonal log-density of each row, summed over the last axis.

    Args:
        x: points ``(..., D)``.
        mean: broadcast against ``x``.
        log_variance: broadcast against ``x``.

    >>> zero = torch.zeros(2)
    >>> round(float(normal_log_prob(zero, zero, zero)), 4)  # -log(2 pi)
    -1.8379
    """
    square = ((x - mean) * _precision_root(0.5 * log_variance)).square()
    return -0.5 * (square + log_variance + math.log(2.0 * math.pi)).sum(-1)


def draw_normal(
    mean: Tensor, log_variance: Tensor, generator: torch.Generator | None = None
) -> Tensor:
    """Draw ``mean + deviation * noise``, differentiable in both (reparameterisation).

    Args:
        mean: ``(..., D)``.
        log_variance: broadcast against it; each number has its own noise.
        generator: the source of the noise; None takes torch's own stream, which
            ``training.fit`` seeds anew at each step.
    """
    device = mean.device if generator is None else generator.device
    shape = torch.broadcast_shapes(mean.shape, log_variance.shape)  # type: ignore[no-untyped-call]
    noise = torch.randn(shape, generator=generator, device=device, dtype=mean.dtype)
    return mean + (0.5 * log_variance).exp() * noise.to(mean.device)


def standard_normal_log_prob(z: Tensor) -> Tensor:
    """Return ``log N(z; 0, I)`` of events of any shape ``(B, *event)``, ``(B,)``.

    >>> standard_normal_log_prob(torch.zeros(1, 2, 3)).shape
    torch.Size([1])
    """
    square = z.reshape(len(z), _size(z)).square().sum(1)
    return -0.5 * square - 0.5 * math.log(2 * math.pi) * _size(z)


def isotropic_normal_log_prob(x: Tensor, mean: Tensor, log_sigma: Tensor) -> Tensor:
    """Return ``log N(x; mean, sigma^2 I)`` of events of any shape, ``(B,)``.

    Args:
        x: points, ``(B, *event)``.
        mean: the same shape, or one for all points.
        log_sigma: the logarithm of the one deviation, a scalar.

    Raises:
        ValueError: if the events differ in shape, or there are several deviations.

    >>> x, zero = torch.zeros(1, 2), torch.tensor(0.0)
    >>> round(float(isotropic_normal_log_prob(x, x, zero)), 4)
    -1.8379
    """
    check_events(x, mean)
    if log_sigma.numel() != 1:
        raise ValueError(
            f"log_sigma of shape {tuple(log_sigma.shape)} is not one deviation: "
            "normal_log_prob takes one for each coordinate"
        )
    scaled = (x - mean) * _precision_root(log_sigma)
    return standard_normal_log_prob(scaled) - _size(x) * log_sigma


def check_events(x: Tensor, mean: Tensor) -> None:
    """Raise a ValueError unless each number of an event ``(B, *event)`` has a mean."""
    if x.shape[1:] != mean.shape[1:]:
        raise ValueError(
            f"a mean of shape {tuple(mean.shape)} for data of shape {tuple(x.shape)}: "
            "give events of one shape"
        )


def _precision_root(log_deviation: Tensor) -> Tensor:
    """Return ``1 / deviation``, finite, so that at the mean the product with 0 is 0."""
    largest = math.log(torch.finfo(log_deviation.dtype).max) - 1.0
    return (-log_deviation).clamp(max=largest).exp()


def _size(events: Tensor) -> int:
    """Return how many coordinates each of some events ``(B, *event)`` has."""
    return math.prod(events.shape[1:])


def kl_to_standard(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return KL(N(m, s^2) || N(0, I)) = sum (s^2 + m^2 - 1 - log s^2)/2.

    Args:
        mean: shape (..., D).
        log_variance: log s^2, shape (..., D).

    Returns:
        Nats, shape (...).

    >>> kl_to_standard(torch.tensor([3.0]), torch.tensor([0.0]))
    tensor(4.5000)
    """
    terms = mean.square() + (log_variance.expm1() - log_variance)
    return 0.5 * terms.sum(-1)


def kl_multivariate(
    mean: Tensor, covariance: Tensor, other_mean: Tensor, other_covariance: Tensor
) -> Tensor:
    """Return KL(N(m, S) || N(n, T)) in D dimensions, a scalar.

    It is (tr(T^-1 S) + (n - m)^T T^-1 (n - m) - D + log det T - log det S)/2.

    Args:
        mean: m, shape (D,).
        covariance: S, shape (D, D).
        other_mean: n.
        other_covariance: T.

    Raises:
        ValueError: if a covariance is not symmetric and positive definite.
    """
    check_symmetric(covariance)
    check_symmetric(other_covariance)
    first = MultivariateNormal(mean, covariance, validate_args=True)
    other = MultivariateNormal(other_mean, other_covariance, validate_args=True)
    divergence: Tensor = kl_divergence(first, other)
    return divergence - divergence.detach().clamp(max=0)  # rounding may make it < 0


def entropy_multivariate(covariance: Tensor) -> Tensor:
    """Return H(N(m, S)) = (D log(2 pi e) + log det S)/2, a scalar.

    Raises:
        ValueError: if the covariance is not symmetric and positive definite.
    """
    check_symmetric(covariance)
    mean = covariance.new_zeros(covariance.shape[-1])
    normal = MultivariateNormal(mean, covariance, validate_args=True)
    entropy: Tensor = normal.entropy()  # type: ignore[no-untyped-call]
    return entropy


def check_symmetric(covariance: Tensor) -> None:
    """Raise a ValueError unless matrices are symmetric, each on its own scale."""
    apart = (covariance - covariance.mT).abs().amax((-2, -1))
    if not bool((apart <= 1e-6 * covariance.abs().amax((-2, -1))).all()):
        worst = float(apart.max())
        raise ValueError(
            f"a covariance and its transpose differ by {worst:g}: give the mean "
            "of the two"
        )
