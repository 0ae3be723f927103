"""Chapter 8's live figure against the linear model of the library."""

import math

import pytest
import torch
from live_page import browser, evaluate
from rederived.vae import LinearGaussian

pytestmark = browser

CASES = [
    (v, t, information, variance, beta)
    for v, t in ((4.0, 0.5), (1.0, 2.0))
    for information in (0.0, 0.3, 2.5)
    for variance, beta in ((1.0, 1.0), (0.25, 0.1), (3.0, 8.0))
]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    program = """return given.map(([v, t, information, variance, beta]) => [
        maths.encoder(v, information, variance),
        maths.parts(v, t, information, variance, false),
        maths.parts(v, t, information, variance, true),
        maths.loss(maths.parts(v, t, information, variance, false), beta),
        maths.optimalInformation(v, t, beta),
      ]);"""
    return evaluate("rate", program, CASES, tmp_path_factory.mktemp("rate"))


def test_the_parts_are_those_of_the_library(found):
    for (v, t, information, _, beta), (encoder, limited, ideal, loss, _) in zip(
        CASES, found, strict=True
    ):
        model = LinearGaussian(v, t)
        slope, noise = (
            torch.tensor(encoder[name], dtype=torch.float64)
            for name in ("slope", "noise")
        )
        entropy = 0.5 * math.log(2 * math.pi * math.e * v)
        # the best decoder's weight by its own definition: regression of x on z
        weight = slope * v / (slope**2 * v + noise)
        distortion = float(model.distortion(slope, noise, weight))
        rate = float(model.rate(slope, noise))
        assert limited["distortion"] == pytest.approx(distortion, abs=1e-10)
        assert limited["rate"] == pytest.approx(rate, abs=1e-10)
        assert float(model.information(slope, noise)) == pytest.approx(
            information, abs=1e-10
        )
        assert limited["aggregate"] == pytest.approx(
            float(model.aggregate_kl(slope, noise)), abs=1e-10
        )
        assert limited["gap"] > -1e-10
        assert loss == pytest.approx(distortion - entropy + beta * rate, abs=1e-10)
        assert ideal["fit"] == pytest.approx(information, abs=1e-10)
        assert ideal["gap"] == pytest.approx(0.0, abs=1e-10)


def test_the_optimum_is_that_of_the_library(found):
    for (v, t, *_, beta), (*_, optimum) in zip(CASES, found, strict=True):
        expected = LinearGaussian(v, t).optimal_information(beta)
        assert optimum == pytest.approx(expected, abs=1e-12)


def test_with_the_ideal_decoder_the_information_cancels(tmp_path):
    program = """return given.map((information) =>
        maths.loss(maths.parts(4, 0.5, information, 1, true), 1));"""
    losses = evaluate("rate", program, [0.0, 0.5, 1.0, 4.0], tmp_path)
    assert losses == pytest.approx([0.0] * 4, abs=1e-12)
