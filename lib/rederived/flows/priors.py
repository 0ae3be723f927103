"""Factorised distributions of the code: the same one for every coordinate."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional


class Prior(nn.Module):
    """A distribution of events whose coordinates are independent and identical."""

    def log_prob(self, z: Tensor) -> Tensor:
        """Return the log-density of each event ``(B, *event)`` as ``(B,)``, nats."""
        each = self.log_density(z)
        return each.flatten(1).sum(1) if each.ndim > 1 else each

    def log_density(self, z: Tensor) -> Tensor:
        """Return the log-density of each coordinate, the shape of ``z``, nats."""
        raise NotImplementedError

    def sample(self, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
        """Draw float32 coordinates of the given shape on the generator's device."""
        raise NotImplementedError


class StandardNormal(Prior):
    """Zero mean, variance one: ``log q(z) = -z^2/2 - log(2 pi)/2``.

    >>> StandardNormal().log_prob(torch.zeros(2, 3))
    tensor([-2.7568, -2.7568])
    """

    def log_density(self, z: Tensor) -> Tensor:
        """Return ``-z^2/2 - log(2 pi)/2``."""
        return -0.5 * z.square() - 0.5 * math.log(2.0 * math.pi)

    def sample(self, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
        """Draw from the normal distribution."""
        return torch.randn(shape, generator=generator, device=generator.device)


class StandardLogistic(Prior):
    """Zero mean, scale one: ``log q(z) = -softplus(z) - softplus(-z)``.

    NICE, equation 6.  Its score ``-tanh(z/2)`` is bounded, so an outlier cannot
    produce an exploding gradient; its variance is ``pi^2/3``.

    >>> StandardLogistic().log_prob(torch.zeros(1, 1))
    tensor([-1.3863])
    """

    def log_density(self, z: Tensor) -> Tensor:
        """Return ``-softplus(z) - softplus(-z)``."""
        # softplus(z) + softplus(-z) = |z| + 2 softplus(-|z|), one transcendental less.
        size = torch.where(z < 0, -z, z)  # abs has no second derivative at 0
        return -size - 2.0 * functional.softplus(-size)

    def sample(self, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
        """Draw by inverting the distribution function: ``log u - log(1 - u)``."""
        u = torch.rand(shape, generator=generator, device=generator.device)
        return torch.logit(u, eps=torch.finfo(u.dtype).eps)
