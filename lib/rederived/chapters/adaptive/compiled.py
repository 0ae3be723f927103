"""The RMSprop update as compiled loops: each entry is read and written once."""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Callable

import torch
from torch import Tensor

Update = Callable[..., None]

Triple = tuple[Tensor, Tensor, Tensor]
"""A parameter, its gradient and its running mean square."""

GROUP = 4
"""Parameters a call of the compiled group: entering compiled code has its price."""


def compiler() -> str | None:
    """Return the path of the C++ compiler that torch would call, or None."""
    names = [os.environ.get("CXX"), "g++", "clang++", "c++"]
    found = (shutil.which(name) for name in names if name)
    return next((path for path in found if path), None)


def require_compiler() -> None:
    """Refuse to go on without a C++ compiler.

    Raises:
        RuntimeError: if there is none.
    """
    if compiler() is None:
        raise RuntimeError(
            "compiled=True needs a C++ compiler and none of g++, clang++, c++ is "
            "there: install one, name it in CXX, or leave compiled=False"
        )


def rmsprop_update(
    theta: Tensor,
    g: Tensor,
    average: Tensor,
    lr: Tensor,
    *,
    decay: float,
    epsilon: float,
    epsilon_inside: bool,
) -> None:
    """Update ``theta`` and ``average`` in place; equation (15) in one expression.

    Args:
        theta: a parameter.
        g: its gradient.
        average: its running mean square.
        lr: the learning rate, a number as a tensor, so that a schedule does not
            compile the loop anew.
        decay: how much of the average is kept.
        epsilon: keeps the divisor from zero.
        epsilon_inside: whether epsilon is added under the root.
    """
    mean = decay * average + (1.0 - decay) * g * g
    root = (mean + epsilon).sqrt() if epsilon_inside else mean.sqrt() + epsilon
    average.copy_(mean)
    theta.sub_(lr * g / root)


@functools.cache
def fused_rmsprop() -> Update:
    """Return the compiled update; the first call for a kind of tensor compiles it."""
    compiled: Update = torch.compile(rmsprop_update, dynamic=True, fullgraph=True)
    return compiled


def rmsprop_group_update(
    triples: list[Triple],
    lr: Tensor,
    *,
    decay: float,
    epsilon: float,
    epsilon_inside: bool,
) -> None:
    """Update several parameters in place; see :func:`rmsprop_update`."""
    for theta, g, average in triples:
        rmsprop_update(
            theta,
            g,
            average,
            lr,
            decay=decay,
            epsilon=epsilon,
            epsilon_inside=epsilon_inside,
        )


@functools.cache
def fused_rmsprop_group() -> Update:
    """Return the compiled update of ``GROUP`` parameters at a time."""
    compiled: Update = torch.compile(rmsprop_group_update, dynamic=True, fullgraph=True)
    return compiled
