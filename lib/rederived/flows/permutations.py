"""Reorderings of the coordinates: volume-preserving, so log|det| is zero."""

from torch import Tensor

from rederived.flows.bijection import Bijection, zero_log_det


class Reverse(Bijection):
    """Reverse the order of the last dimension; its own inverse.

    The determinant itself is ``(-1)^(D // 2)``; only its absolute value enters a
    density.

    >>> import torch
    >>> Reverse()(torch.tensor([[1, 2, 3]]))[0]
    tensor([[3, 2, 1]])
    """

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the coordinates in reverse order."""
        return x.flip(-1), zero_log_det(x)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return the coordinates in reverse order again."""
        return z.flip(-1), zero_log_det(z)
