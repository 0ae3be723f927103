"""Chapter 1's live figure against the library's exact sums and SciPy's integrals."""

import itertools

import numpy as np
import pytest
import torch
from live_page import browser, evaluate
from rederived.chapters.mixup import (
    irreducible_error,
    mean_label_loss,
    mixup_least_squares,
)
from rederived.training import generator
from scipy import special, stats

pytestmark = browser

ALPHAS = [0.1, 0.4, 1.0, 2.5, 10.0]
SAMPLES = [([0.0, 1.0, 2.0], [0.0, 1.0, 0.0])] + [
    torch.randn((2, 3), generator=generator(1, 80, k), dtype=torch.float64).tolist()
    for k in range(3)
]
SHARES = [0.01, 0.3, 0.5, 0.98]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    program = """const [samples, alphas, shares] = given;
      return {
        constants: alphas.map(maths.constant),
        values: samples.map(([x, y]) => alphas.map((alpha) => ({
          floor: maths.floor(x, y, alpha),
          line: maths.line(x, y, alpha),
          best: maths.best(x, y, alpha, shares).flat(),
        }))),
      };"""
    given = [SAMPLES, ALPHAS, SHARES]
    return evaluate("mixing", program, given, tmp_path_factory.mktemp("mixing"))


def cases(found):
    for (x, y), row in zip(SAMPLES, found["values"], strict=True):
        for alpha, value in zip(ALPHAS, row, strict=True):
            yield x, y, alpha, value


def mean_label(x, y, alpha, places):
    """Of the mixtures of all ordered pairs that lie at the places, an array."""
    law, total, labels = stats.beta(alpha, alpha), 0.0, 0.0
    for a, b in itertools.permutations(range(3), 2):
        e = (places - x[b]) / (x[a] - x[b])
        density = law.pdf(e) / abs(x[a] - x[b])
        total = total + density
        labels = labels + density * (e * y[a] + (1 - e) * y[b])
    return labels / total


def test_the_constant_of_the_beta_density(found):
    for alpha, value in zip(ALPHAS, found["constants"], strict=True):
        assert value == pytest.approx(1 / special.beta(alpha, alpha), rel=1e-12)


def test_the_best_function_is_the_mean_label(found):
    for x, y, alpha, value in cases(found):
        for place, label in value["best"]:
            assert label == pytest.approx(
                mean_label(x, y, alpha, np.array(place)), abs=1e-9
            )


def test_the_floor_at_uniform_weights_is_that_of_the_library(found):
    for x, y, alpha, value in cases(found):
        if alpha == 1.0:
            where, labels = torch.tensor([x, y], dtype=torch.float64)
            expected = float(irreducible_error(where, labels))
            assert value["floor"] == pytest.approx(expected, abs=1e-12)
    assert found["values"][0][ALPHAS.index(1.0)]["floor"] == pytest.approx(4 / 81)


def test_the_floor_at_other_weights_is_what_the_mean_label_leaves(found):
    """E[y^2] - E[f(x)^2], over quantiles of the weight."""
    shares = (np.arange(20_000) + 0.5) / 20_000
    for x, y, alpha, value in cases(found):
        if alpha < 0.3:
            continue  # the weights of so small an alpha are 0 or 1 to rounding
        e, total = stats.beta(alpha, alpha).ppf(shares), 0.0
        for a, b in itertools.permutations(range(3), 2):
            labels = e * y[a] + (1 - e) * y[b]
            best = mean_label(x, y, alpha, e * x[a] + (1 - e) * x[b])
            total += np.mean(labels**2 - best**2) / 9
        assert value["floor"] == pytest.approx(total, abs=1e-5)


def test_the_line_and_its_error_are_those_of_the_library(found):
    for x, y, alpha, value in cases(found):
        where, labels = torch.tensor([x, y], dtype=torch.float64)
        intercept, slope = mixup_least_squares(
            where[:, None], labels, alpha, intercept=True
        ).tolist()
        assert value["line"][:2] == pytest.approx([intercept, slope], abs=1e-10)

        def square(points, label, intercept=intercept, slope=slope):
            return (intercept + slope * points[:, 0] - label).square()

        error = float(mean_label_loss(square, where[:, None], labels, alpha))
        assert value["line"][2] == pytest.approx(error, abs=1e-10)
        assert value["floor"] <= value["line"][2] + 1e-12


def test_collinear_samples_have_no_floor(tmp_path):
    program = (
        "return given.map((alpha) => maths.floor([0, 1, 3], [1, 0.5, -0.5], alpha));"
    )
    assert evaluate("mixing", program, ALPHAS, tmp_path) == pytest.approx(
        [0.0] * len(ALPHAS), abs=1e-14
    )
