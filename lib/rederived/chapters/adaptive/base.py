"""What all optimizers of the book share: the contract of ``torch.optim``, checked."""

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
    """An optimizer that needs dense, real gradients and nothing else.

    A subclass says in ``_update`` what happens to the parameters of one group that have
    a gradient.

    Args:
        params: parameters, or groups of them, as ``torch.optim`` takes them.
        defaults: the settings of groups that do not state their own.

    Raises:
        ValueError: for a setting out of its range, or complex parameters.
    """

    def __init__(self, params: ParamsT, defaults: dict[str, Any]) -> None:
        super().__init__(params, defaults)

    def add_param_group(self, param_group: Group) -> None:
        """Add a group, with the defaults for what it does not state.

        Raises:
            ValueError: for a setting out of its range, or complex parameters.
        """
        super().add_param_group(param_group)
        try:
            self._check(self.param_groups[-1])
        except ValueError:
            self.param_groups.pop()
            raise

    @torch.no_grad()
    def step(  # type: ignore[override]
        self, closure: Callable[[], float] | None = None
    ) -> float | None:
        """Take one step, and return what the closure returned, if there is one.

        Args:
            closure: computes the loss and its gradients anew.

        Raises:
            RuntimeError: if a gradient is sparse.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            moved = [p for p in group["params"] if p.grad is not None]
            if moved:
                self._update(moved, [self._dense(p) for p in moved], group)
        return loss

    def _update(
        self, params: list[Tensor], gradients: list[Tensor], group: Group
    ) -> None:
        """Move the parameters of one group in place."""
        raise NotImplementedError

    def _check(self, group: Group) -> None:
        """Refuse settings that make no sense; subclasses check their own as well."""
        require(group, "lr", low=0.0)
        for parameter in group["params"]:
            if parameter.is_complex():
                raise ValueError(
                    f"{type(self).__name__} moves real parameters, got one of "
                    f"{parameter.dtype}: give it torch.view_as_real of the parameter"
                )

    def _dense(self, parameter: Tensor) -> Tensor:
        """Return the gradient of a parameter that has one."""
        gradient = parameter.grad
        assert gradient is not None
        if gradient.layout != torch.strided:
            raise RuntimeError(
                f"{type(self).__name__} takes dense gradients, got one of layout "
                f"{gradient.layout}: use torch.optim.SparseAdam, or sparse=False in "
                "the embedding"
            )
        return gradient

    def _kept(self, parameter: Tensor, name: str) -> Tensor:
        """Return a parameter's running tensor, zeros of its shape at first."""
        state = self.state[parameter]
        if name not in state:
            state[name] = torch.zeros_like(
                parameter, memory_format=torch.preserve_format
            )
        kept: Tensor = state[name]
        return kept


def require(group: Group, name: str, *, low: float, below: float | None = None) -> None:
    """Check that a group's setting is a number in ``[low, below)``.

    Raises:
        ValueError: if it is not, with the value and the range.
    """
    value = group[name]
    real = isinstance(value, (int, float)) and math.isfinite(value)
    if not real or value < low or (below is not None and value >= below):
        end = "" if below is None else f" and below {below:g}"
        raise ValueError(f"{name} must be a number of at least {low:g}{end}: {value!r}")


def on_accelerator(params: list[Tensor]) -> bool:
    """Say whether ``foreach`` operations pay: on a CPU they are slower than loops."""
    return all(parameter.is_cuda for parameter in params)
