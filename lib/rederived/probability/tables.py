r"""Finite distributions as float64 tensors, and their exact divergences.

A distribution may have any shape; a joint one of x and z is a table (X, Z).  With
``axes`` only those axes belong to the distribution and all others count independent
ones, so that many small problems are one tensor.  Nothing is estimated: every
expectation is a sum.  Values are in nats, with 0 log 0 = 0, and can be differentiated
where no probability is zero.
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor

Axes = int | tuple[int, ...] | None
"""The axes that one distribution extends over; None for all of them."""

_ROUNDING = 1e-9  # how far a sum may be from one


def entropy(p: Tensor, axes: Axes = None) -> Tensor:
    """Return H(p) = -sum p log p of a distribution.

    Raises:
        ValueError: if ``p`` is not a distribution.
    """
    _check(p, axes, "p")
    return -_sum(torch.xlogy(p, p), axes)


def kl(p: Tensor, q: Tensor, axes: Axes = None) -> Tensor:
    """Return KL(p || q) = sum p log(p/q); infinite where q lacks support of p.

    Args:
        p: the first distribution.
        q: the second distribution, as long as ``p`` on ``axes``; the others broadcast.
        axes: the axes of one distribution, counted from the end if ``p`` and ``q``
            have not equally many.

    Raises:
        ValueError: if one of them is not a distribution, or their shapes do not fit.
    """
    _check(p, axes, "p")
    _check(q, axes, "q")
    _check_fit(p, q, axes)
    return _sum(_bregman(p, q, torch.xlogy(p, q)), axes)


def js(p: Tensor, q: Tensor, axes: Axes = None) -> Tensor:
    """Return the Jensen-Shannon divergence, between 0 and log 2.

    It is the mean of KL(p || m) and KL(q || m) with m = (p + q)/2.
    """
    middle = 0.5 * (p + q)
    return 0.5 * kl(p, middle, axes) + 0.5 * kl(q, middle, axes)


def joint(marginal: Tensor, conditional: Tensor) -> Tensor:
    """Return the table p(x) p(z|x), shape (..., X, Z).

    Args:
        marginal: p(x), shape (..., X).
        conditional: p(z|x), shape (..., X, Z), each row a distribution.

    Raises:
        ValueError: if one of them is not a distribution, or the shapes do not fit.
    """
    _check(marginal, -1, "marginal")
    _check(conditional, -1, "each row of conditional")
    if marginal.shape[-1:] != conditional.shape[-2:-1]:
        raise ValueError(
            f"a marginal of shape {tuple(marginal.shape)} does not fit a conditional "
            f"of shape {tuple(conditional.shape)}: give (X,) and (X, Z)"
        )
    return marginal.unsqueeze(-1) * conditional


def marginal(joint: Tensor, axis: int) -> Tensor:
    """Return the distribution of one variable of a table (..., X, Z).

    Args:
        joint: the table.
        axis: the variable that is kept: 0 for x, 1 for z.

    Raises:
        ValueError: if ``joint`` is not a distribution, or ``axis`` neither 0 nor 1.
    """
    _check(joint, (-2, -1), "joint")
    return joint.sum(-1 - _which(axis, "axis"))


def marginals(joint: Tensor) -> tuple[Tensor, Tensor]:
    """Return the distributions of x, shape (..., X), and of z, shape (..., Z)."""
    return marginal(joint, 0), marginal(joint, 1)


def conditional(joint: Tensor, given: int) -> Tensor:
    """Return p(z|x) for ``given=0``, p(x|z) for ``given=1``, as a table (..., X, Z).

    Given x the rows sum to one, given z the columns do.

    Raises:
        ValueError: if ``joint`` is not a distribution, or what is given has
            probability zero somewhere, where the conditional has no value.
    """
    distribution = marginal(joint, _which(given, "given"))
    if bool((distribution == 0).any()):
        raise ValueError(
            "a conditional has no value where what is given has probability 0: "
            "leave such rows or columns out of the table"
        )
    return joint / distribution.unsqueeze(-1 - given)


def spread_marginals(joint: Tensor) -> tuple[Tensor, Tensor]:
    """Return both marginals shaped like the table, (..., X, 1) and (..., 1, Z).

    Their product may be too small for a number where their logarithms are not.
    """
    first, second = marginals(joint)
    return first.unsqueeze(-1), second.unsqueeze(-2)


def mutual_information(joint: Tensor) -> Tensor:
    """Return I(x; z) = KL(p(x, z) || p(x) p(z)) of tables (..., X, Z)."""
    first, second = spread_marginals(joint)
    logarithms = torch.xlogy(joint, first) + torch.xlogy(joint, second)
    return _bregman(joint, first * second, logarithms).sum((-2, -1))


def softmax_fisher(p: Tensor) -> Tensor:
    """Return the Fisher information of a softmax's logits, diag(p) - p p^T, (n, n).

    Args:
        p: the softmax of the logits, shape (n,).

    Raises:
        ValueError: if ``p`` is not a distribution.
    """
    _check(p, None, "p")
    return torch.diag(p) - torch.outer(p, p)


def random_distribution(
    shape: tuple[int, ...], generator: Generator, axes: Axes = None
) -> Tensor:
    """Draw a distribution uniformly from the simplex, float64 of the given shape.

    Args:
        shape: of the tensor.
        generator: source of the draws.
        axes: the axes that one distribution extends over; with ``axes=-1`` and two
            axes, a table of conditionals.
    """
    draws = torch.rand(shape, generator=generator, dtype=torch.float64)
    waits = -torch.log1p(-draws)  # independent exponentials
    return waits / waits.sum(_every(waits, axes), keepdim=True)


def _every(p: Tensor, axes: Axes) -> Axes:
    return tuple(range(p.ndim)) if axes is None else axes


def _sum(terms: Tensor, axes: Axes) -> Tensor:
    return terms.sum(_every(terms, axes))


def _bregman(p: Tensor, q: Tensor, p_log_q: Tensor) -> Tensor:
    """Return p log(p/q) - p + q, no cell below zero; its sum is the divergence.

    Where the two are close, the logarithm is that of one plus their relative distance,
    so that no digit of a small divergence is lost.
    """
    close = (p - q).abs() < q / 2
    ratio = torch.where(close, p - q, 0) / torch.where(close, q, 1)
    near = q * ((1 + ratio) * ratio.log1p() - ratio)
    near = near - near.detach().clamp_max(0)  # a value's rounding, no derivative's
    return torch.where(close, near, torch.xlogy(p, p) - p_log_q - p + q)


def _which(axis: int, name: str) -> int:
    if axis not in (0, 1):
        raise ValueError(f"{name} is {axis}; give 0 for x or 1 for z")
    return axis


def _check_fit(p: Tensor, q: Tensor, axes: Axes) -> None:
    """Raise if a sum over ``axes`` would pair one entry with several others."""
    chosen = (axes,) if isinstance(axes, int) else axes
    if chosen is None:
        fits = p.shape == q.shape
    else:
        same_places = p.ndim == q.ndim or max(chosen, default=-1) < 0
        fits = same_places and all(p.shape[one] == q.shape[one] for one in chosen)
    if not fits:
        raise ValueError(
            f"p of shape {tuple(p.shape)} and q of shape {tuple(q.shape)} are no "
            f"distributions over the same cells with axes={axes}: give equal shapes "
            "there, and axes counted from the end"
        )


def _check(p: Tensor, axes: Axes, name: str) -> None:
    """Raise unless ``p`` is float64, without negative entries, and sums to one."""
    if p.dtype != torch.float64:
        raise ValueError(f"{name} is {p.dtype}; sums are exact in float64, convert it")
    values = p.detach()
    if not bool((values >= 0).all()):
        worst = float(values.min())
        raise ValueError(f"{name} has the entry {worst:g}; probabilities are >= 0")
    total = _sum(values, axes)
    error = (total - 1).abs()
    if bool((error > _ROUNDING).any()):
        worst = float(total.flatten()[error.argmax()])
        raise ValueError(
            f"{name} sums to {worst:.12g}; divide by the sum to get a distribution"
        )
