"""Chapter 3's live figure against the library's flows with the same weights."""

import pytest
import torch
from live_page import browser, evaluate
from rederived.datasets.points import moons
from rederived.flows import StandardNormal
from rederived.training import generator

from tools.live_flows import COUPLINGS, KINDS, loaded, stored

POINTS = 2.0 * torch.randn((12, 2), generator=generator(3, 80), dtype=torch.float64)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    program = """const { flows } = window.rederived;
      const [kinds, points, layers] = given;
      return kinds.map((kind) => points.map((x) => ({
        density: maths.logDensity(flows[kind], kind, x),
        stages: layers.map((k) => maths.forward(flows[kind], kind, x, k)),
        back: layers.map((k) => maths.inverse(flows[kind], kind, x, k)),
      })));"""
    given = [list(KINDS), POINTS.tolist(), list(range(COUPLINGS + 2))]
    return evaluate("flow", program, given, tmp_path_factory.mktemp("flow"))


@pytest.fixture(scope="module")
def flows():
    content = stored()
    return {kind: loaded(kind, content[kind]) for kind in KINDS}


def assert_close(drawn, expected):
    drawn = torch.tensor(drawn, dtype=torch.float64)
    torch.testing.assert_close(drawn, expected, atol=1e-10, rtol=1e-10)


class TestArithmetic:
    pytestmark = browser

    def test_every_layer_is_that_of_the_library(self, found, flows):
        for kind, values in zip(KINDS, found, strict=True):
            h, total = POINTS, torch.zeros(len(POINTS), dtype=torch.float64)
            with torch.no_grad():
                for k in range(COUPLINGS + 2):
                    if k:
                        h, log_det = flows[kind].bijection.steps[k - 1](h)
                        total = total + log_det
                    assert_close([one["stages"][k][0] for one in values], h)
                    assert_close([one["stages"][k][1] for one in values], total)

    def test_the_way_back_is_that_of_the_library(self, found, flows):
        for kind, values in zip(KINDS, found, strict=True):
            for k in range(COUPLINGS + 2):
                x = POINTS
                with torch.no_grad():
                    for step in reversed(flows[kind].bijection.steps[:k]):
                        x, _ = step.inverse(x)
                assert_close([one["back"][k] for one in values], x)

    def test_the_density_is_that_of_the_library(self, found, flows):
        for kind, values in zip(KINDS, found, strict=True):
            with torch.no_grad():
                expected = flows[kind].log_prob(POINTS)
            assert_close([sum(one["density"]) for one in values], expected)


@pytest.mark.parametrize(("kind", "least"), [("additive", 0.5), ("affine", 0.6)])
def test_the_stored_flow_has_learned_the_moons(flows, kind, least):
    fresh = moons(4000, generator(3, 81)).double()
    with torch.no_grad():
        learned = flows[kind].log_prob(fresh).mean()
    scaled = (fresh - fresh.mean(0)) / fresh.std(0)
    normal = StandardNormal().log_prob(scaled).mean() - fresh.std(0).log().sum()
    assert float(learned - normal) > least


def test_additive_couplings_keep_the_area(flows):
    with torch.no_grad():
        for step in flows["additive"].bijection.steps[:COUPLINGS]:
            assert step(POINTS)[1].abs().max() == 0
        steps = flows["affine"].bijection.steps[:COUPLINGS]
        assert max(step(POINTS)[1].abs().max() for step in steps) > 0.5
