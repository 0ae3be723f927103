"""Losses of classifiers with soft targets, and the linearity penalty itself."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from rederived.chapters.mixup.measures import gap_of
from rederived.chapters.mixup.transforms import mix

Values = Literal["logits", "probabilities"]


def soft_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Return ``-sum_k y_k log q_k`` of each row, ``(B,)``, nats.

    Linear in the target, which is what the equivalences of chapter 1 rest on.

    Args:
        logits: ``(B, K)``.
        targets: laws ``(B, K)``.
    """
    return -(targets * logits.log_softmax(-1)).sum(-1)


class SoftClassifier(nn.Module):
    """The objective of every method that only changes the batch.

    Args:
        network: maps inputs to logits ``(B, K)``.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor, targets: Tensor) -> Tensor:
        """Return the mean cross-entropy, nats."""
        return soft_cross_entropy(self.network(x), targets).mean()


class LinearityPenalty(SoftClassifier):
    """Plain training, with the gap of the mixing equation added to the loss.

        mean CE(f(x), y) + strength * mean |f(w a + (1-w) b) - w f(a) - (1-w) f(b)|^2

    Args:
        network: maps inputs to logits ``(B, K)``.
        strength: of the penalty.
        values: whether the gap is that of the ``logits`` or of the ``probabilities``.

    Raises:
        ValueError: if ``strength`` is negative or ``values`` unknown.
    """

    def __init__(
        self, network: nn.Module, strength: float, values: Values = "probabilities"
    ) -> None:
        super().__init__(network)
        if strength < 0 or values not in {"logits", "probabilities"}:
            raise ValueError(
                f"strength must be at least 0 and values logits or probabilities, "
                f"got {strength} and {values!r}"
            )
        self.strength = strength
        self.values = values

    def forward(
        self, x: Tensor, targets: Tensor, weight: Tensor | None = None
    ) -> Tensor:
        """Return the loss of a batch in random order.

        Args:
            x: inputs ``(B, ...)``; each one's partner is the row before it.
            targets: ``(B, K)``.
            weight: ``(B,)``, in [0, 1]; None leaves the penalty out.
        """
        if weight is None:
            return super().forward(x, targets)
        partner = torch.arange(len(x), device=x.device).roll(1)
        both = self.network(torch.cat([x, mix(x, partner, weight)]))
        logits, _ = both.chunk(2)
        values, mixed = (both if self.values == "logits" else both.softmax(1)).chunk(2)
        gap = gap_of(mixed, values, partner, weight).mean()
        return soft_cross_entropy(logits, targets).mean() + self.strength * gap
