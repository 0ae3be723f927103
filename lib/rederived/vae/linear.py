"""The linear-Gaussian VAE, in which everything has a closed form.

Data ``x ~ N(0, v)``, decoder ``N(w z, t^2)`` with ``t`` fixed, encoder ``N(a x, s^2)``,
prior ``N(0, 1)``, all scalar; the loss is ``distortion + beta * rate``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rederived.vae.decoders import NormalDecoder
from rederived.vae.vae import VAE


@dataclass(frozen=True)
class LinearGaussian:
    """The scalar problem, its terms and its optimum, nats.

    Attributes:
        variance: ``v`` of the data.
        deviation: ``t`` of the decoder.

    >>> LinearGaussian(variance=4.0, deviation=0.5).optimum(beta=1.0)[1]  # t^2 / v
    0.0625
    """

    variance: float
    deviation: float

    def __post_init__(self) -> None:
        """Refuse a distribution without a width.

        Raises:
            ValueError: unless both numbers are positive and finite.
        """
        if not (0 < self.variance < math.inf and 0 < self.deviation < math.inf):
            raise ValueError(
                "variance and deviation must be positive and finite, got "
                f"{self.variance} and {self.deviation}"
            )

    def distortion(self, slope: Tensor, noise: Tensor, weight: Tensor) -> Tensor:
        """Return the mean of ``-log q(x|z)``.

        Args:
            slope: ``a`` of the encoder.
            noise: the encoder's variance ``s^2``.
            weight: ``w`` of the decoder.
        """
        square = (1.0 - weight * slope).square() * self.variance
        square = square + weight.square() * noise
        t2 = self.deviation**2
        return 0.5 * (square / t2 + math.log(2.0 * math.pi * t2))

    def rate(self, slope: Tensor, noise: Tensor) -> Tensor:
        """Return the mean of ``KL(p(z|x) || q(z))``."""
        return 0.5 * (slope.square() * self.variance + noise - 1.0 - noise.log())

    def information(self, slope: Tensor, noise: Tensor) -> Tensor:
        """Return the mutual information ``log(1 + a^2 v / s^2) / 2``."""
        return 0.5 * torch.log1p(slope.square() * self.variance / noise)

    def aggregate_kl(self, slope: Tensor, noise: Tensor) -> Tensor:
        """Return ``KL(p(z) || q(z))``; the aggregate is ``N(0, a^2 v + s^2)``."""
        total = slope.square() * self.variance + noise
        return 0.5 * (total - 1.0 - total.log())

    def optimum(self, beta: float) -> tuple[float, float, float]:
        """Return ``a``, ``s^2`` and ``w`` where the loss is least (``a >= 0``).

        ``s^2 = beta t^2 / v``, the aggregate equals the prior, and ``w = a v``; from
        ``beta = v / t^2`` on the code is collapsed.

        Raises:
            ValueError: if beta is not positive.
        """
        _check_beta(beta)
        noise = min(1.0, beta * self.deviation**2 / self.variance)
        slope = math.sqrt((1.0 - noise) / self.variance)
        return slope, noise, slope * self.variance

    def optimal_information(self, beta: float) -> float:
        """Return ``log(v / (beta t^2)) / 2``, or zero from the collapse on.

        Raises:
            ValueError: if beta is not positive.
        """
        _check_beta(beta)
        ratio = (
            math.log(self.variance) - math.log(beta) - 2.0 * math.log(self.deviation)
        )
        return max(0.0, 0.5 * ratio)


def _check_beta(beta: float) -> None:
    if not 0 < beta < math.inf:
        raise ValueError(f"beta must be positive and finite, got {beta}")


class LinearEncoder(nn.Module):
    """``p(z|x) = N(A x + b, s^2)`` with one trained variance for each coordinate.

    Args:
        inputs: size of a data point.
        codes: size of a code.

    >>> mean, log_variance = LinearEncoder(3, 2)(torch.zeros(5, 3))
    >>> mean.shape, log_variance.shape
    (torch.Size([5, 2]), torch.Size([5, 2]))
    """

    def __init__(self, inputs: int, codes: int) -> None:
        super().__init__()
        self.mean = nn.Linear(inputs, codes)
        self.log_variance = nn.Parameter(torch.zeros(codes))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log-variance of the code, each ``(B, d)``."""
        mean: Tensor = self.mean(x)
        return mean, self.log_variance.expand_as(mean).clone()


def linear_vae(inputs: int, codes: int, deviation: float) -> VAE:
    """Build the VAE of this module, with a linear decoder of fixed deviation."""
    decoder = NormalDecoder(nn.Linear(codes, inputs), deviation)
    return VAE(LinearEncoder(inputs, codes), decoder)
