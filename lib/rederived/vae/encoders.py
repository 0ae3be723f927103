"""Encoders: the distribution of a code given flat data."""

from __future__ import annotations

from torch import Tensor, nn


class NormalEncoder(nn.Module):
    """The distribution ``p(z|x)``, normal with independent coordinates.

    Args:
        network: a map of ``(B, D)`` to ``(B, 2d)``: means, then log-variances.

    >>> import torch
    >>> mean, log_variance = NormalEncoder(nn.Linear(3, 4))(torch.zeros(5, 3))
    >>> mean.shape, log_variance.shape
    (torch.Size([5, 2]), torch.Size([5, 2]))
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log-variance of the code, each ``(B, d)``.

        Raises:
            ValueError: if the network returns an odd number of columns.
        """
        out: Tensor = self.network(x)
        if out.shape[-1] % 2:
            raise ValueError(
                f"the encoder's network returns {out.shape[-1]} columns: give it "
                "twice the size of the code, for means and log-variances"
            )
        mean, log_variance = out.chunk(2, dim=-1)
        return mean, log_variance
