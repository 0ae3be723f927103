"""Priors, densities that integrate to one, samples, and bits per dimension."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rederived.flows import (
    AdditiveCoupling,
    AffineCoupling,
    Composition,
    Dequantization,
    DiagonalScale,
    Flow,
    OddEven,
    Prefix,
    Prior,
    StandardLogistic,
    StandardNormal,
    bits_per_dim,
)
from rederived.training import generator
from scipy import special, stats
from torch import Tensor, nn

LAWS = [(StandardNormal(), stats.norm), (StandardLogistic(), stats.logistic)]
every_law = pytest.mark.parametrize(("prior", "law"), LAWS, ids=["normal", "logistic"])


@every_law
def test_log_densities_against_scipy(prior: Prior, law: stats.rv_continuous) -> None:
    z = torch.linspace(-700.0, 700.0, 4001, dtype=torch.float64)
    np.testing.assert_allclose(prior.log_density(z), law.logpdf(z), rtol=1e-13)
    single = prior.log_density(z.float())
    np.testing.assert_allclose(single, law.logpdf(z), rtol=1e-6)


@every_law
def test_an_event_sums_its_coordinates(
    prior: Prior, law: stats.rv_continuous, rng: torch.Generator
) -> None:
    z = torch.randn(5, 2, 3, 4, generator=rng, dtype=torch.float64)
    expected = law.logpdf(z.numpy()).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(prior.log_prob(z), expected, rtol=1e-13)


@every_law
def test_samples_have_the_laws_moments_and_shape(
    prior: Prior, law: stats.rv_continuous, rng: torch.Generator
) -> None:
    n = 100_000
    draws = prior.sample((n // 10, 10), rng)
    assert draws.shape == (n // 10, 10)
    assert draws.dtype == torch.float32
    values = draws.flatten().double().numpy()
    variance, kurtosis = float(law.var()), float(law.stats(moments="k"))
    assert abs(values.mean()) < 5 * math.sqrt(variance / n)
    error = variance * math.sqrt((kurtosis + 2) / n)  # of the sample variance
    assert abs(values.var() - variance) < 5 * error
    assert stats.kstest(values, law.cdf).pvalue > 1e-3


@every_law
def test_samples_follow_the_generator(prior: Prior, law: stats.rv_continuous) -> None:
    del law
    first, again, other = (
        prior.sample((50,), torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_logistic_samples_are_finite_at_the_ends_of_the_unit_interval(
    monkeypatch: pytest.MonkeyPatch, rng: torch.Generator
) -> None:
    ends = torch.tensor([0.0, 1.0 - 2.0**-24, 0.5])
    monkeypatch.setattr(torch, "rand", lambda *_, **__: ends)
    drawn = StandardLogistic().sample((3,), rng)
    assert bool(drawn.isfinite().all())
    assert float(drawn[2]) == 0.0


def test_the_logistic_score_is_bounded() -> None:
    z = torch.linspace(-50, 50, 101, dtype=torch.float64, requires_grad=True)
    (score,) = torch.autograd.grad(StandardLogistic().log_density(z).sum(), z)
    torch.testing.assert_close(score, -torch.tanh(z / 2).detach())


def plane_flow(prior: Prior) -> Flow:
    """Return a curved flow of the plane, with known parameters."""
    scale = DiagonalScale((2,)).double()
    with torch.no_grad():
        scale.log_scale.copy_(torch.tensor([0.4, -0.3]))

    def bend(kept: Tensor) -> Tensor:
        return torch.sin(2.0 * kept)

    def stretch(kept: Tensor) -> Tensor:
        return torch.cat([0.5 * torch.cos(kept), 0.3 * kept], dim=1)

    steps = [
        AdditiveCoupling(OddEven(), bend),
        AffineCoupling(OddEven(swap=True), stretch),
        scale,
    ]
    return Flow(Composition(*steps), prior, (2,))


@pytest.mark.parametrize("prior", [StandardNormal(), StandardLogistic()])
def test_the_density_of_a_flow_integrates_to_one(prior: Prior) -> None:
    nodes, weights = special.roots_legendre(500)
    side = 30.0  # both laws have less than 1e-8 of their mass outside
    grid = side * np.stack(np.meshgrid(nodes, nodes, indexing="ij"), -1).reshape(-1, 2)
    with torch.no_grad():
        density = plane_flow(prior).log_prob(torch.from_numpy(grid)).exp().numpy()
    total = side**2 * weights @ density.reshape(500, 500) @ weights
    assert total == pytest.approx(1.0, abs=1e-6)


def test_samples_of_a_flow_follow_its_density(rng: torch.Generator) -> None:
    flow = plane_flow(StandardNormal())
    n, edges = 40_000, np.linspace(-3.0, 3.0, 13)
    x = flow.sample(n, rng).double().numpy()
    found, *_ = np.histogram2d(x[:, 0], x[:, 1], bins=[edges, edges])
    # the mass of each cell by 12 x 12 Gauss-Legendre points
    nodes, weights = special.roots_legendre(12)
    half = (edges[1] - edges[0]) / 2
    points = ((edges[:-1] + half)[:, None] + half * nodes).ravel()
    grid = np.stack(np.meshgrid(points, points, indexing="ij"), -1).reshape(-1, 2)
    with torch.no_grad():
        density = flow.log_prob(torch.from_numpy(grid)).exp().numpy()
    cells = density.reshape(12, 12, 12, 12)  # cell, node, cell, node
    mass = half**2 * np.einsum("injm,n,m->ij", cells, weights, weights)
    expected = np.append(n * mass.ravel(), n * (1 - mass.sum()))
    counts = np.append(found.ravel(), n - found.sum())
    large = expected >= 5
    merged = [np.append(v[large], v[~large].sum()) for v in (counts, expected)]
    assert stats.chisquare(*merged).pvalue > 1e-3


def test_a_flow_called_is_its_log_probability(rng: torch.Generator) -> None:
    flow = plane_flow(StandardLogistic())
    x = torch.randn(4, 2, generator=rng, dtype=torch.float64)
    z, log_det = flow.bijection(x)
    expected = (
        stats.logistic.logpdf(z.detach().numpy()).sum(1) + log_det.detach().numpy()
    )
    np.testing.assert_allclose(flow(x).detach(), expected, rtol=1e-12)


@pytest.mark.parametrize("temperature", [0.0, 0.5, 1.0, 1.3])
def test_temperature_multiplies_the_code(temperature: float) -> None:
    flow = plane_flow(StandardLogistic())
    seeds = [torch.Generator().manual_seed(8) for _ in range(2)]
    x = flow.sample(64, seeds[0], temperature)
    code = temperature * StandardLogistic().sample((64, 2), seeds[1])
    torch.testing.assert_close(flow.bijection(x)[0].detach(), code.double())
    assert not x.requires_grad


def test_a_negative_temperature_is_refused(rng: torch.Generator) -> None:
    with pytest.raises(ValueError, match=r"at least 0, got -0\.5"):
        plane_flow(StandardNormal()).sample(1, rng, -0.5)


def test_bits_per_dim_of_the_papers_numbers() -> None:
    assert bits_per_dim(1980.50, 784, 1 / 256) == pytest.approx(4.356, abs=5e-4)
    assert bits_per_dim(5371.78, 3072, 2 / 256) == pytest.approx(4.477, abs=5e-4)


@given(st.floats(-1e5, 1e5), st.integers(1, 5000))
def test_bits_per_dim_closed_forms(log_likelihood: float, dimensions: int) -> None:
    nats = log_likelihood / (dimensions * math.log(2))
    for high_bits, cells in ((8, Dequantization()), (7, Dequantization(256, -1.0))):
        bits = cells.bits_per_dim(log_likelihood, dimensions)
        assert bits == pytest.approx(high_bits - nats, rel=1e-12, abs=1e-9)


@pytest.mark.parametrize(("dimensions", "width"), [(0, 0.1), (-3, 0.1), (4, 0.0)])
def test_bits_per_dim_of_nothing_is_refused(dimensions: int, width: float) -> None:
    with pytest.raises(ValueError, match=f"got {dimensions} and {width}"):
        bits_per_dim(0.0, dimensions, width)


def test_a_uniform_law_over_the_grey_levels_costs_its_entropy() -> None:
    cells = Dequantization(levels=17, low=-2.0, high=3.0)
    log_density = 10 * math.log(1 / 5.0)  # uniform on [-2, 3], ten coordinates
    assert cells.bits_per_dim(log_density, 10) == pytest.approx(math.log2(17))


@pytest.mark.parametrize(
    "cells", [Dequantization(), Dequantization(17), Dequantization(4, -1.0, 1.0)]
)
def test_dequantization_fills_each_levels_cell(
    cells: Dequantization, rng: torch.Generator
) -> None:
    n = 4000
    pixels = torch.arange(cells.levels).repeat(n, 1)
    values = cells(pixels, rng)
    assert values.dtype == torch.float32
    width = (cells.high - cells.low) / cells.levels
    assert cells.cell_width == pytest.approx(width)
    within = (values.double() - cells.low) / width - pixels
    assert float(within.min()) >= -1e-4
    assert float(within.max()) <= 1 + 1e-4
    error = 1 / math.sqrt(12 * within.numel())
    assert abs(float(within.mean()) - 0.5) < 5 * error
    assert stats.kstest(within.flatten()[:20_000], "uniform").pvalue > 1e-3


def test_dequantization_takes_bytes(rng: torch.Generator) -> None:
    pixels = torch.tensor([[0, 255]], dtype=torch.uint8)
    values = Dequantization()(pixels, rng)
    assert 0.0 <= float(values[0, 0]) <= 1 / 256
    assert 255 / 256 <= float(values[0, 1]) <= 1.0


@pytest.mark.parametrize("prior", [StandardNormal(), StandardLogistic()])
def test_samples_have_device_and_precision_of_the_flow(prior: Prior) -> None:
    coupling = AdditiveCoupling(Prefix(2), nn.Linear(2, 2))
    flow = Flow(Composition(coupling), prior, (4,)).double()
    drawn = flow.sample(3, generator(0))
    assert drawn.dtype == torch.float64
    torch.testing.assert_close(drawn, flow.float().sample(3, generator(0)).double())
    assert flow.to("meta").sample(3, generator(0)).device == torch.device("meta")
