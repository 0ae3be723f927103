"""AdaGrad, which never forgets a gradient, and Adam, which averages them twice."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from rederived.chapters.adaptive.base import FirstOrder, Group, on_accelerator, require

Tensors = tuple[list[Tensor], list[Tensor], list[Tensor], list[Tensor]]
"""Parameters, gradients, running means and running mean squares."""


class AdaGrad(FirstOrder):
    """Divide each coordinate's gradient by the root of the sum of all its squares.

    Duchi, Hazan and Singer 2011: ``G += g * g``, ``theta -= lr g / (sqrt(G) +
    epsilon)``, as in ``torch.optim.Adagrad`` without decay of the rate.

    Args:
        params: parameters, or groups of them.
        lr: the learning rate that the root divides.
        epsilon: added to the root.
    """

    def __init__(
        self, params: ParamsT, lr: float = 1e-2, *, epsilon: float = 1e-10
    ) -> None:
        super().__init__(params, {"lr": lr, "epsilon": epsilon})

    def _check(self, group: Group) -> None:
        super()._check(group)
        require(group, "epsilon", low=0.0)

    def _update(
        self, params: list[Tensor], gradients: list[Tensor], group: Group
    ) -> None:
        for parameter, gradient in zip(params, gradients, strict=True):
            total = self._kept(parameter, "sum")
            total.addcmul_(gradient, gradient)
            root = total.sqrt().add_(group["epsilon"])
            parameter.addcdiv_(gradient, root, value=-group["lr"])


class Adam(FirstOrder):
    """Divide the running mean of the gradient by its running root mean square.

    Kingma and Ba 2015, algorithm 1 (arXiv:1412.6980).  With ``beta1=0``, no bias
    correction and epsilon inside the root it is
    :class:`~rederived.chapters.adaptive.RMSprop`.

    Args:
        params: parameters, or groups of them.
        lr: the learning rate.
        beta1: how much of the mean each step keeps, in [0, 1).
        beta2: how much of the mean square each step keeps, in [0, 1).
        epsilon: keeps the divisor from zero.
        epsilon_inside: whether epsilon is added under the root; the paper and torch
            add it to the root.
        bias_correction: whether the averages, which start at zero, are divided by
            ``1 - beta^n`` after ``n`` steps.
        foreach: whether to update all parameters by ``foreach`` operations; None does
            so on a GPU only.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        *,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        epsilon_inside: bool = False,
        bias_correction: bool = True,
        foreach: bool | None = None,
    ) -> None:
        settings = {"lr": lr, "beta1": beta1, "beta2": beta2, "epsilon": epsilon}
        ways = {"epsilon_inside": epsilon_inside, "bias_correction": bias_correction}
        super().__init__(params, settings | ways | {"foreach": foreach})

    def _check(self, group: Group) -> None:
        super()._check(group)
        require(group, "beta1", low=0.0, below=1.0)
        require(group, "beta2", low=0.0, below=1.0)
        require(group, "epsilon", low=0.0)

    def _update(
        self, params: list[Tensor], gradients: list[Tensor], group: Group
    ) -> None:
        # Parameters that got their first gradient later have taken fewer steps.
        by_age: dict[int, list[int]] = {}
        for place, parameter in enumerate(params):
            age = self.state[parameter].get("step", 0) + 1
            self.state[parameter]["step"] = age
            by_age.setdefault(age, []).append(place)
        many = on_accelerator(params) if group["foreach"] is None else group["foreach"]
        for age, places in by_age.items():
            chosen = [params[i] for i in places]
            tensors = (
                chosen,
                [gradients[i] for i in places],
                [self._kept(parameter, "mean") for parameter in chosen],
                [self._kept(parameter, "mean_square") for parameter in chosen],
            )
            (_adam_foreach if many else _adam_loop)(tensors, group, age)


def _corrections(group: Group, step: int) -> tuple[float, float]:
    """Return what the two averages fall short of after ``step`` steps from zero."""
    if not group["bias_correction"]:
        return 1.0, 1.0
    return 1.0 - group["beta1"] ** step, 1.0 - group["beta2"] ** step


def _adam_loop(tensors: Tensors, group: Group, step: int) -> None:
    """Update one parameter after another."""
    first, second = _corrections(group, step)
    epsilon, beta2 = group["epsilon"], group["beta2"]
    for theta, g, mean, square in zip(*tensors, strict=True):
        mean.lerp_(g, 1.0 - group["beta1"])
        square.mul_(beta2).addcmul_(g, g, value=1.0 - beta2)
        if group["epsilon_inside"]:
            root = square.div(second).add_(epsilon).sqrt_()
        else:
            root = square.sqrt().div_(math.sqrt(second)).add_(epsilon)
        theta.addcdiv_(mean, root, value=-group["lr"] / first)


def _adam_foreach(tensors: Tensors, group: Group, step: int) -> None:
    """Update all parameters by one operation after another."""
    params, gradients, means, squares = tensors
    first, second = _corrections(group, step)
    epsilon, beta2 = group["epsilon"], group["beta2"]
    torch._foreach_lerp_(means, gradients, 1.0 - group["beta1"])
    torch._foreach_mul_(squares, beta2)
    torch._foreach_addcmul_(squares, gradients, gradients, 1.0 - beta2)
    if group["epsilon_inside"]:
        roots = torch._foreach_div(squares, second)
        torch._foreach_add_(roots, epsilon)
        torch._foreach_sqrt_(roots)
    else:
        roots = torch._foreach_sqrt(squares)
        torch._foreach_div_(roots, math.sqrt(second))
        torch._foreach_add_(roots, epsilon)
    torch._foreach_addcdiv_(params, means, roots, -group["lr"] / first)
