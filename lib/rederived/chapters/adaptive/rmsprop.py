"""RMSprop with one learning rate a coordinate, or one for all."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from rederived.chapters.adaptive.base import FirstOrder, Group, on_accelerator, require
from rederived.chapters.adaptive.compiled import (
    GROUP,
    Triple,
    fused_rmsprop,
    fused_rmsprop_group,
    require_compiler,
)
from rederived.chapters.adaptive.signs import total_square


class RMSprop(FirstOrder):
    """Divide each coordinate's gradient by its running root mean square.

    Equation (15) of the article: ``G = decay G + (1 - decay) g * g``, then
    ``theta -= lr g / sqrt(G + epsilon)``.  ``torch.optim.RMSprop`` has ``alpha`` for
    ``decay`` (0.99 by default, here 0.9) and adds epsilon to the root; it is this rule
    with ``epsilon_inside=False``.

    Args:
        params: parameters, or groups of them.
        lr: the learning rate that the root mean square divides.
        decay: how much of the average each step keeps, in [0, 1).
        epsilon: keeps the divisor from zero.  With 0, a coordinate whose gradient has
            always been zero becomes NaN.
        epsilon_inside: whether epsilon is added to the average (as the article does)
            or to its root (as torch, Keras and the paper on Adam do).
        compiled: whether to run the update as one compiled loop over the memory, which
            needs a C++ compiler, and some seconds at the first step.
        foreach: whether to update all parameters by ``foreach`` operations; None does
            so on a GPU only.

    Raises:
        ValueError: for settings out of their range, or compiled with foreach.
        RuntimeError: if compiled is asked for without a compiler.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        *,
        decay: float = 0.9,
        epsilon: float = 1e-8,
        epsilon_inside: bool = True,
        compiled: bool = False,
        foreach: bool | None = None,
    ) -> None:
        if compiled and foreach:
            raise ValueError("compiled and foreach exclude each other: choose one")
        if compiled:
            require_compiler()
        settings = {"lr": lr, "decay": decay, "epsilon": epsilon}
        ways = {"compiled": compiled, "foreach": foreach}
        super().__init__(params, settings | ways | {"epsilon_inside": epsilon_inside})

    def _check(self, group: Group) -> None:
        super()._check(group)
        require(group, "decay", low=0.0, below=1.0)
        require(group, "epsilon", low=0.0)

    def _update(
        self, params: list[Tensor], gradients: list[Tensor], group: Group
    ) -> None:
        averages = [self._kept(parameter, "average") for parameter in params]
        many = on_accelerator(params) if group["foreach"] is None else group["foreach"]
        if group["compiled"]:
            _compiled(params, gradients, averages, group)
        elif many:
            _foreach(params, gradients, averages, group)
        else:
            _loop(params, gradients, averages, group)


class ScalarRMSprop(FirstOrder):
    """Divide the whole gradient by the running root mean square of its norm.

    Equation (14) of the article: ``G = decay G + (1 - decay) ||g||^2``, then
    ``theta -= lr g / sqrt(G + epsilon)``.  A group is one vector with one ``G``, kept
    in the state of its first parameter.

    Args:
        params: parameters, or groups of them.
        lr: the learning rate that the root mean square divides.
        decay: how much of the average each step keeps, in [0, 1).
        epsilon: added to the average; see :class:`RMSprop`.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        *,
        decay: float = 0.9,
        epsilon: float = 1e-8,
    ) -> None:
        super().__init__(params, {"lr": lr, "decay": decay, "epsilon": epsilon})

    def _check(self, group: Group) -> None:
        super()._check(group)
        require(group, "decay", low=0.0, below=1.0)
        require(group, "epsilon", low=0.0)

    def _update(
        self, params: list[Tensor], gradients: list[Tensor], group: Group
    ) -> None:
        first = group["params"][0]
        state = self.state[first]
        if "average" not in state:
            state["average"] = torch.zeros((), dtype=first.dtype, device=first.device)
        average: Tensor = state["average"]
        square = total_square(gradients).to(average)
        average.mul_(group["decay"]).add_(square, alpha=1.0 - group["decay"])
        rate = group["lr"] / float((average + group["epsilon"]).sqrt())
        for parameter, gradient in zip(params, gradients, strict=True):
            parameter.add_(gradient, alpha=-rate)


def _loop(
    params: list[Tensor], gradients: list[Tensor], averages: list[Tensor], group: Group
) -> None:
    """Update one parameter after another."""
    lr, decay, epsilon = group["lr"], group["decay"], group["epsilon"]
    for theta, g, average in zip(params, gradients, averages, strict=True):
        average.mul_(decay).addcmul_(g, g, value=1.0 - decay)
        if group["epsilon_inside"]:
            root = average.add(epsilon).sqrt_()
        else:
            root = average.sqrt().add_(epsilon)
        theta.addcdiv_(g, root, value=-lr)


def _foreach(
    params: list[Tensor], gradients: list[Tensor], averages: list[Tensor], group: Group
) -> None:
    """Update all parameters by one operation after another."""
    lr, decay, epsilon = group["lr"], group["decay"], group["epsilon"]
    torch._foreach_mul_(averages, decay)
    torch._foreach_addcmul_(averages, gradients, gradients, 1.0 - decay)
    if group["epsilon_inside"]:
        roots = torch._foreach_add(averages, epsilon)
        torch._foreach_sqrt_(roots)
    else:
        roots = torch._foreach_sqrt(averages)
        torch._foreach_add_(roots, epsilon)
    torch._foreach_addcdiv_(params, gradients, roots, -lr)


def _compiled(
    params: list[Tensor], gradients: list[Tensor], averages: list[Tensor], group: Group
) -> None:
    """Go through the memory once, a few parameters a call.

    Single numbers and tensors with gaps would each compile a loop of their own; they
    take the plain one.
    """
    lr = torch.tensor(group["lr"], dtype=torch.float64)
    names = ("decay", "epsilon", "epsilon_inside")
    settings = {name: group[name] for name in names}
    flat: list[Triple] = []
    for whole in zip(params, gradients, averages, strict=True):
        if whole[0].numel() > 1 and all(one.is_contiguous() for one in whole):
            theta, g, average = (one.detach().view(-1) for one in whole)
            flat.append((theta, g, average))
        else:
            _loop([whole[0]], [whole[1]], [whole[2]], group)
    grouped = len(flat) - len(flat) % GROUP
    for start in range(0, grouped, GROUP):
        fused_rmsprop_group()(flat[start : start + GROUP], lr, **settings)
    for triple in flat[grouped:]:
        fused_rmsprop()(*triple, lr, **settings)
