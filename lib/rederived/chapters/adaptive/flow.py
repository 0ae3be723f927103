"""Optimizers as numerical integrators: flows, Euler's method and its error."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

Field = Callable[[Tensor], Tensor]
"""The right-hand side of an autonomous equation: state to velocity, of one shape."""

_NEAR = 1e-2  # of zero, where a difference would lose digits
_FIRST = 1e-3  # the step that is tried first
_SAFETY, _LEAST, _MOST = 0.9, 0.2, 5.0  # of a proposed step


def gradient_flow(gradient: Callable[[Tensor], Tensor]) -> Field:
    """Return the velocity ``-L'(theta)`` of equation (4)."""
    return lambda theta: -gradient(theta)


def rmsprop_flow(
    gradient: Callable[[Tensor], Tensor], tau: float, epsilon: float = 1e-8
) -> Field:
    """Return the flow that RMSprop discretises, on states ``stack([theta, G])``.

    ``d theta / dt = -g / sqrt(G + epsilon)`` and ``tau dG / dt = g^2 - G``.

    Args:
        gradient: of the loss.
        tau: how long the average remembers, in units of time.
        epsilon: added under the root.
    """

    def velocity(state: Tensor) -> Tensor:
        theta, average = state
        g = gradient(theta)
        return torch.stack(
            [-g / (average + epsilon).sqrt(), (g.square() - average) / tau]
        )

    return velocity


def euler(field: Field, start: Tensor, step: float | Tensor, steps: int) -> Tensor:
    """Follow explicit Euler steps ``x + step * field(x)``, equation (6).

    Returns:
        ``(steps + 1, *start.shape)``, the start first.
    """
    states = [start]
    for _ in range(steps):
        states.append(states[-1] + step * field(states[-1]))
    return torch.stack(states)


def reference_solution(field: Field, start: Tensor, time: float) -> Tensor:
    """Return the state after ``time``, to about eleven digits.

    The integrator is SciPy's DOP853 with a relative tolerance of 1e-12.

    Raises:
        RuntimeError: if the field is NaN or the integrator gives up.
    """
    from scipy.integrate import solve_ivp  # noqa: PLC0415 - slow to import

    def velocity(_: float, flat: np.ndarray) -> np.ndarray:
        state = torch.from_numpy(flat.copy()).reshape(start.shape)
        found = field(state).flatten()
        if bool(found.isnan().any()):  # the integrator would try for ever
            raise RuntimeError(
                f"the field is NaN at {state.tolist()}: look at it there"
            )
        return found.numpy()

    solution = solve_ivp(
        velocity,
        (0.0, time),
        start.to(torch.float64).flatten().numpy(),
        method="DOP853",
        rtol=1e-12,
        atol=1e-13,
    )
    if not solution.success:
        raise RuntimeError(f"no solution up to time {time:g}: {solution.message}")
    return torch.from_numpy(solution.y[:, -1].copy()).reshape(start.shape)


def convergence_order(steps: Tensor, errors: Tensor) -> float:
    """Return the slope of log error against log step, by least squares.

    Args:
        steps: positive step sizes ``(N,)``.
        errors: positive errors ``(N,)``.
    """
    slope, _ = np.polyfit(steps.log().numpy(), errors.log().numpy(), 1)
    return float(slope)


def relative_error_on_a_hill(x: Tensor) -> Tensor:
    """Return Euler's error over the length of its step, on ``L = -k theta^2 / 2``.

    It depends on ``x = step * k`` alone: ``(e^x - 1 - x) / x``, near zero by its series
    ``x/2 + x^2/6 + ...``.  A negative ``x`` is a bowl of curvature ``-k``, where the
    error counts as negative.
    """
    near = x.abs() < _NEAR
    series = torch.ones_like(x)
    for k in range(7, 2, -1):
        series = 1.0 + x / k * series
    x, half = torch.where(near, 1.0, x), x / 2.0 * series
    return torch.where(near, half, (torch.expm1(x) - x) / x)


def time_along_flow(gradient: Callable[[Tensor], Tensor], theta: Tensor) -> Tensor:
    """Return the time at which the gradient flow passes each point of a grid.

    With the roles of position and time exchanged, ``dt / d theta = -1 / L'(theta)``,
    integrated by left Riemann sums: each interval counts with the slope at its start.

    Args:
        gradient: of the loss, in one dimension.
        theta: the grid ``(N,)``, in the order in which the flow meets it.

    Returns:
        Times ``(N,)``, from zero.
    """
    passed = theta.diff() / -gradient(theta[:-1])
    return torch.cat([theta.new_zeros(1), passed.cumsum(0)])


@dataclass(frozen=True)
class Controlled:
    """The accepted steps of :func:`controlled_euler`.

    >>> found = controlled_euler(torch.neg, torch.ones(1), 1.0, tolerance=1e-2)
    >>> len(found.times) == len(found.states), found.times[-1].item()
    (True, 1.0)
    >>> abs(found.states[-1].item() - 0.36788) < 0.05
    True
    """

    times: Tensor
    """``(N + 1,)``, from zero."""
    states: Tensor
    """``(N + 1, *shape)``."""
    gradients: int
    """How often the field was evaluated."""


def controlled_euler(
    field: Field,
    start: Tensor,
    time: float,
    tolerance: float,
) -> Controlled:
    """Follow Euler steps whose estimated local error stays below a tolerance.

    The error of a step is estimated by ``step / 2 * max |f(new) - f(old)|``, the
    difference from Heun's method.  The velocity at the new point is needed for the next
    step anyway, so that an accepted step costs one evaluation.

    Args:
        field: the velocity.
        start: the state at time zero.
        time: where to stop.
        tolerance: the largest estimated error of a step.

    Raises:
        ValueError: if the tolerance is not positive, or the time negative or infinite.
        RuntimeError: if no step is small enough, as where the field is NaN.
    """
    if not (0.0 < tolerance < math.inf and 0.0 <= time < math.inf):
        raise ValueError(
            f"give a positive tolerance and a finite time, got {tolerance} and {time}"
        )
    now, state, velocity = 0.0, start, field(start)
    times, states, gradients = [now], [state], 1
    step = _FIRST
    while now < time:
        step = min(step, time - now)
        if now + step == now:
            raise RuntimeError(
                f"no step from time {now:g} has an error below {tolerance:g}: end "
                "before it, or look at the field there"
            )
        trial = state + step * velocity
        after = field(trial)
        gradients += 1
        error = 0.5 * step * float((after - velocity).abs().max())
        if error <= tolerance:
            now = time if step == time - now else now + step
            state, velocity = trial, after
            times.append(now)
            states.append(state)
        ratio = _MOST if error == 0 else (tolerance / error) ** 0.5
        ratio = _LEAST if math.isnan(ratio) else ratio
        step *= min(max(_SAFETY * ratio, _LEAST), _MOST)
    return Controlled(
        torch.tensor(times, dtype=torch.float64), torch.stack(states), gradients
    )
