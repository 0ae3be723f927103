"""Invertible maps that return their value and their log-determinant together.

A flow is a composition of bijections ``z = f(x)``; its density follows from the
change of variables ``log q(x) = log q(z) + log|det dz/dx|`` (Dinh, Krueger and
Bengio 2014, equation 2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn


class Bijection(nn.Module):
    """An invertible, differentiable map of events.

    The first dimension of every tensor is the batch; all others are the event.
    ``forward`` maps data towards the code, ``inverse`` maps back.  Both return

    * the mapped tensor, ``(B, *event)``;
    * ``log|det|`` of that direction's own Jacobian, ``(B,)``, in nats, so that the
      two log-determinants of a round trip cancel.

    Subclasses define ``forward`` and ``inverse``; nothing is verified at run time.
    """

    if TYPE_CHECKING:  # torch leaves the type of a call open

        def __call__(self, x: Tensor) -> tuple[Tensor, Tensor]: ...  # noqa: D102

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``z = f(x)`` and ``log|det dz/dx|``."""
        raise NotImplementedError

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``x = f^-1(z)`` and ``log|det dx/dz|``."""
        raise NotImplementedError


def zero_log_det(x: Tensor) -> Tensor:
    """Return the log-determinant of a volume-preserving map: zeros ``(B,)``, nats."""
    return x.new_zeros(x.shape[0])


class Composition(Bijection):
    """Apply bijections in order: ``f = f_n o ... o f_1``.

    By the chain rule the Jacobians multiply, so the log-determinants add.

    Args:
        steps: the bijections, the one nearest to the data first.

    >>> from rederived.flows import Reverse
    >>> Composition(Reverse(), DiagonalScale((2,)))(torch.tensor([[1.0, 2.0]]))[0]
    tensor([[2., 1.]], grad_fn=<MulBackward0>)
    """

    def __init__(self, *steps: Bijection) -> None:
        super().__init__()
        self.steps = nn.ModuleList(steps)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Apply every step; the log-determinants add."""
        total = zero_log_det(x)
        for step in self.steps:
            x, log_det = step(x)
            total = total + log_det
        return x, total

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Undo every step, the last one first."""
        total = zero_log_det(z)
        for step in reversed(self.steps):
            z, log_det = cast(Bijection, step).inverse(z)
            total = total + log_det
        return z, total


class Inverse(Bijection):
    """Swap the two directions of a bijection.

    Args:
        bijection: the map whose inverse becomes ``forward``.

    >>> from rederived.flows import Reverse
    >>> Inverse(Reverse())(torch.tensor([[1, 2]]))[0]
    tensor([[2, 1]])
    """

    def __init__(self, bijection: Bijection) -> None:
        super().__init__()
        self.bijection = bijection

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the inner map's ``inverse``."""
        return self.bijection.inverse(x)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return the inner map's ``forward``."""
        return self.bijection(z)


class DiagonalScale(Bijection):
    """Multiply each coordinate by its own positive factor, ``z = s * x``.

    ``s = exp(log_scale)`` is positive whatever the parameters are, and
    ``log|det dz/dx| = sum(log_scale)`` (NICE, section 3.3).

    Args:
        event_shape: the shape of one event.

    Raises:
        ValueError: when called with events of another shape.

    >>> scale = DiagonalScale((2,))
    >>> _ = scale.log_scale.data.fill_(1.0)
    >>> scale(torch.zeros(1, 2))[1]
    tensor([2.], grad_fn=<AddBackward0>)
    """

    def __init__(self, event_shape: tuple[int, ...]) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.zeros(event_shape))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``s * x`` and ``sum log s``."""
        self._check(x)
        log_det = zero_log_det(x) + self.log_scale.sum()
        return x * self.log_scale.exp(), log_det

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``z / s`` and ``-sum log s``."""
        self._check(z)
        log_det = zero_log_det(z) - self.log_scale.sum()
        return z * (-self.log_scale).exp(), log_det

    def _check(self, x: Tensor) -> None:
        if x.shape[1:] != self.log_scale.shape:  # a shared scale would count once
            raise ValueError(
                f"events of shape {tuple(x.shape[1:])} for a scale of "
                f"{tuple(self.log_scale.shape)}: give one factor for each coordinate"
            )
