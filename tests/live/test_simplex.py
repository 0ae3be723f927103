"""Chapter 2's live figure against the library's exact game on finite distributions."""

import pytest
import torch
from live_page import browser, evaluate
from rederived.chapters.variational.tables import (
    alternate,
    best_response,
    damped,
    optimal_discriminator,
    weighted_response,
)
from rederived.probability import random_distribution
from rederived.training import generator

pytestmark = browser

ROUNDS, FLOOR = 25, 0.01
CASES = [
    (
        random_distribution((3,), generator(2, 80, k, 0)),
        random_distribution((3,), generator(2, 80, k, 1)),
        weight,
        share,
    )
    for k in range(4)
    for weight, share in ((1.0, 1.0), (0.25, 0.5), (4.0, 0.03), (0.0, 1.0), (0.0, 0.1))
]
WANTED = [[0.2, 0.3, 0.5], [1.5, -0.7, 0.2], [-3.0, 2.0, 2.0], [1.0, 0.0, 0.0]]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    program = """const [cases, rounds, floor, wanted] = given;
      return {
        games: cases.map(([data, start, weight, share]) => ({
          models: maths.play(data, start, weight, share, rounds, floor),
          discriminator: maths.discriminator(data, start),
          variation: maths.variation(data, start),
        })),
        inside: wanted.map((p) => maths.inside(p, 0.02)),
      };"""
    cases = [[d.tolist(), s.tolist(), w, share] for d, s, w, share in CASES]
    given = [cases, ROUNDS, FLOOR, WANTED]
    return evaluate("simplex", program, given, tmp_path_factory.mktemp("simplex"))


def test_every_round_is_that_of_the_library(found):
    for (data, start, weight, share), game in zip(CASES, found["games"], strict=True):
        best = weighted_response(weight) if weight else best_response
        models = alternate(
            data, start, damped(best, share), ROUNDS, floor=0.0 if weight else FLOOR
        )
        drawn = torch.tensor(game["models"], dtype=torch.float64)
        torch.testing.assert_close(drawn, models, atol=1e-12, rtol=1e-10)


def test_discriminator_and_distance(found):
    for (data, start, *_), game in zip(CASES, found["games"], strict=True):
        expected = optimal_discriminator(data, start)
        drawn = torch.tensor(game["discriminator"], dtype=torch.float64)
        torch.testing.assert_close(drawn, expected)
        apart = float((data - start).abs().sum() / 2)
        assert game["variation"] == pytest.approx(apart, abs=1e-15)


def test_with_the_term_the_model_comes_home_and_without_it_does_not(found):
    ends = {0.0: [], 1.0: []}
    for (data, _, weight, share), game in zip(CASES, found["games"], strict=True):
        if share == 1.0 and weight in ends:
            last = torch.tensor(game["models"], dtype=torch.float64)[-1]
            ends[weight].append(float((last - data).abs().sum() / 2))
    assert max(ends[1.0]) < 1e-3
    assert min(ends[0.0]) > 0.2


def test_a_dragged_point_stays_a_distribution(found):
    for wanted, got in zip(WANTED, found["inside"], strict=True):
        assert sum(got) == pytest.approx(1.0)
        assert min(got) >= 0.02 - 1e-15
        if min(wanted) >= 0:
            mixed = [0.02 + 0.94 * p for p in wanted]
            assert got == pytest.approx(mixed)
