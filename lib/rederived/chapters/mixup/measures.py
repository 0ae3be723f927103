"""How far a function is from linear between samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

from rederived.chapters.mixup.surds import Surd
from rederived.chapters.mixup.transforms import mix, partners

Number = TypeVar("Number", Tensor, Surd)

Logits = Callable[[Tensor], Tensor]
"""Inputs (B, ...) -> logits (B, K)."""


def mixing_residual(
    f: Callable[[Number], Number], first: Number, second: Number, weight: Number
) -> Number:
    """Return ``f(w a + (1 - w) b) - w f(a) - (1 - w) f(b)``, equation 3 of the article.

    Zero for every affine ``f``.  Only sums and products are used, so exact numbers
    will do as well.

    Args:
        f: the function.
        first: its argument ``a``.
        second: its argument ``b``.
        weight: ``w``; a tensor has to broadcast to arguments and values.
    """
    other = 1 - weight
    mixed = f(weight * first + other * second)
    return mixed - (weight * f(first) + other * f(second))


@dataclass(frozen=True)
class LinearityGap:
    """The residual of the mixing equation on random pairs.

    Attributes:
        absolute: mean over the pairs of its squared length.
        relative: the same, divided by the mean squared distance of the function's
            values from their mean; a function that is large is not punished for it.
    """

    absolute: float
    relative: float


def gap_of(mixed: Tensor, values: Tensor, partner: Tensor, weight: Tensor) -> Tensor:
    """Return the squared length of each pair's residual, ``(B,)``.

    Args:
        mixed: the function at the mixed inputs, ``(B, K)``.
        values: the function at the inputs themselves, ``(B, K)``.
        partner: int64 ``(B,)``.
        weight: ``(B,)``.
    """
    return (mixed - mix(values, partner, weight)).square().sum(1)


@torch.no_grad()
def linearity_gaps(
    logits: Logits, x: Tensor, generator: torch.Generator
) -> dict[str, LinearityGap]:
    """Measure the gap on random pairs, weights uniform, each sample once first.

    Args:
        logits: the network, in evaluation mode.
        x: inputs, at least two.
        generator: decides partners and weights.

    Returns:
        The gaps of the ``logits`` and of the ``probabilities``.
    """
    partner = partners(len(x), generator)
    weight = torch.rand(len(x), generator=generator).to(x.device)
    plain, between = logits(x), logits(mix(x, partner, weight))
    pairs = {
        "logits": (between, plain),
        "probabilities": (between.softmax(1), plain.softmax(1)),
    }
    return {
        name: _measured(mixed, values, partner.to(x.device), weight)
        for name, (mixed, values) in pairs.items()
    }


def _measured(
    mixed: Tensor, values: Tensor, partner: Tensor, weight: Tensor
) -> LinearityGap:
    """Return the gap of one kind of values."""
    gap = float(gap_of(mixed, values, partner, weight).mean())
    spread = float((values - values.mean(0)).square().sum(1).mean())
    tiny = torch.finfo(torch.float64).tiny
    return LinearityGap(gap, gap / max(spread, tiny))
