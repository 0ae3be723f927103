"""Optimizers as the articles write them, and as numerical integrators of a flow.

The optimizers keep the contract of ``torch.optim``: groups, ``state_dict``, closures.
They take dense gradients of real parameters.
"""

from rederived.chapters.adaptive.compiled import compiler
from rederived.chapters.adaptive.flow import (
    Controlled,
    clock,
    controlled_euler,
    euler,
    exact,
    gradient_flow,
    order,
    relative_error_on_a_hill,
    rmsprop_flow,
)
from rederived.chapters.adaptive.landscapes import (
    DoubleWell,
    Quadratic,
    Quartic,
    rotation,
    valley,
)
from rederived.chapters.adaptive.moments import AdaGrad, Adam
from rederived.chapters.adaptive.paths import Path, path
from rederived.chapters.adaptive.rmsprop import RMSprop, ScalarRMSprop
from rederived.chapters.adaptive.signs import NormalizedGradient, SignDescent

__all__ = [
    "AdaGrad",
    "Adam",
    "Controlled",
    "DoubleWell",
    "NormalizedGradient",
    "Path",
    "Quadratic",
    "Quartic",
    "RMSprop",
    "ScalarRMSprop",
    "SignDescent",
    "clock",
    "compiler",
    "controlled_euler",
    "euler",
    "exact",
    "gradient_flow",
    "order",
    "path",
    "relative_error_on_a_hill",
    "rmsprop_flow",
    "rotation",
    "valley",
]
