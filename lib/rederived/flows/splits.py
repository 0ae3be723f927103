"""How a coupling layer divides an event into a kept and a changed part.

A split is a pair of inverse functions: ``split`` gives ``(kept, changed)``, ``merge``
puts the two back where they came from.  ``swap=True`` exchanges the two roles, so
alternating it lets every coordinate be changed in turn.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor


class Split(Protocol):
    """The two inverse functions that a coupling layer needs."""

    def split(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the kept and the changed part of ``x``."""
        ...

    def merge(self, kept: Tensor, changed: Tensor) -> Tensor:
        """Return the event whose parts are ``kept`` and ``changed``."""
        ...


class Prefix:
    """Keep the first ``size`` coordinates of a vector, change the rest.

    Args:
        size: how many leading coordinates form the first part.
        swap: change the first part and keep the rest instead.

    Raises:
        ValueError: if the size is negative.

    >>> Prefix(1).split(torch.tensor([[1, 2, 3]]))
    (tensor([[1]]), tensor([[2, 3]]))
    """

    def __init__(self, size: int, swap: bool = False) -> None:
        if size < 0:
            raise ValueError(f"size must be at least 0, got {size}")
        self.size = size
        self.swap = swap

    def split(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Cut ``(B, D)`` into ``(B, size)`` and ``(B, D - size)``."""
        first, rest = x[..., : self.size], x[..., self.size :]
        return (rest, first) if self.swap else (first, rest)

    def merge(self, kept: Tensor, changed: Tensor) -> Tensor:
        """Concatenate the two parts in their original order."""
        parts = (changed, kept) if self.swap else (kept, changed)
        return torch.cat(parts, dim=-1)


class OddEven:
    """Separate the 1st, 3rd, 5th ... coordinates of a vector from the others.

    Args:
        swap: False keeps the odd-numbered coordinates (counted from one, so indices
            0, 2, 4, ...) and changes the even-numbered; True the other way round.

    >>> OddEven().split(torch.tensor([[1, 2, 3, 4]]))
    (tensor([[1, 3]]), tensor([[2, 4]]))
    """

    def __init__(self, swap: bool = False) -> None:
        self.swap = swap

    def split(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Cut ``(B, D)`` with even ``D`` into two interleaved halves ``(B, D/2)``."""
        if x.shape[-1] % 2:
            raise ValueError(
                f"an odd/even split needs an even number of coordinates, got "
                f"{x.shape[-1]}: pad by one or use Prefix"
            )
        odd, even = x[..., 0::2], x[..., 1::2]
        return (even, odd) if self.swap else (odd, even)

    def merge(self, kept: Tensor, changed: Tensor) -> Tensor:
        """Interleave the two halves."""
        parts = (changed, kept) if self.swap else (kept, changed)
        return torch.stack(parts, dim=-1).flatten(-2)
