"""Steps of a fixed size: the sign of the gradient, or its direction."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from rederived.chapters.adaptive.base import FirstOrder, Group


class SignDescent(FirstOrder):
    """Move every coordinate by ``lr`` against the sign of its gradient.

    Equation (11) of the article, coordinate by coordinate.

    Args:
        params: parameters, or groups of them.
        lr: the distance that a coordinate moves in a step.
    """

    def __init__(self, params: ParamsT, lr: float = 1e-3) -> None:
        super().__init__(params, {"lr": lr})

    def _update(
        self, params: list[Tensor], gradients: list[Tensor], group: Group
    ) -> None:
        for parameter, gradient in zip(params, gradients, strict=True):
            parameter.add_(gradient.sign(), alpha=-group["lr"])


class NormalizedGradient(FirstOrder):
    """Move a whole group by ``lr`` against the direction of its gradient.

    Equation (10) of the article with the norm in place of the absolute value: the
    learning rate is ``lr / ||g||``, so that the step has length ``lr``.  A group is one
    vector; where its gradient is zero it stays.

    Args:
        params: parameters, or groups of them.
        lr: the length of a step.
    """

    def __init__(self, params: ParamsT, lr: float = 1e-3) -> None:
        super().__init__(params, {"lr": lr})

    def _update(
        self, params: list[Tensor], gradients: list[Tensor], group: Group
    ) -> None:
        norm = total_square(gradients).sqrt().item()
        if norm == 0:
            return
        for parameter, gradient in zip(params, gradients, strict=True):
            parameter.add_(gradient, alpha=-group["lr"] / norm)


def total_square(gradients: list[Tensor]) -> Tensor:
    """Return the squared norm of all gradients together, a number."""
    squares = [gradient.square().sum() for gradient in gradients]
    return torch.stack([square.to(squares[0]) for square in squares]).sum()
