"""How far a function is from linear between samples, and how far from calibrated."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import torch
from scipy.optimize import minimize_scalar
from torch import Tensor
from torch.nn import functional

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


def calibration_error(probabilities: Tensor, labels: Tensor, bins: int = 15) -> float:
    """Return the expected calibration error, Guo and others 2017, arXiv:1706.04599.

    Samples are sorted into equal bins by the probability of the predicted class; the
    error is the mean over the samples of the difference, in their bin, between the
    share of right answers and the mean probability.

    Args:
        probabilities: ``(N, K)``, rows are laws.
        labels: int64 ``(N,)``.
        bins: of the interval from 0 to 1.
    """
    confidence, predicted = probabilities.max(1)
    right = (predicted == labels).double()
    place = (confidence.double() * bins).ceil().long().sub(1).clamp(0, bins - 1)
    excess = torch.zeros(bins, dtype=torch.float64, device=labels.device)
    excess.index_add_(0, place, right - confidence.double())
    return float(excess.abs().sum() / len(labels))


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """Return the divisor of the logits that minimises the cross-entropy.

    One number for all samples: more than 1 for a classifier that is too sure of itself,
    less than 1 for one that is too modest.  Guo and others 2017, arXiv:1706.04599.

    Args:
        logits: of held-out samples, ``(N, K)``.
        labels: int64 ``(N,)``.
    """
    scores = logits.double()

    def loss(log_temperature: float) -> float:
        scaled = scores / math.exp(log_temperature)
        return float(functional.cross_entropy(scaled, labels))

    found = minimize_scalar(loss, bounds=(-4.0, 4.0), method="bounded")
    return math.exp(float(found.x))


def _measured(
    mixed: Tensor, values: Tensor, partner: Tensor, weight: Tensor
) -> LinearityGap:
    """Return the gap of one kind of values."""
    gap = float(gap_of(mixed, values, partner, weight).mean())
    spread = float((values - values.mean(0)).square().sum(1).mean())
    tiny = torch.finfo(torch.float64).tiny
    return LinearityGap(gap, gap / max(spread, tiny))
