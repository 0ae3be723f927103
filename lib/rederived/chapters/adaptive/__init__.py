"""Optimizers as the article writes them, and as numerical integrators of a flow."""

from rederived.chapters.adaptive.flow import (
    Controlled,
    controlled_euler,
    convergence_order,
    euler,
    gradient_flow,
    reference_solution,
    relative_error_on_a_hill,
    rmsprop_flow,
    time_along_flow,
)
from rederived.chapters.adaptive.landscapes import (
    DoubleWell,
    Quadratic,
    Quartic,
    rotation,
    valley,
)
from rederived.chapters.adaptive.optimizers import (
    AdaGrad,
    Adam,
    NormalizedGradient,
    RMSprop,
    ScalarRMSprop,
    SignDescent,
)
from rederived.chapters.adaptive.trajectories import Trajectory, trajectory

__all__ = [
    "AdaGrad",
    "Adam",
    "Controlled",
    "DoubleWell",
    "NormalizedGradient",
    "Quadratic",
    "Quartic",
    "RMSprop",
    "ScalarRMSprop",
    "SignDescent",
    "Trajectory",
    "controlled_euler",
    "convergence_order",
    "euler",
    "gradient_flow",
    "reference_solution",
    "relative_error_on_a_hill",
    "rmsprop_flow",
    "rotation",
    "time_along_flow",
    "trajectory",
    "valley",
]
