"""How far a function is from linear between samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from rederived.chapters.mixup.transforms import mix, partners

Logits = Callable[[Tensor], Tensor]
"""Inputs (B, ...) -> logits (B, K)."""


def mixing_residual(
    f: Callable[[Tensor], Tensor], first: Tensor, second: Tensor, weight: Tensor
) -> Tensor:
    """Return ``f(w a + (1 - w) b) - w f(a) - (1 - w) f(b)``, equation 3 of the article.

    Zero for every affine ``f``.  Only sums and products are used, so exact numbers
    (SymPy's) will do as well.

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

    >>> x, generator = torch.eye(8), torch.Generator().manual_seed(0)
    >>> gaps = linearity_gaps(lambda x: 3 * x + 1, x, generator)
    >>> gaps["logits"].absolute < 1e-9 < gaps["probabilities"].absolute
    True
    """

    absolute: float
    """Mean over the pairs of its squared length."""
    relative: float
    """The same, divided by the mean squared distance of the function's values from
    their mean, so that a function is not punished for being large."""


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

    Raises:
        ValueError: for fewer than two inputs.
    """
    if len(x) < 2:
        raise ValueError(f"the gap lies between two inputs, got {len(x)}")
    partner = partners(len(x), generator)
    weight = torch.rand(len(x), generator=generator).to(x.device)
    values, between = logits(x), logits(mix(x, partner, weight))
    pairs = {
        "logits": (between, values),
        "probabilities": (between.softmax(1), values.softmax(1)),
    }
    return {
        name: _measured(mixed, own, partner.to(x.device), weight)
        for name, (mixed, own) in pairs.items()
    }


def _measured(
    mixed: Tensor, values: Tensor, partner: Tensor, weight: Tensor
) -> LinearityGap:
    """Return the gap of one kind of values."""
    gap = float(gap_of(mixed, values, partner, weight).mean())
    spread = float((values - values.mean(0)).square().sum(1).mean())
    tiny = torch.finfo(torch.float64).tiny
    return LinearityGap(gap, gap / max(spread, tiny))
