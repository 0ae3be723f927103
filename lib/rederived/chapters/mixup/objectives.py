"""Losses of classifiers with soft targets, and the linearity penalty itself."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rederived.chapters.mixup.measures import gap_of
from rederived.chapters.mixup.transforms import mix


def soft_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Return ``-sum_k y_k log q_k`` of each row, ``(B,)``, nats.

    Linear in the target, which is what the equivalences of chapter 1 rest on.  A class
    of target zero counts nothing, also where its logit is minus infinity.

    Args:
        logits: ``(B, K)``.
        targets: distributions ``(B, K)``.

    Raises:
        ValueError: if the shapes differ.
    """
    if logits.shape != targets.shape:
        raise ValueError(
            f"targets of shape {tuple(targets.shape)} for logits of shape "
            f"{tuple(logits.shape)}: give one_hot(labels, K).float()"
        )
    log_q = logits.log_softmax(-1)
    return -torch.where(targets == 0, 0.0, targets * log_q).sum(-1)


def mean_soft_cross_entropy(network: nn.Module, x: Tensor, targets: Tensor) -> Tensor:
    """Return the loss of every method that only changes the batch, nats.

    Args:
        network: maps inputs to logits ``(B, K)``.
        x: inputs ``(B, ...)``.
        targets: distributions ``(B, K)``.
    """
    return soft_cross_entropy(network(x), targets).mean()


@dataclass(frozen=True)
class LinearityPenalty:
    """Ordinary training, with the gap of the mixing equation added to the loss.

        mean CE(f(x), y) + strength * mean |q(w a + (1-w) b) - w q(a) - (1-w) q(b)|^2

    with the probabilities ``q``, the softmax of the logits ``f``.

    Raises:
        ValueError: if ``strength`` is negative or infinite.

    >>> loss = LinearityPenalty(strength=1.0)
    >>> x = targets = torch.eye(2)
    >>> round(loss(torch.nn.Identity(), x, targets, torch.ones(2)).item(), 4)
    0.3133
    """

    strength: float

    def __post_init__(self) -> None:
        if not 0 <= self.strength < float("inf"):
            raise ValueError(
                f"strength must be at least 0 and finite, got {self.strength}"
            )

    def __call__(
        self, network: nn.Module, x: Tensor, targets: Tensor, weight: Tensor
    ) -> Tensor:
        """Return the loss of a batch in random order.

        Args:
            network: maps inputs to logits ``(B, K)``.
            x: inputs ``(B, ...)``; each one's partner is the row before it.
            targets: ``(B, K)``.
            weight: ``(B,)``, in [0, 1].
        """
        partner = torch.arange(len(x), device=x.device).roll(1)
        both = network(torch.cat([x, mix(x, partner, weight)]))  # (2B, K)
        logits, _ = both.chunk(2)
        values, mixed = both.softmax(1).chunk(2)
        gap = gap_of(mixed, values, partner, weight).mean()
        return soft_cross_entropy(logits, targets).mean() + self.strength * gap
