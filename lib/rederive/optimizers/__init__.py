"""Optimizers as the articles write them, and as numerical integrators of a flow.

The optimizers keep the contract of ``torch.optim``: groups, ``state_dict``, closures.
They take dense gradients of real parameters.
"""

from rederive.optimizers.compiled import compiler
from rederive.optimizers.flow import (
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
from rederive.optimizers.landscapes import (
    DoubleWell,
    Quadratic,
    Quartic,
    rotation,
    valley,
)
from rederive.optimizers.moments import AdaGrad, Adam
from rederive.optimizers.paths import Path, path
from rederive.optimizers.rmsprop import RMSprop, ScalarRMSprop
from rederive.optimizers.signs import NormalizedGradient, SignDescent

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
