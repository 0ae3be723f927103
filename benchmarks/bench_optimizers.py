"""One step of an optimizer on the CPU, ours against torch's own loops.

Each group has the same parameters, gradients and settings for all contenders, and all
contenders agree on the parameters after three steps before any is timed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from rederived.chapters.adaptive import AdaGrad, Adam, RMSprop
from torch import Tensor
from torch.optim import Optimizer

from benchmarks.harness import Contender, Findings, Group, Work
from benchmarks.report import Goal

PACKAGES = ("torch", "numpy")
SHAPES: tuple[tuple[int, ...], ...] = ((1000, 1000), (1000,)) * 20
"""20 million parameters, as in the networks of chapter 3."""
QUICK_SHAPES: tuple[tuple[int, ...], ...] = ((30, 20), (20,)) * 2

RATE, DECAY, EPSILON = 1e-3, 0.9, 1e-8
_CHECKED_STEPS = 3

Make = Callable[[list[Tensor]], Optimizer]

RMSPROP: dict[str, Make] = {
    "rederived": lambda p: RMSprop(
        p, RATE, decay=DECAY, epsilon=EPSILON, epsilon_inside=False
    ),
    "torch": lambda p: torch.optim.RMSprop(
        p, lr=RATE, alpha=DECAY, eps=EPSILON, foreach=False
    ),
    "torch foreach": lambda p: torch.optim.RMSprop(
        p, lr=RATE, alpha=DECAY, eps=EPSILON, foreach=True
    ),
}
ADAM: dict[str, Make] = {
    "rederived": lambda p: Adam(p, RATE, epsilon=EPSILON),
    "torch": lambda p: torch.optim.Adam(p, lr=RATE, eps=EPSILON, foreach=False),
}
ADAGRAD: dict[str, Make] = {
    "rederived": lambda p: AdaGrad(p, RATE),
    "torch": lambda p: torch.optim.Adagrad(p, lr=RATE, foreach=False),
}
KINDS: dict[str, dict[str, Make]] = {
    "RMSprop": RMSPROP,
    "Adam": ADAM,
    "AdaGrad": ADAGRAD,
}


def groups(shapes: tuple[tuple[int, ...], ...] = SHAPES) -> list[Group]:
    """Return one group a rule."""
    return [_group(kind, makers, shapes) for kind, makers in KINDS.items()]


def goals() -> list[Goal]:
    """Return what the library is meant to reach at the full size."""
    return [
        Goal(f"{kind}, no slower than torch's loop", _name(kind), ("torch",), 1.0)
        for kind in KINDS
    ]


def about(shapes: tuple[tuple[int, ...], ...] = SHAPES) -> dict[str, Any]:
    """Describe the benchmark."""
    parameters = sum(torch.Size(shape).numel() for shape in shapes)
    return {
        "benchmark": "optimizers",
        "parameters": parameters,
        "tensors": len(shapes),
        "threads": torch.get_num_threads(),
        "note": "a step is the optimizer's alone, the gradients being there",
    }


def _group(
    kind: str, makers: dict[str, Make], shapes: tuple[tuple[int, ...], ...]
) -> Group:
    """Return the group of one rule."""

    def contender(name: str, make: Make) -> Contender:
        def prepare() -> Work:
            return make(_parameters(shapes)).step

        def findings() -> Findings:
            params = _parameters(shapes)
            optimizer = make(params)
            start = torch.cat([p.detach().flatten() for p in params])
            for _ in range(_CHECKED_STEPS):
                optimizer.step()
            end = torch.cat([p.detach().flatten() for p in params])
            return {"way gone": end - start}

        return Contender(name, prepare, findings)

    return Group(
        name=_name(kind),
        subject="rederived",
        contenders=tuple(contender(name, make) for name, make in makers.items()),
        tolerance=1e-3,
    )


def _parameters(shapes: tuple[tuple[int, ...], ...]) -> list[Tensor]:
    """Return float32 parameters with gradients, the same at every call."""
    draw = torch.Generator().manual_seed(0)
    params = []
    for shape in shapes:
        parameter = torch.randn(shape, generator=draw).requires_grad_()
        parameter.grad = torch.randn(shape, generator=draw)
        params.append(parameter)
    return params


def _name(kind: str) -> str:
    return f"optimizer step, {kind}"
