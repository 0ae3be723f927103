"""Training a composition without keeping its activations.

Automatic differentiation keeps what every step saw, so that memory grows with depth.
But a bijection's input can be had back from its output: going backwards, each step is
inverted, run once more and differentiated on its own (Gomez et al. 2017, reversible
residual networks, arXiv:1707.04585).  What is kept is one output, whatever the depth.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

import torch
from torch import Tensor
from torch.func import functional_call

from rederived.flows import Bijection, Composition, Inverse


class RecomputedComposition(Composition):
    """A composition that recomputes activations by inverting its steps.

    Values, parameters and their names are those of ``Composition``; gradients are
    equal up to the rounding of the inverses.  Backward costs an inverse and a forward
    pass more.  Steps must be deterministic (no dropout); second derivatives are not
    available.

    >>> from rederived.flows import DiagonalScale
    >>> flow = RecomputedComposition(DiagonalScale((2,)), DiagonalScale((2,)))
    >>> z, log_det = flow(torch.ones(1, 2))
    >>> z.sum().backward()
    >>> flow.steps[0].log_scale.grad
    tensor([1., 1.])
    """

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Apply every step; the log-determinants add."""
        return _run([cast(Bijection, step) for step in self.steps], x)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Undo every step, the last one first."""
        return _run([Inverse(cast(Bijection, step)) for step in self.steps][::-1], z)


def _run(steps: Sequence[Bijection], x: Tensor) -> tuple[Tensor, Tensor]:
    parameters = [one for step in steps for one in step.parameters()]
    z, log_det = _Recomputed.apply(steps, x, *parameters)  # type: ignore[no-untyped-call]
    return z, log_det


class _Recomputed(torch.autograd.Function):
    """Run steps without a graph; build the graph of one step at a time backwards.

    Parameters are arguments, so that gradients reach them; going backwards, each step
    gets copies that are leaves of its own small graph.
    """

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401
        steps: Sequence[Bijection],
        x: Tensor,
        *parameters: Tensor,
    ) -> tuple[Tensor, Tensor]:
        kind = x.device.type
        ctx.steps = steps
        ctx.precision = (
            kind,
            torch.get_autocast_dtype(kind),
            torch.is_autocast_enabled(kind),
        )
        z, total = x, x.new_zeros(len(x))
        for step in steps:
            z, log_det = step(z)
            total = total + log_det
        ctx.save_for_backward(z, *parameters)
        return z, total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        if torch.is_grad_enabled():  # once_differentiable lets a sum's pass as constant
            raise RuntimeError(
                "a recomputed flow has no second derivatives: use Composition instead"
            )
        z, *parameters = ctx.saved_tensors
        gradient, gradient_log_det = gradients
        found: list[Tensor | None] = []
        with torch.autocast(ctx.precision[0], *ctx.precision[1:]):
            for step, own in _with_parameters(ctx.steps, parameters):
                z = _inverted(step, own, z)
                gradient, own_gradients = _differentiated(
                    step, own, z, gradient, gradient_log_det
                )
                found = own_gradients + found
        return None, gradient, *found


def _with_parameters(
    steps: Sequence[Bijection], parameters: list[Tensor]
) -> Iterator[tuple[Bijection, dict[str, Tensor]]]:
    """Yield each step with its parameters by name, the last step first."""
    end = len(parameters)
    for step in reversed(steps):
        names = [name for name, _ in step.named_parameters()]
        start = end - len(names)
        yield step, dict(zip(names, parameters[start:end], strict=True))
        end = start


@torch.no_grad()
def _inverted(step: Bijection, own: dict[str, Tensor], z: Tensor) -> Tensor:
    """Return the input of a step from its output."""
    named = {f"bijection.{name}": value for name, value in own.items()}
    return functional_call(Inverse(step), named, (z,))[0]


def _differentiated(
    step: Bijection,
    own: dict[str, Tensor],
    x: Tensor,
    gradient: Tensor,
    gradient_log_det: Tensor,
) -> tuple[Tensor, list[Tensor | None]]:
    """Return the gradient for a step's input, and those for its parameters."""
    x = x.detach().requires_grad_()
    leaves = {
        name: one.detach().requires_grad_(one.requires_grad)
        for name, one in own.items()
    }
    with torch.enable_grad():
        outputs = functional_call(step, leaves, (x,))
    pairs = [
        (output, one)
        for output, one in zip(outputs, (gradient, gradient_log_det), strict=True)
        if output.requires_grad
    ]
    wanted = [one for one in leaves.values() if one.requires_grad]
    first, *others = torch.autograd.grad(
        [output for output, _ in pairs],
        [x, *wanted],
        [one for _, one in pairs],
        allow_unused=True,
    )
    left = iter(others)
    return first, [next(left) if one.requires_grad else None for one in leaves.values()]
