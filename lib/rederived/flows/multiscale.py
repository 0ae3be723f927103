"""The multi-scale architecture as bijections (RealNVP, section 3.6; Glow, figure 2).

Nothing here changes the shape of an event from end to end, so that a flow with many
scales is one bijection like any other and its prior one standard law.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from rederived.flows.bijection import Bijection, Inverse, zero_log_det
from rederived.flows.coupling import AffineCoupling
from rederived.flows.splits import Channels


class Squeeze(Bijection):
    """Turn each square of pixels into channels: ``(C, 2h, 2w)`` to ``(4C, h, w)``.

    Channel ``4c + 2i + j`` of the result holds the pixels of channel ``c`` in row ``i``
    and column ``j`` of their square.  It reorders coordinates, so log|det| is zero.
    """

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Move space into channels.

        Raises:
            ValueError: if height or width is odd.
        """
        height, width = x.shape[-2:]
        if height % 2 or width % 2:
            raise ValueError(
                f"squeezing needs an even height and width, got {height} x {width}: "
                "pad the image or build fewer levels"
            )
        return functional.pixel_unshuffle(x, 2), zero_log_det(x)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Move channels back into space."""
        return functional.pixel_shuffle(z, 2), zero_log_det(z)


class FactorOut(Bijection):
    """Leave the second half of the channels alone from here on, map the first further.

    With a conditioner the half ``x2`` that leaves has its own conditional prior given
    the half ``x1`` that goes on, ``x2 ~ N(m(x1), exp(2 a(x1)))``.  Seen as a map, that
    is ``z2 = (x2 - m(x1)) exp(-a(x1))`` with a standard normal ``z2``: the inverse of
    an affine coupling.  ``log|det| = -sum a(x1) + log|det d inner(x1)/d x1|``.

    Args:
        inner: the bijection of what goes on, of events ``(C/2, H, W)``.
        conditioner: from ``x1`` to ``2 C/2`` channels, ``a`` (before it is bounded,
            see ``AffineCoupling``) first, then ``m``; None: ``x2`` leaves as it is.
        limit: the bound on the absolute value of ``a``, nats.
    """

    def __init__(
        self, inner: Bijection, conditioner: nn.Module | None = None, limit: float = 3.0
    ) -> None:
        super().__init__()
        self.inner = inner
        self.standardize = (
            None
            if conditioner is None
            else Inverse(AffineCoupling(Channels(), conditioner, limit))
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``(inner(x1), z2)`` and the sum of both log-determinants."""
        log_det = zero_log_det(x)
        if self.standardize is not None:
            x, log_det = self.standardize(x)
        kept, leaving = x.chunk(2, dim=1)
        code, inner_log_det = self.inner(kept)
        return torch.cat((code, leaving), dim=1), log_det + inner_log_det

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Undo the inner map first, since the conditioner looks at its input."""
        code, leaving = z.chunk(2, dim=1)
        kept, log_det = self.inner.inverse(code)
        x = torch.cat((kept, leaving), dim=1)
        if self.standardize is None:
            return x, log_det
        x, outer_log_det = self.standardize.inverse(x)
        return x, log_det + outer_log_det
