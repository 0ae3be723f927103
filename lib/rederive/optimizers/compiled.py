"""The RMSprop update as one compiled loop: each entry is read and written once."""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Callable

import torch
from torch import Tensor

Update = Callable[..., None]


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
