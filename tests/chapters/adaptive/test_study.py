"""The races of chapter 7: fair grids, disjoint problems, metrics that mean it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from rederived.chapters.adaptive import Adam, RMSprop, ScalarRMSprop
from rederived.chapters.adaptive.study import STUDY, quadratics
from rederived.chapters.adaptive.study import digits as digits_race
from rederived.chapters.adaptive.study.config import DigitsRace, QuadraticRace
from rederived.training import generator

TINY = QuadraticRace(
    dimensions=3, conditions=(4.0,), steps=(5, 20), problems=3, rates=4
)
SHORT = DigitsRace(width=4, epochs=1, batch_size=400, exponents=(-3.0, -1.0))


def test_grids_of_rates():
    rates = quadratics.learning_rates(TINY, "vector", 4.0)
    assert rates[0].item() == pytest.approx(1e-4)
    assert rates[-1].item() == pytest.approx(1.0)
    descent = quadratics.learning_rates(TINY, "gradient descent", 4.0)
    assert descent[0].item() == pytest.approx(0.05)
    assert descent[-1].item() == pytest.approx(0.6)
    assert digits_race.learning_rates(SHORT, "vector") == pytest.approx([1e-3, 1e-1])
    assert digits_race.learning_rates(SHORT, "scalar") == pytest.approx([1e-2, 1.0])


def test_rotated_problems_are_the_aligned_ones_turned():
    pairs = [
        quadratics.problems(TINY, 4.0, axes, generator(1, 2))
        for axes in ("aligned", "rotated")
    ]
    (straight, start), (turned, moved) = pairs
    torch.testing.assert_close(straight.loss(start), turned.loss(moved))
    torch.testing.assert_close(
        torch.linalg.eigvalsh(turned.hessian), torch.linalg.eigvalsh(straight.hessian)
    )
    assert (turned.hessian[:, 0, 1].abs() > 1e-6).all()
    assert torch.linalg.eigvalsh(straight.hessian)[0].tolist() == pytest.approx(
        [1.0, 2.0, 4.0]
    )


def test_scores_by_hand():
    task = quadratics.problems(TINY, 1.0, "aligned", generator(3))
    found = quadratics.scores(TINY, "gradient descent", torch.tensor([0.5, 3.0]), *task)
    # each step multiplies the loss by (1 - rate)^2
    expected = torch.tensor(
        [[5 * -0.60206, 5 * 0.60206], [20 * -0.60206, 20 * 0.60206]]
    )
    torch.testing.assert_close(found.float(), expected, atol=1e-3, rtol=1e-3)


def test_a_decayed_run_has_its_own_line_for_every_horizon():
    config = replace(TINY, schedule="linear")
    task = quadratics.problems(TINY, 1.0, "aligned", generator(3))
    found = quadratics.scores(config, "gradient descent", torch.tensor([0.5]), *task)
    # a step multiplies the loss by (1 - rate (1 - n / steps))^2
    for steps, score in zip(config.steps, found[:, 0].tolist(), strict=True):
        factors = [1 - 0.5 * (1 - n / steps) for n in range(steps)]
        assert score == pytest.approx(2 * sum(math.log10(f) for f in factors))


def test_a_diverging_rate_has_the_worst_score():
    task = quadratics.problems(TINY, 1.0, "aligned", generator(3))
    config = replace(TINY, steps=(3000,))
    found = quadratics.scores(config, "gradient descent", torch.tensor([9.0]), *task)
    assert found.item() == 99.0


def test_a_rate_is_chosen_on_other_problems_than_judge_it():
    metrics, arrays = quadratics.race(TINY, 0)
    table, rates = arrays["log_loss"], arrays["rates"]
    assert table.shape == (3, 2, 1, 2, 4)
    vector = quadratics.METHODS.index("vector")
    choice = quadratics.scores(
        TINY,
        "vector",
        torch.as_tensor(rates),
        *quadratics.problems(TINY, 4.0, "aligned", generator(7, 0, 0)),
    )
    best = int(choice[1].argmin())
    assert metrics["rate vector aligned 4 20"] == pytest.approx(float(rates[best]))
    assert metrics["log_loss vector aligned 4 20"] == pytest.approx(
        float(table[vector, 0, 0, 1, best]), rel=1e-6
    )
    assert not torch.allclose(
        choice[1].float(), torch.as_tensor(table[vector, 0, 0, 1])
    )


def test_parts_of_the_digits():
    train, validation, test, sources = digits_race.parts(SHORT)
    assert [len(p.y) for p in (train, validation, test)] == [1198, 239, 360]
    assert train.x.min() == 0
    assert train.x.max() == 1
    assert len(sources) == 2


def test_inputs_are_scaled_and_then_rotated():
    plain, scaled, rotated = (
        digits_race.input_map(kind) for kind in ("plain", "scaled", "rotated")
    )
    assert torch.equal(plain, torch.eye(64))
    factors = scaled.diagonal().sort().values
    assert factors[0].item() == pytest.approx(0.1)
    assert factors[-1].item() == pytest.approx(10.0)
    assert torch.equal(scaled, torch.diag(scaled.diagonal()))
    torch.testing.assert_close(rotated @ rotated.T, scaled @ scaled, atol=1e-4, rtol=0)
    with pytest.raises(ValueError, match="got 'upside-down'"):
        digits_race.input_map("upside-down")


@pytest.mark.parametrize("kind", ["scaled", "rotated"])
def test_networks_start_as_the_same_function(kind):
    change = digits_race.input_map(kind)
    model = digits_race.Classifier(64, 8, generator(4))
    x = torch.rand(5, 64, generator=generator(5))
    before = model.layers(x)
    assert not torch.allclose(model.layers(x @ change), before, atol=0.1)
    model.undo(change)
    torch.testing.assert_close(model.layers(x @ change), before, atol=1e-4, rtol=1e-4)


def test_the_named_optimizers():
    model = torch.nn.Linear(2, 2)
    kinds = {
        method: type(digits_race.optimizer_of(method, model, 0.1, 0.7))
        for method in digits_race.METHODS
    }
    assert list(kinds.values()) == [torch.optim.SGD, ScalarRMSprop, RMSprop, Adam]
    assert digits_race.optimizer_of("vector", model, 0.1, 0.7).defaults["decay"] == 0.7


def test_the_run_on_digits_judges_the_rate_of_the_best_validation():
    falling = replace(SHORT, exponents=(-1.0, -3.0))  # the last is not the best
    result = STUDY.run_config(falling, "digits", 3)
    for method in digits_race.METHODS:
        tried = {
            rate: result.metrics[f"validation {method}@{rate:.2g}"]
            for rate in digits_race.learning_rates(falling, method)
        }
        tests = [f"test {method}@{rate:.2g}" for rate in tried]
        assert all(result.metrics[name] > 0 for name in tests)
        best = min(tried, key=tried.__getitem__)
        assert result.metrics[f"rate {method}"] == best
        assert result.metrics[f"validation {method}"] == tried[best]
        assert 0 <= result.metrics[f"test_error {method}"] <= 1
