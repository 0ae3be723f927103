"""Decoders: distributions ``q(x|z)`` of flat data given a code."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from rederived.probability import draw_normal, normal_log_prob
from rederived.probability.normals import check_events


class Decoder(nn.Module):
    """The distribution of a data point ``(D,)`` given its code ``(d,)``."""

    def log_prob(self, x: Tensor, z: Tensor) -> Tensor:
        """Return ``log q(x|z)`` of the rows of ``(B, D)`` and ``(B, d)``, nats."""
        raise NotImplementedError

    def sample(self, z: Tensor, generator: torch.Generator) -> Tensor:
        """Draw a data point for each code, ``(B, D)``."""
        raise NotImplementedError


class NormalDecoder(Decoder):
    """``q(x|z) = N(network(z), deviation^2)`` in each coordinate.

    Args:
        network: a map of codes ``(B, d)`` to means ``(B, D)``.
        deviation: the standard deviation, where training starts if it is trained.
        trainable: whether the one deviation is a parameter.

    Raises:
        ValueError: if the deviation is not positive.

    >>> decoder = NormalDecoder(nn.Identity(), deviation=2.0)
    >>> z = torch.zeros(3, 4)
    >>> decoder.log_prob(z, z).shape
    torch.Size([3])
    >>> decoder.sample(z, torch.Generator().manual_seed(0)).shape
    torch.Size([3, 4])
    """

    log_variance: Tensor

    def __init__(
        self, network: nn.Module, deviation: float = 1.0, *, trainable: bool = False
    ) -> None:
        super().__init__()
        if not 0 < deviation < math.inf:
            raise ValueError(f"the deviation must be positive, got {deviation}")
        self.network = network
        start = torch.tensor(2.0 * math.log(deviation))
        if trainable:
            self.log_variance = nn.Parameter(start)
        else:
            self.register_buffer("log_variance", start)

    def mean(self, z: Tensor) -> Tensor:
        """Return the mean of the data given each code, ``(B, D)``."""
        return self.network(z)

    def log_prob(self, x: Tensor, z: Tensor) -> Tensor:
        """Return the log-density of each event, with its constants, nats.

        Raises:
            ValueError: if the network's means have another shape than the data.
        """
        mean = self.mean(z)
        check_events(x, mean)
        return normal_log_prob(x.flatten(1), mean.flatten(1), self.log_variance)

    @torch.no_grad()
    def sample(self, z: Tensor, generator: torch.Generator) -> Tensor:
        """Draw a data point for each code, noise included."""
        mean = self.mean(z)
        return draw_normal(mean, self.log_variance.expand_as(mean), generator)
