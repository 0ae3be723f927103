"""The update rules of the article as optimizers with the contract of ``torch.optim``.

They take dense gradients of real parameters.  A group of parameters is one vector:
rules with one rate for all coordinates see the norm of the whole group.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.optimizer import ParamsT

Group = dict[str, Any]
"""One entry of ``param_groups``: its parameters and its settings."""


class FirstOrder(Optimizer):
    """An optimizer that needs gradients and nothing else.

    A subclass says in ``_update`` what happens to the parameters of one group that have
    a gradient.

    Args:
        params: parameters, or groups of them, as ``torch.optim`` takes them.
        settings: of groups that do not state their own, ``lr`` among them.

    Raises:
        ValueError: if a number is negative or infinite, or the share of an average that
            is kept (``decay``, ``beta1``, ``beta2``) is not below 1.
    """

    def __init__(self, params: ParamsT, settings: dict[str, float]) -> None:
        super().__init__(params, settings)

    @torch.no_grad()
    def step(  # type: ignore[override]
        self, closure: Callable[[], float] | None = None
    ) -> float | None:
        """Take one step, and return what the closure returned, if there is one.

        Args:
            closure: computes the loss and its gradients anew.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            moved = [(p, p.grad) for p in group["params"] if p.grad is not None]
            if moved:
                self._update(moved, group)
        return loss

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group, as in ``torch.optim``.

        Raises:
            ValueError: for complex parameters, whose squares would not be lengths, and
                for a setting that the class refuses.
        """
        super().add_param_group(param_group)
        try:
            self._check(self.param_groups[-1])
        except ValueError:
            self.param_groups.pop()
            raise

    def _check(self, group: Group) -> None:
        """Refuse what no step could use."""
        if any(one.is_complex() for one in group["params"]):
            raise ValueError("complex parameters: give their view_as_real instead")
        for name in self.defaults:
            is_share = name in {"decay", "beta1", "beta2"}
            _require(name, group[name], below=1.0 if is_share else math.inf)

    def _update(self, moved: list[tuple[Tensor, Tensor]], group: Group) -> None:
        """Move one group's parameters in place, given with their gradients."""
        raise NotImplementedError

    def _kept(self, parameter: Tensor, name: str) -> Tensor:
        """Return a parameter's running tensor, zeros of its shape at first."""
        state = self.state[parameter]
        if name not in state:
            state[name] = torch.zeros_like(parameter)
        return state[name]


class SignDescent(FirstOrder):
    """Move every coordinate by ``lr`` against the sign of its gradient.

    Equation (11) of the article, coordinate by coordinate.

    Args:
        params: parameters, or groups of them.
        lr: the distance that a coordinate moves in a step.

    >>> theta = torch.zeros(2, requires_grad=True)
    >>> theta.grad = torch.tensor([3.0, -0.2])
    >>> SignDescent([theta], lr=0.5).step()
    >>> theta.tolist()
    [-0.5, 0.5]
    """

    def __init__(self, params: ParamsT, lr: float = 1e-3) -> None:
        super().__init__(params, {"lr": lr})

    def _update(self, moved: list[tuple[Tensor, Tensor]], group: Group) -> None:
        for theta, g in moved:
            theta.add_(g.sign(), alpha=-group["lr"])


