"""Chapter 7's landscapes, paths and flows against closed forms and the optimizers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rederived.chapters.adaptive import (
    DoubleWell,
    NormalizedGradient,
    Quadratic,
    Quartic,
    RMSprop,
    ScalarRMSprop,
    SignDescent,
    controlled_euler,
    convergence_order,
    euler,
    gradient_flow,
    reference_solution,
    relative_error_on_a_hill,
    rmsprop_flow,
    rotation,
    time_along_flow,
    trajectory,
    valley,
)
from torch import Tensor

RULES = {
    "gradient descent": torch.optim.SGD,
    "sign": SignDescent,
    "normalised": NormalizedGradient,
    "scalar": ScalarRMSprop,
    "vector": RMSprop,
}


def array(*values) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def autograd(loss, theta: Tensor) -> Tensor:
    point = theta.clone().requires_grad_()
    return torch.autograd.grad(loss(point).sum(), point)[0]


def quartic_loss(one: Quartic, x: Tensor) -> Tensor:
    return one.a * x**4 / 4 + one.b * x**2 / 2 + one.c * x


@pytest.mark.parametrize("rule", RULES)
@given(seed=st.integers(0, 10_000), lr=st.floats(1e-3, 0.1))
def test_a_path_is_what_the_optimizer_does(rule, seed, lr):
    draw = torch.Generator().manual_seed(seed)
    start = torch.randn(3, dtype=torch.float64, generator=draw)
    root = torch.randn(3, 3, dtype=torch.float64, generator=draw)
    bowl = Quadratic(root @ root.T)
    theta = start.clone().requires_grad_()
    optimizer = RULES[rule]([theta], lr=lr)
    for _ in range(7):
        theta.grad = bowl.gradient(theta.detach())
        optimizer.step()
    found = trajectory(rule, bowl.gradient, start, lr, 7).points
    assert found.shape == (8, 3)
    torch.testing.assert_close(found[0], start)
    torch.testing.assert_close(found[-1], theta.detach(), atol=1e-9, rtol=1e-9)


def test_a_hessian_that_is_not_symmetric_is_refused():
    with pytest.raises(ValueError, match="not symmetric"):
        Quadratic(array([2.0, 1.0], [0.0, 2.0]))


def test_paths_of_many_rates_and_starts_are_those_of_each():
    rates = array(0.01, 0.1)
    starts = torch.randn(4, 2, dtype=torch.float64)
    gradient = valley(7, 0.3).gradient
    for rule in RULES:
        whole = trajectory(
            rule, gradient, starts.expand(2, 4, 2), rates[:, None, None], 9
        )
        one = trajectory(rule, gradient, starts[2], 0.1, 9)
        torch.testing.assert_close(whole.points[:, 1, 2], one.points)


def test_rates_are_equation_three():
    found = trajectory("vector", lambda x: x, array(2.0, 3.0), 0.1, 3, decay=0.5)
    torch.testing.assert_close(found.averages[0], array(2.0, 4.5))
    torch.testing.assert_close(
        found.learning_rates(0.1, 0.25)[0], 0.1 / array(2.25, 4.75).sqrt()
    )
    begun = trajectory(
        "vector", lambda x: x, array(2.0), 0.0, 1, decay=0.5, average=8.0
    )
    assert begun.averages.item() == 6.0


def test_gradients_of_the_landscapes_against_autograd():
    x = torch.randn(5, 2, dtype=torch.float64)
    bowl = valley(9.0, 0.7)
    torch.testing.assert_close(bowl.gradient(x), autograd(bowl.loss, x))
    well = DoubleWell()
    torch.testing.assert_close(well.gradient(x), autograd(well.loss, x))
    torch.testing.assert_close(well.curvature(x), autograd(well.gradient, x))
    one = Quartic(array(1.0, 2.0), array(0.5, -1.0), array(0.1, 0.0))
    torch.testing.assert_close(
        one.gradient(x), autograd(lambda v: quartic_loss(one, v), x)
    )
    torch.testing.assert_close(one.curvature(x), autograd(one.gradient, x))


def test_a_valley_has_its_axes_and_condition():
    values, vectors = torch.linalg.eigh(valley(30.0, 0.4).hessian)
    torch.testing.assert_close(values, array(1.0, 30.0))
    along = rotation(0.4) @ array(1.0, 0.0)
    assert abs(float(vectors[:, 0] @ along)) == pytest.approx(1.0)


def test_the_exact_flow_of_a_parabola():
    end = reference_solution(gradient_flow(lambda x: 3 * x), array(2.0, -1.0), 0.7)
    torch.testing.assert_close(
        end, array(2.0, -1.0) * math.exp(-2.1), atol=1e-11, rtol=0
    )


def test_a_flow_that_blows_up_is_refused():
    with (
        pytest.raises(RuntimeError, match="no solution up to time 2"),
        np.errstate(all="ignore"),
    ):
        reference_solution(lambda x: x**2, array(1.0), 2.0)


@given(st.floats(0.01, 0.5), st.integers(1, 30))
def test_euler_on_a_parabola_is_a_power(step, count):
    found = euler(gradient_flow(lambda x: 2 * x), array(1.5), step, count)
    assert found.shape == (count + 1, 1)
    assert found[-1].item() == pytest.approx(1.5 * (1 - 2 * step) ** count, abs=1e-12)


def test_the_order_of_a_power_is_its_exponent():
    steps = array(0.1, 0.05, 0.02)
    assert convergence_order(steps, 7 * steps**1.5) == pytest.approx(1.5)


@given(st.floats(0.05, 3.0))
def test_the_error_on_a_hill_is_that_of_the_flow(x):
    flow = reference_solution(gradient_flow(lambda v: -v), array(1.0), x)
    expected = (flow - (1 + x)) / x
    torch.testing.assert_close(
        relative_error_on_a_hill(array(x)), expected, atol=1e-7, rtol=1e-7
    )


def test_the_flow_of_rmsprop_by_hand():
    velocity = rmsprop_flow(lambda x: 2 * x, tau=0.5, epsilon=1.0)
    state = torch.stack([array(3.0), array(8.0)])
    torch.testing.assert_close(
        velocity(state), torch.stack([array(-2.0), array((36 - 8) / 0.5)])
    )


def test_the_clock_of_a_constant_slope_is_exact():
    times = time_along_flow(lambda x: torch.full_like(x, 2.0), array(3.0, 2.0, 0.0))
    torch.testing.assert_close(times, array(0.0, 0.5, 1.5))


@pytest.mark.parametrize("tolerance", [1e-2, 1e-3, 1e-4])
def test_a_controlled_step_errs_by_about_its_tolerance(tolerance):
    field = gradient_flow(DoubleWell().gradient)
    found = controlled_euler(field, array(0.05), 8.0, tolerance)
    assert found.times[0] == 0
    assert found.times[-1] == 8.0
    assert (found.times.diff() > 0).all()
    assert found.gradients >= len(found.times)
    for before, after, h in zip(
        found.states, found.states[1:], found.times.diff().tolist(), strict=False
    ):
        assert (
            float((reference_solution(field, before, h) - after).abs())
            < 1.6 * tolerance
        )


def test_a_tighter_tolerance_gives_a_better_end():
    field, start = gradient_flow(DoubleWell().gradient), array(0.05)
    truth = reference_solution(field, start, 3.0)
    errors = [
        float((controlled_euler(field, start, 3.0, t).states[-1] - truth).abs())
        for t in (1e-2, 1e-4)
    ]
    assert errors[1] < errors[0] / 5
