"""The two parts of the negative evidence lower bound."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class ElboTerms:
    """The two parts of the negative evidence lower bound of each data point.

    Attributes:
        distortion: ``-log q(x|z)`` at one draw of the code, ``(B,)``, nats.
        rate: ``KL(p(z|x) || q(z))``, exact or at the same draw, ``(B,)``, nats.

    Raises:
        ValueError: if the two have not the same shape.

    >>> import torch
    >>> ElboTerms(torch.tensor([3.0]), torch.tensor([1.0])).loss(beta=2.0)
    tensor([5.])
    """

    distortion: Tensor
    rate: Tensor

    def __post_init__(self) -> None:
        if self.distortion.shape != self.rate.shape:  # a mean would be of all pairs
            raise ValueError(
                f"distortion of shape {tuple(self.distortion.shape)} and rate of shape "
                f"{tuple(self.rate.shape)}: give (B,) twice, events and codes flat"
            )

    def loss(self, beta: float = 1.0) -> Tensor:
        """Return ``distortion + beta * rate``, ``(B,)``; beta 1 is the bound.

        With beta 0 the rate counts nothing, also where it is infinite.
        """
        return self.distortion + beta * self.rate if beta else self.distortion