class NormalizedGradient(FirstOrder):
    """Move a whole group by ``lr`` against the direction of its gradient.

    Equation (10) of the article with the norm in place of the absolute value: the
    learning rate is ``lr / ||g||``.  Where the gradient is zero the group stays.

    Args:
        params: parameters, or groups of them.
        lr: the length of a step.

    >>> theta = torch.zeros(2, requires_grad=True)
    >>> theta.grad = torch.tensor([3.0, 4.0])
    >>> NormalizedGradient([theta], lr=10.0).step()
    >>> theta.tolist()
    [-6.0, -8.0]
    """

    def __init__(self, params: ParamsT, lr: float = 1e-3) -> None:
        super().__init__(params, {"lr": lr})

    def _update(self, moved: list[tuple[Tensor, Tensor]], group: Group) -> None:
        sizes = [g.abs().max() for _, g in moved if g.numel()]
        if not sizes:
            return
        largest = torch.stack(sizes).max()
        if largest == 0:
            return
        scaled = [(theta, g / largest) for theta, g in moved]  # no square overflows
        norm = _norm_square(scaled).sqrt().item()
        for theta, g in scaled:
            theta.add_(g, alpha=-group["lr"] / norm)


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

    >>> theta = torch.zeros(2, requires_grad=True)
    >>> theta.grad = torch.tensor([3.0, -300.0])
    >>> RMSprop([theta], lr=0.5, decay=0.75, epsilon=0.0).step()
    >>> theta.tolist()
    [-1.0, 1.0]
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        *,
        decay: float = 0.9,
        epsilon: float = 1e-8,
        epsilon_inside: bool = True,
    ) -> None:
        settings = {"lr": lr, "decay": decay, "epsilon": epsilon}
        super().__init__(params, settings | {"epsilon_inside": epsilon_inside})

    def _update(self, moved: list[tuple[Tensor, Tensor]], group: Group) -> None:
        decay, epsilon = group["decay"], group["epsilon"]
        for theta, g in moved:
            average = self._kept(theta, "average")
            average.mul_(decay).addcmul_(g, g, value=1.0 - decay)
            if group["epsilon_inside"]:
                root = (average + epsilon).sqrt_()
            else:
                root = average.sqrt().add_(epsilon)
            theta.addcdiv_(g, root, value=-group["lr"])


class ScalarRMSprop(FirstOrder):
    """Divide the whole gradient by the running root mean square of its norm.

    Equation (14) of the article: ``G = decay G + (1 - decay) ||g||^2``, then
    ``theta -= lr g / sqrt(G + epsilon)``.  A group has one ``G``, kept in the state of
    its first parameter.

    Args:
        params: parameters, or groups of them.
        lr: the learning rate that the root mean square divides.
        decay: how much of the average each step keeps, in [0, 1).
        epsilon: added to the average; with 0, gradients that have always been zero make
            the parameters NaN, as in :class:`RMSprop`.

    >>> theta = torch.zeros(2, requires_grad=True)
    >>> theta.grad = torch.tensor([3.0, 4.0])
    >>> ScalarRMSprop([theta], lr=10.0, decay=0.0, epsilon=0.0).step()
    >>> theta.tolist()
    [-6.0, -8.0]
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

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take a state as ``torch.optim`` does, the averages in their own precision.

        torch casts them to that of the parameters, where half precision overflows.
        """
        super().load_state_dict(state_dict)
        for own, saved in zip(
            self.param_groups, state_dict["param_groups"], strict=True
        ):
            kept = state_dict["state"].get(saved["params"][0], {})
            if "average" in kept:
                first = own["params"][0]
                wide = torch.promote_types(first.dtype, torch.float32)
                average = kept["average"].to(first.device, wide, copy=True)
                self.state[first]["average"] = average

    def _update(self, moved: list[tuple[Tensor, Tensor]], group: Group) -> None:
        first = group["params"][0]
        state = self.state[first]
        if "average" not in state:
            wide = torch.promote_types(first.dtype, torch.float32)
            state["average"] = torch.zeros((), dtype=wide, device=first.device)
        average, decay = state["average"], group["decay"]
        average.mul_(decay).add_(_norm_square(moved), alpha=1.0 - decay)
        rate = group["lr"] / (average + group["epsilon"]).sqrt()
        for theta, g in moved:
            theta.sub_((rate * g).to(theta.dtype))


