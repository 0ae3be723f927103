r"""Expectations over all pairs of a small data set, without a random draw.

Pairs are independent: each of the ``n * n`` ordered pairs ``(a, b)`` counts equally.
The weight ``e`` of mixup is integrated by Gauss-Jacobi quadrature, exact for
polynomials of degree ``2 * nodes - 1`` in ``e``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

RowLoss = Callable[[Tensor, Tensor], Tensor]
"""Inputs (M, D) and what belongs to them, (M, ...), to the loss of each row, (M,)."""


def beta_quadrature(first: float, second: float, nodes: int) -> tuple[Tensor, Tensor]:
    """Return nodes in [0, 1] and weights of sum 1 for Beta(first, second).

    Args:
        first: the parameter of ``e``.
        second: the parameter of ``1 - e``.
        nodes: how many.

    Returns:
        Both float64, ``(nodes,)``.
    """
    from scipy.special import roots_jacobi  # noqa: PLC0415 - slow to import

    places, weights = roots_jacobi(nodes, second - 1.0, first - 1.0)
    return (
        torch.from_numpy((1.0 + places) / 2.0),
        torch.from_numpy(weights / np.sum(weights)),
    )


def row_losses(loss: RowLoss, x: Tensor, y: Tensor) -> Tensor:
    """Return the loss of each row, (M,).

    Raises:
        ValueError: if it is none of each row, as the means are that torch takes.
    """
    found = loss(x, y)
    if found.shape != x.shape[:1]:
        raise ValueError(
            f"the loss of {len(x)} rows has the shape {tuple(found.shape)}: give one "
            "number a row, with reduction='none'"
        )
    return found


def all_pairs(count: int) -> tuple[Tensor, Tensor]:
    """Return the indices ``a`` and ``b`` of all ordered pairs, ``(count ** 2,)``."""
    pairs = torch.cartesian_prod(torch.arange(count), torch.arange(count))
    return pairs[:, 0], pairs[:, 1]


def coin_label_loss(
    loss: RowLoss, x: Tensor, y: Tensor, alpha: float, nodes: int = 24
) -> Tensor:
    """Return the expected loss of mixup, the losses of both labels weighted.

    ``E[e loss(x_e, y_a) + (1 - e) loss(x_e, y_b)]`` with ``e ~ Beta(alpha, alpha)``.
    For cross-entropy this is the loss at the mixed label.

    Args:
        loss: of each row.
        x: inputs ``(n, D)``.
        y: what belongs to them, ``(n, ...)``.
        alpha: of the Beta distribution.
        nodes: of the quadrature.

    Returns:
        A scalar.
    """
    e, probability, points, first, second = _mixed(x, alpha, alpha, nodes)
    own, other = (row_losses(loss, points, y[which]) for which in (first, second))
    return (probability * (e * own + (1.0 - e) * other)).sum()


def own_label_loss(
    loss: RowLoss, x: Tensor, y: Tensor, alpha: float, nodes: int = 24
) -> Tensor:
    """Return ``E[loss(x_e, y_a)]`` with ``e ~ Beta(alpha + 1, alpha)``.

    Huszar's form: an ordinary augmentation that keeps the label of ``x_a``.  Arguments
    as in :func:`coin_label_loss`, to which it is equal.
    """
    _, probability, points, first, _ = _mixed(x, alpha + 1.0, alpha, nodes)
    return (probability * row_losses(loss, points, y[first])).sum()


def mean_label_loss(
    loss: RowLoss, x: Tensor, y: Tensor, alpha: float, nodes: int = 24
) -> Tensor:
    """Return ``E[loss(x_e, e y_a + (1 - e) y_b)]`` with ``e ~ Beta(alpha, alpha)``.

    Equal to :func:`coin_label_loss` only if the loss is linear in the label.
    """
    e, probability, points, first, second = _mixed(x, alpha, alpha, nodes)
    along = e.reshape(-1, *[1] * (y.ndim - 1))
    label = along * y[first] + (1.0 - along) * y[second]
    return (probability * row_losses(loss, points, label)).sum()


def mixup_least_squares(
    x: Tensor, y: Tensor, alpha: float, *, intercept: bool
) -> Tensor:
    """Return the coefficients that minimise the expected squared error under mixup.

    With independent pairs the second moments become
    ``c mean(z z') + (1 - c) mean(z) mean(z)'``, ``c = (alpha + 1) / (2 alpha + 1)``.

    Args:
        x: inputs ``(n, D)``.
        y: numbers ``(n,)``.
        alpha: weights follow Beta(alpha, alpha).
        intercept: whether a column of ones is put in front.

    Returns:
        ``(D,)``, or ``(1 + D,)`` with the intercept first.

    Raises:
        ValueError: if ``alpha`` is negative or infinite, or ``y`` not one number each.
    """
    check_alpha(alpha)
    if y.shape != x.shape[:1]:
        raise ValueError(f"y has shape {tuple(y.shape)}: give ({len(x)},)")
    centre = x.mean(0)  # an intercept lets the origin be there: no digits are lost
    design = torch.cat([torch.ones_like(y)[:, None], x - centre], 1) if intercept else x
    kept = (alpha + 1.0) / (2.0 * alpha + 1.0)
    mean = design.mean(0)
    square = kept * design.T @ design / len(y) + (1.0 - kept) * torch.outer(mean, mean)
    product = kept * design.T @ y / len(y) + (1.0 - kept) * mean * y.mean()
    found = torch.linalg.solve(square, product)
    if not intercept:
        return found
    return torch.cat([found[:1] - centre @ found[1:], found[1:]])


def check_alpha(alpha: float) -> None:
    """Refuse what is no parameter of Beta(alpha, alpha); 0, its limit, is one.

    Raises:
        ValueError: naming the value.
    """
    if not 0.0 <= alpha < math.inf:
        raise ValueError(f"alpha must be at least 0 and finite, got {alpha}")


def irreducible_error(
    points: Tensor, labels: Tensor, *, distinct: bool = False
) -> Tensor:
    """Return the least mean-square error of any function under uniform mixup.

    For points on a line: the mean variance of the mixed label, given where the mixed
    point lies.  Between neighbouring points the integrand is a quadratic polynomial.

    Args:
        points: different places ``(n,)``, float64.
        labels: numbers ``(n,)``.
        distinct: whether a sample is never its own partner.

    Returns:
        A scalar.

    Raises:
        ValueError: if two points coincide.
    """
    if bool((points.sort().values.diff() == 0).any()):
        raise ValueError("two points coincide: merge them, their labels have a mean")
    first, second = all_pairs(len(points))
    apart = first != second
    first, second = first[apart], second[apart]
    share = 1.0 / (len(first) if distinct else len(points) ** 2)
    low, high = points[first], points[second]
    slope = (labels[second] - labels[first]) / (high - low)
    ends = points.sort().values
    total = torch.zeros((), dtype=points.dtype)
    nodes, weights = beta_quadrature(1.0, 1.0, 3)
    for left, right in itertools.pairwise(ends):
        where = left + (right - left) * nodes
        middle = (left + right) / 2
        over = (torch.minimum(low, high) < middle) & (middle < torch.maximum(low, high))
        density = share * over.to(points.dtype) / (high - low).abs()
        label = labels[first] + slope * (where[:, None] - low)
        mean = (density * label).sum(1) / density.sum()
        spread = (density * (label - mean[:, None]).square()).sum(1)
        total = total + (right - left) * (weights * spread).sum()
    return total


def _mixed(
    x: Tensor, first: float, second: float, nodes: int
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Return weights, probabilities, mixed points and both indices, pairs x nodes."""
    places, weights = beta_quadrature(first, second, nodes)
    a, b = (index.repeat_interleave(nodes) for index in all_pairs(len(x)))
    e = places.repeat(len(x) ** 2)
    along = e[:, None]
    probability = weights.repeat(len(x) ** 2) / len(x) ** 2
    return e, probability, along * x[a] + (1.0 - along) * x[b], a, b
