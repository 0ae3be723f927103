"""Learning-rate schedules against closed forms and torch's own."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import torch
from rederived.training import Exponential, Linear, OneCycle, constant


@pytest.mark.parametrize("step", [0, 1, 10**6])
def test_constant(step: int) -> None:
    assert constant(step) == 1.0


@pytest.mark.parametrize(("total", "share"), [(100, 0.3), (57, 0.5), (40, 0.1)])
def test_one_cycle_is_torchs(total: int, share: float) -> None:
    # torch puts the peak at share * total - 1, ours is at warmup * (total - 1)
    ours = OneCycle(total, warmup=(share * total - 1) / (total - 1))
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        max_lr=1.0,
        total_steps=total,
        pct_start=share,
        div_factor=25.0,  # start = 1/25
        final_div_factor=400.0,  # end = start/400 = 1e-4
        cycle_momentum=False,
    )
    rates = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch wants optimizer.step() first
        for _ in range(total):
            rates.append(optimizer.param_groups[0]["lr"])
            if len(rates) < total:
                theirs.step()
    np.testing.assert_allclose([ours(step) for step in range(total)], rates, atol=1e-12)


def test_one_cycle_at_its_ends_its_peak_and_half_way() -> None:
    factor = OneCycle(101, warmup=0.3, start=0.04, end=1e-4)
    assert factor(0) == pytest.approx(0.04, abs=1e-15)
    assert factor(15) == pytest.approx((0.04 + 1) / 2)
    assert factor(30) == pytest.approx(1.0)
    assert factor(65) == pytest.approx((1 + 1e-4) / 2)
    assert factor(100) == pytest.approx(1e-4, abs=1e-15)
    rates = [factor(step) for step in range(101)]
    assert np.all(np.diff(rates[:31]) > 0)
    assert np.all(np.diff(rates[30:]) < 0)


@pytest.mark.parametrize("total", [2, 3, 4])
def test_one_cycle_of_a_few_steps(total: int) -> None:
    rates = [OneCycle(total)(step) for step in range(total)]
    assert all(0 < rate <= 1 for rate in rates)
    assert rates[0] == pytest.approx(0.04)
    assert rates[1] == pytest.approx(1.0)  # the peak is no later than the first step


@pytest.mark.parametrize(("total", "warmup"), [(1, 0.3), (10, 0.0), (10, 1.0)])
def test_one_cycle_refuses_what_has_no_two_parts(total: int, warmup: float) -> None:
    with pytest.raises(ValueError, match=f"got {total} and {warmup}"):
        OneCycle(total, warmup)


def test_exponential_divides_until_the_floor() -> None:
    factor = Exponential(decay=1.0005, floor=0.1)
    last = math.log(10) / math.log(1.0005)  # where the floor is reached
    for step in (0, 1, 7, 1000, 4603, 4604, 4605, 4606, 4607, 10**5):
        expected = 1.0005**-step if step <= last else 0.1
        assert factor(step) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("decay", "floor"), [(0.99, 0.1), (math.inf, 0.1), (1.1, -0.1), (1.1, 1.5)]
)
def test_exponential_refuses_growth_and_bad_floors(decay: float, floor: float) -> None:
    with pytest.raises(ValueError, match=f"got {decay} and {floor}"):
        Exponential(decay, floor)


def test_a_straight_line_needs_a_step() -> None:
    assert Linear(1)(0) == 1.0
    with pytest.raises(ValueError, match="total_steps >= 1, got 0"):
        Linear(0)


def test_one_cycle_ends_at_its_end() -> None:
    cycle = OneCycle(10)
    assert [cycle(0), cycle(9)] == pytest.approx([cycle.start, cycle.end])
    assert cycle(8) > cycle.end
