"""Points in the plane against SciPy and against geometry."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from rederived.datasets import points
from rederived.datasets.classes import two_moons, two_rings
from scipy.stats import multivariate_normal


def draw_grid(n, generator):
    return points.gaussian_mixture(
        n, generator, points.grid_centres(), points.GRID_SCALE
    )


MIXTURES = {
    "ring": (points.ring, points.ring_centres(), 8),
    "grid": (draw_grid, points.grid_centres(), 25),
}


@pytest.mark.parametrize("name", MIXTURES)
def test_draws_follow_their_density(name, rng):
    draw, centres, modes = MIXTURES[name]
    n = 20_000
    x = draw(n, rng)
    assert x.shape == (n, 2)
    assert x.dtype == torch.float32
    nearest = torch.cdist(x, centres).argmin(dim=1)
    counts = nearest.bincount(minlength=modes)
    # Binomial counts, five standard errors.
    bound = 5 * (n / modes * (1 - 1 / modes)) ** 0.5
    assert (counts - n / modes).abs().max() < bound
    # Entropy of separate modes: log K + log(2 pi e s^2), standard error 1/sqrt(n).
    entropy = np.log(modes) + np.log(2 * np.pi * np.e * 0.1**2)
    each = [
        multivariate_normal(centre, 0.1**2 * np.eye(2)).logpdf(x.numpy())
        for centre in centres.double().numpy()
    ]
    log_density = np.logaddexp.reduce(each) - np.log(modes)
    assert abs(-log_density.mean() - entropy) < 5 / n**0.5


def test_centres_are_where_they_should_be():
    ring, grid = points.ring_centres(), points.grid_centres()
    assert ring.shape == (8, 2)
    assert grid.shape == (25, 2)
    torch.testing.assert_close(ring.norm(dim=1), torch.full((8,), 2.0))
    torch.testing.assert_close(ring[2], torch.tensor([0.0, 2.0]), atol=1e-6, rtol=0)
    assert grid.mean(dim=0).tolist() == [0, 0]
    assert torch.cdist(grid, grid)[0].sort().values[1] == 1


def test_moons_lie_on_two_half_circles(rng):
    x = points.moons(5_000, rng, scale=0)
    upper = (x - torch.tensor([0.0, 0.0])).norm(dim=1)
    lower = (x - torch.tensor([1.0, 0.5])).norm(dim=1)
    on_upper = ((upper - 1).abs() < 1e-5) & (x[:, 1] > -1e-5)
    on_lower = ((lower - 1).abs() < 1e-5) & (x[:, 1] < 0.5 + 1e-5)
    assert bool((on_upper | on_lower).all())
    assert abs(on_upper.float().mean().item() - 0.5) < 5 * 0.5 / 5_000**0.5


def test_moons_noise_has_the_scale_asked_for():
    clean = points.moons(20_000, torch.Generator().manual_seed(3), scale=0)
    noisy = points.moons(20_000, torch.Generator().manual_seed(3), scale=0.3)
    assert abs((noisy - clean).std().item() - 0.3) < 5 * 0.3 / (2 * 40_000) ** 0.5


@pytest.mark.parametrize("draw", [points.ring, draw_grid, points.moons])
def test_the_generator_decides_everything(draw):
    first = draw(50, torch.Generator().manual_seed(5))
    torch.rand(3)
    assert torch.equal(first, draw(50, torch.Generator().manual_seed(5)))
    assert not torch.equal(first, draw(50, torch.Generator().manual_seed(6)))


@pytest.mark.parametrize("draw", [points.ring, points.moons, two_moons, two_rings])
def test_the_default_type_decides_nothing(draw):
    def drawn():
        return draw(5, torch.Generator().manual_seed(3))

    before = drawn()
    torch.set_default_dtype(torch.float64)
    try:
        after = drawn()
    finally:
        torch.set_default_dtype(torch.float32)
    torch.testing.assert_close(after, before, rtol=0, atol=0)  # types as well


def test_bad_input_is_named(rng):
    centres = points.ring_centres()
    with pytest.raises(ValueError, match="scale is 0"):
        points.gaussian_mixture(1, rng, centres, 0)
    with pytest.raises(ValueError, match=r"shape \(8,\)"):
        points.gaussian_mixture(1, rng, centres[:, 0], 0.1)
