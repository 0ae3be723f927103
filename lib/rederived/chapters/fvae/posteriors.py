"""Conditional flows: the laws of ``z = F_x(u)`` that a VAE may have as posterior.

Each maps ``(u, x)`` to ``z`` and ``log|det dz/du|``.  Only ``u`` is transformed, so
networks that look at ``x`` alone need neither an inverse nor a Jacobian.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rederived.flows import Bijection


class NormalPosterior(nn.Module):
    """``F_x(u) = sigma(x) * u + mu(x)``: the posterior of a usual VAE (equation 10).

    Args:
        encoder: maps ``(B, *event)`` to mean and log-variance, each ``(B, *code)``.
    """

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, u: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``sigma(x) u + mu(x)`` and ``sum log sigma(x)``."""
        mean, log_variance = self.encoder(x)
        log_sigma = 0.5 * log_variance
        return mean + log_sigma.exp() * u, log_sigma.flatten(1).sum(1)


class ShiftedFlow(nn.Module):
    """``F_x(u) = F(sigma u + E(x))`` (equation 17; with ``E(x) = x`` equation 13).

    Args:
        flow: the unconditional flow ``F``.
        encoder: any module from ``(B, *event)`` to ``(B, *code)``; it is not inverted.
        log_sigma: the logarithm of the noise's deviation, where training starts.
    """

    def __init__(
        self, flow: Bijection, encoder: nn.Module, log_sigma: float = 0.0
    ) -> None:
        super().__init__()
        self.flow = flow
        self.encoder = encoder
        self.log_sigma = nn.Parameter(torch.tensor(log_sigma))

    def forward(self, u: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``F(sigma u + E(x))`` and ``D log sigma + log|det F'|``."""
        h = self.encoder(x) + self.log_sigma.exp() * u
        z, log_det = self.flow(h)
        return z, log_det + u[0].numel() * self.log_sigma
