r"""The mixup loss to second order: training on shrunk data plus a penalty.

In Huszar's form the weight of the labelled input is ``e ~ Beta(alpha + 1, alpha)`` with
mean ``m = (alpha + 1) / (2 alpha + 1)``, variance ``v = alpha / (2 (2 alpha + 1)^2)``.
With the mean ``c`` of the inputs the mixed input is ``s_a + d``, where

    s_a = c + m (x_a - c),     E[d | a] = 0,
    E[d d' | a] = v (x_a - c)(x_a - c)' + (v + (1 - m)^2) S,

``S`` being the covariance of the inputs, so to second order the loss is

    mean_a [ loss(s_a, y_a) + 1/2 trace(Hessian of the loss at s_a, E[d d' | a]) ].

Carratino and others 2022, arXiv:2006.06049; Zhang and others 2021, arXiv:2010.04819.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from rederived.chapters.mixup.exact import RowLoss, check_alpha, row_losses


@dataclass(frozen=True)
class Expansion:
    """The two parts of the expanded loss.

    >>> x, y = torch.tensor([[0.0], [2.0]]), torch.tensor([0.0, 0.0])
    >>> parts = second_order(lambda x, y: (x[:, 0] - y).square(), x, y, 1.0)
    >>> round(parts.shrunk.item(), 4), round(parts.penalty.item(), 4)
    (1.4444, 0.2222)
    """

    shrunk: Tensor
    """The loss of the inputs moved towards their mean, labels as they were."""
    penalty: Tensor
    """Half the trace of curvature times covariance, of either sign."""

    @property
    def loss(self) -> Tensor:
        """The sum of both."""
        return self.shrunk + self.penalty


def second_order(loss: RowLoss, x: Tensor, y: Tensor, alpha: float) -> Expansion:
    """Expand the expected mixup loss about the shrunk inputs.

    Args:
        loss: of each row, twice differentiable in the inputs.
        x: inputs ``(n, D)``, ``D`` small: a Hessian ``(D, D)`` is formed a row.
        y: what belongs to them, ``(n, ...)``.
        alpha: of the Beta distribution.

    Raises:
        ValueError: if ``alpha`` is negative or infinite.
    """
    check_alpha(alpha)
    kept = (alpha + 1.0) / (2.0 * alpha + 1.0)
    variance = alpha / (2.0 * (2.0 * alpha + 1.0) ** 2)
    centre = x.mean(0)
    away = x - centre
    shrunk = centre + kept * away
    covariance = away.T @ away / len(x)
    moved = variance * away[:, :, None] * away[:, None, :]
    moved = moved + (variance + (1.0 - kept) ** 2) * covariance

    curvature = _hessians(loss, shrunk, y)
    penalty = 0.5 * (curvature * moved).sum((1, 2)).mean()
    own = row_losses(loss, shrunk, y).mean()
    return Expansion(own, penalty if own.requires_grad else penalty.detach())


def _hessians(loss: RowLoss, x: Tensor, y: Tensor) -> Tensor:
    """Return the Hessian of each row's loss in its own input, ``(n, D, D)``."""
    points = x if x.requires_grad else x.detach().requires_grad_(True)
    (slopes,) = torch.autograd.grad(loss(points, y).sum(), points, create_graph=True)
    rows = [
        torch.autograd.grad(slopes[:, k].sum(), points, create_graph=True)[0]
        for k in range(x.shape[1])
    ]
    return torch.stack(rows, 1)
