"""Coupling layers: the kept part decides how the changed part is moved.

The Jacobian is triangular, so its determinant is the product of its diagonal, and
the inverse needs the network's value only, never its inverse.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from rederived.flows.bijection import Bijection, zero_log_det
from rederived.flows.splits import Split


class AdditiveCoupling(Bijection):
    """Shift the changed part by a function of the kept part (NICE, section 3.2).

    ``h1 = x1,  h2 = x2 + m(x1)``, with determinant one for any ``m``; the inverse is
    ``x1 = h1,  x2 = h2 - m(h1)``.

    Args:
        split: which coordinates are kept and which are changed.
        shift: the network ``m``, from the kept part to the shape of the changed part.

    >>> from rederived.flows import Prefix
    >>> coupling = AdditiveCoupling(Prefix(1), nn.ReLU())
    >>> coupling(torch.tensor([[3.0, 10.0]]))
    (tensor([[ 3., 13.]]), tensor([0.]))
    >>> coupling.inverse(torch.tensor([[3.0, 13.0]]))[0]
    tensor([[ 3., 10.]])
    """

    def __init__(self, split: Split, shift: nn.Module) -> None:
        super().__init__()
        self.split = split
        self.shift = shift

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``(x1, x2 + m(x1))`` merged, and a log-determinant of zero."""
        kept, changed = self.split.split(x)
        return self.split.merge(kept, changed + self.shift(kept)), zero_log_det(x)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``(h1, h2 - m(h1))`` merged, and a log-determinant of zero."""
        kept, changed = self.split.split(z)
        return self.split.merge(kept, changed - self.shift(kept)), zero_log_det(z)


class AffineCoupling(Bijection):
    """Scale and shift the changed part (RealNVP, equation 8, arXiv:1605.08803).

    ``h2 = x2 * exp(s) + t`` with ``s = limit * tanh(a / limit)`` and
    ``(a, t) = net(x1)``; ``log|det| = sum s``.  The bound keeps one step's scale
    within ``exp(+-limit)``, so that a bad start cannot overflow.

    Args:
        split: which coordinates are kept and which are changed.
        net: from the kept part to twice the width (or channels) of the changed part,
            the unbounded log-scale ``a`` first, then the shift ``t``.
        limit: the bound on the absolute log-scale, nats.

    Raises:
        ValueError: if the limit is not positive and finite.

    >>> from rederived.flows import Prefix
    >>> z, log_det = AffineCoupling(Prefix(1), nn.Linear(1, 2))(torch.zeros(4, 2))
    >>> z.shape, log_det.shape
    (torch.Size([4, 2]), torch.Size([4]))
    """

    def __init__(self, split: Split, net: nn.Module, limit: float = 2.0) -> None:
        super().__init__()
        if not 0 < limit < math.inf:
            raise ValueError(f"limit must be positive, got {limit}: try 2.0")
        self.split = split
        self.net = net
        self.limit = limit

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``(x1, x2 * exp(s) + t)`` merged, and ``sum s``."""
        kept, changed = self.split.split(x)
        log_scale, shift = self._scale_and_shift(kept, changed)
        moved = changed * log_scale.exp() + shift
        return self.split.merge(kept, moved), log_scale.flatten(1).sum(1)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``(h1, (h2 - t) * exp(-s))`` merged, and ``-sum s``."""
        kept, changed = self.split.split(z)
        log_scale, shift = self._scale_and_shift(kept, changed)
        moved = (changed - shift) * (-log_scale).exp()
        return self.split.merge(kept, moved), -log_scale.flatten(1).sum(1)

    def _scale_and_shift(self, kept: Tensor, changed: Tensor) -> tuple[Tensor, Tensor]:
        """Return the bounded log-scale and the shift, both in the event's dtype.

        A scale that several coordinates share counts for each of them.
        """
        raw, shift = self.net(kept).to(kept.dtype).chunk(2, dim=1)
        log_scale = self.limit * torch.tanh(raw / self.limit)
        return log_scale.expand_as(changed), shift
