"""Normal laws with independent coordinates: densities and draws.

A law is the pair of its mean and its log-variance, both ``(B, d)``.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def normal_log_prob(x: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return the log-density of each row, summed over the last axis, nats.

    Args:
        x: points ``(..., d)``.
        mean: the laws' means, broadcast against ``x``.
        log_variance: logarithms of the laws' variances, broadcast against ``x``.
    """
    square = (x - mean).square() * (-log_variance).exp()
    return -0.5 * (square + log_variance + math.log(2.0 * math.pi)).sum(-1)


def standard_normal_log_prob(z: Tensor) -> Tensor:
    """Return the prior's log-density of each row ``(..., d)``, nats."""
    return -0.5 * (z.square() + math.log(2.0 * math.pi)).sum(-1)


def draw_normal(
    mean: Tensor, log_variance: Tensor, generator: torch.Generator | None = None
) -> Tensor:
    """Draw ``mean + deviation * noise``, differentiable in both (reparameterisation).

    Args:
        mean: ``(B, d)``.
        log_variance: ``(B, d)``.
        generator: the source of the noise; None takes torch's own stream, which
            ``training.fit`` seeds anew at each step.
    """
    device = mean.device if generator is None else generator.device
    noise = torch.randn(
        mean.shape, generator=generator, device=device, dtype=mean.dtype
    )
    return mean + (0.5 * log_variance).exp() * noise.to(mean.device)