class AdaGrad(FirstOrder):
    """Divide each coordinate's gradient by the root of the sum of all its squares.

    Duchi, Hazan and Singer 2011: ``G += g * g``, ``theta -= lr g / (sqrt(G) +
    epsilon)``, as in ``torch.optim.Adagrad`` without decay of the rate.

    Args:
        params: parameters, or groups of them.
        lr: the learning rate that the root divides.
        epsilon: added to the root.

    >>> theta = torch.zeros(1, requires_grad=True)
    >>> optimizer = AdaGrad([theta], lr=1.0)
    >>> theta.grad = torch.tensor([3.0])
    >>> for _ in range(4):
    ...     optimizer.step()
    >>> round(-theta.item(), 4)  # 1 + 1 / sqrt(2) + 1 / sqrt(3) + 1 / 2
    2.7845
    """

    def __init__(
        self, params: ParamsT, lr: float = 1e-2, *, epsilon: float = 1e-10
    ) -> None:
        super().__init__(params, {"lr": lr, "epsilon": epsilon})

    def _update(self, moved: list[tuple[Tensor, Tensor]], group: Group) -> None:
        for theta, g in moved:
            total = self._kept(theta, "sum")
            total.addcmul_(g, g)
            theta.addcdiv_(g, total.sqrt().add_(group["epsilon"]), value=-group["lr"])


class Adam(FirstOrder):
    """Divide the running mean of the gradient by its running root mean square.

    Kingma and Ba 2015, algorithm 1 (arXiv:1412.6980).  With ``beta1=0``, no bias
    correction and epsilon inside the root it is :class:`RMSprop`.

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

    >>> theta = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    >>> theta.grad = torch.tensor([3.0, -300.0], dtype=torch.float64)
    >>> Adam([theta], lr=0.5, epsilon=0.0).step()
    >>> [round(value, 12) for value in theta.tolist()]
    [-0.5, 0.5]
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
    ) -> None:
        settings = {"lr": lr, "beta1": beta1, "beta2": beta2, "epsilon": epsilon}
        ways = {"epsilon_inside": epsilon_inside, "bias_correction": bias_correction}
        super().__init__(params, settings | ways)

    def _update(self, moved: list[tuple[Tensor, Tensor]], group: Group) -> None:
        beta1, beta2, epsilon = group["beta1"], group["beta2"], group["epsilon"]
        for theta, g in moved:
            mean, square = self._kept(theta, "mean"), self._kept(theta, "mean_square")
            mean.lerp_(g, 1.0 - beta1)
            square.mul_(beta2).addcmul_(g, g, value=1.0 - beta2)
            n = self._count(theta)
            first, second = 1.0 - beta1**n, 1.0 - beta2**n
            if not group["bias_correction"]:
                first = second = 1.0
            if group["epsilon_inside"]:
                root = square.div(second).add_(epsilon).sqrt_()
            else:
                root = square.sqrt().div_(math.sqrt(second)).add_(epsilon)
            theta.addcdiv_(mean, root, value=-group["lr"] / first)

    def _count(self, parameter: Tensor) -> int:
        """Count a step of one parameter; those without a gradient rest."""
        state = self.state[parameter]
        state["step"] = state.get("step", 0) + 1
        return int(state["step"])


def _norm_square(moved: list[tuple[Tensor, Tensor]]) -> Tensor:
    """Return the squared norm of all gradients together, a number.

    Half-precision gradients are squared in float32, where they cannot overflow.
    """
    wide = [g.to(torch.promote_types(g.dtype, torch.float32)) for _, g in moved]
    return torch.stack([g.square().sum() for g in wide]).sum()


def _require(name: str, value: float, *, below: float) -> None:
    """Check that a setting is a finite number in ``[0, below)``.

    Raises:
        ValueError: if it is not, with the value and the range.
    """
    real = isinstance(value, (int, float)) and math.isfinite(value)
    if not real or value < 0 or value >= below:
        end = "" if math.isinf(below) else f" and below {below:g}"
        raise ValueError(f"{name} must be a number of at least 0{end}: {value!r}")
