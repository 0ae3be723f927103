"""What a discriminator's scores say about mutual information, nats.

``own`` are scores ``T`` of pairs from the joint distribution, ``other`` scores of
pairs from the product of the marginals.  Each estimate has its
maximum over all ``T`` at the quantity that it estimates.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional


def discrimination(own: Tensor, other: Tensor) -> Tensor:
    """Return the mean of ``log s(T)`` plus that of ``log(1 - s(T'))``, a scalar <= 0.

    Args:
        own: scores of pairs, any shape.
        other: scores of mismatched pairs, any shape.

    Raises:
        ValueError: if one of them is empty.
    """
    _refuse_nothing(own, other)
    return functional.logsigmoid(own).mean() + functional.logsigmoid(-other).mean()


def softplus_form(own: Tensor, other: Tensor) -> Tensor:
    """Return ``-E sp(-T) - E sp(T')``, as Hjelm and others write `discrimination`.

    ``sp(t) = log(1 + e^t)``, here without torch's cut to ``t`` from 20 on.
    """
    _refuse_nothing(own, other)
    return -_softplus(-own).mean() - _softplus(other).mean()


def js_estimate(own: Tensor, other: Tensor) -> Tensor:
    """Return ``discrimination / 2 + log 2``, at most the JS divergence on average."""
    return 0.5 * discrimination(own, other) + math.log(2.0)


def donsker_varadhan(own: Tensor, other: Tensor) -> Tensor:
    """Return ``E T - log E exp T'``, at most the mutual information if means are exact.

    Belghazi and others 2018, arXiv:1801.04062.
    """
    _refuse_nothing(own, other)
    flat = other.flatten()
    return own.mean() - (flat.logsumexp(0) - math.log(len(flat)))


def info_nce(scores: Tensor) -> Tensor:
    """Return ``log K`` minus the loss of finding each row's own column.

    At most ``log K``, and on average at most the mutual information (van den Oord and
    others 2018, arXiv:1807.03748).

    Args:
        scores: ``T(x_i, z_j)``, ``(K, K)``, own pairs on the diagonal.

    Raises:
        ValueError: if the table is not square.
    """
    count = len(scores)
    if count == 0 or scores.shape != (count, count):
        raise ValueError(
            f"scores of shape {tuple(scores.shape)}: give all pairs, (K, K)"
        )
    picked = functional.log_softmax(scores, 1).diagonal()
    return picked.mean() + math.log(count)


def deranged(count: int, generator: torch.Generator | None = None) -> Tensor:
    """Draw a partner for each of ``count`` rows, never the row itself, int64.

    A random cycle through all rows.

    Args:
        count: at least two.
        generator: the source; None takes torch's own stream, which ``training.fit``
            seeds anew at each step.

    Raises:
        ValueError: if there is only one row.
    """
    if count < 2:
        raise ValueError(f"a batch needs at least 2 rows to mismatch, got {count}")
    order = torch.randperm(count, generator=generator)
    partner = torch.empty_like(order)
    partner[order] = order.roll(1)
    return partner


def shuffled(count: int, generator: torch.Generator | None = None) -> Tensor:
    """Draw a partner for each of ``count`` rows, at times the row itself, int64."""
    return torch.randperm(count, generator=generator)


def _refuse_nothing(own: Tensor, other: Tensor) -> None:
    if not (own.numel() and other.numel()):
        raise ValueError(
            f"{own.numel()} scores of pairs and {other.numel()} of mismatched ones: a "
            "batch needs at least 2 rows"
        )


def _softplus(values: Tensor) -> Tensor:
    return functional.softplus(values, threshold=40)
