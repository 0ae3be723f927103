"""Reorderings of the coordinates: volume-preserving, so log|det| is zero.

The determinant itself is the sign of the permutation.  Reversing D coordinates has
determinant ``(-1)^(D // 2)``; only its absolute value enters a density.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rederived.flows.bijection import Bijection, zero_log_det


class Reverse(Bijection):
    """Reverse the order of the last dimension; its own inverse."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the coordinates in reverse order."""
        return x.flip(-1), zero_log_det(x)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return the coordinates in reverse order again."""
        return z.flip(-1), zero_log_det(z)


class Permutation(Bijection):
    """Reorder the last dimension by a fixed permutation, ``z_i = x_{order[i]}``.

    Args:
        order: a permutation of ``0..D-1``, int64 ``(D,)``.

    Raises:
        ValueError: if ``order`` is not a permutation.
    """

    order: Tensor
    inverse_order: Tensor

    def __init__(self, order: Tensor) -> None:
        super().__init__()
        if not torch.equal(order.sort().values, torch.arange(len(order))):
            raise ValueError(
                f"order must hold each of 0..{len(order) - 1} once, got "
                f"{order.tolist()}: pass torch.randperm(n, generator=...)"
            )
        self.register_buffer("order", order)
        self.register_buffer("inverse_order", order.argsort())

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``x[..., order]``."""
        return x[..., self.order], zero_log_det(x)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Undo the reordering."""
        return z[..., self.inverse_order], zero_log_det(z)
