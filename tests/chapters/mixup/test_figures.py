"""Labelled points in the plane, and the figure of decision surfaces."""

from __future__ import annotations

import math

import pytest
import torch
from rederived.chapters.mixup.figures import decision_surfaces
from rederived.datasets.classes import two_moons, two_rings


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_moons_without_noise_lie_on_their_half_circles() -> None:
    x, labels = two_moons(400, seeded(), scale=0.0)
    centres = torch.tensor([[0.0, 0.0], [1.0, 0.5]])[labels]
    assert torch.allclose((x - centres).norm(dim=1), torch.ones(400), atol=1e-5)
    up = x[:, 1] - centres[:, 1]
    assert bool((up[labels == 0] >= -1e-5).all() and (up[labels == 1] <= 1e-5).all())
    assert labels.sum() == 200


def test_rings_without_noise_have_their_radii() -> None:
    x, labels = two_rings(401, seeded(), scale=0.0)
    assert torch.allclose(x.norm(dim=1), 1.0 + labels, atol=1e-5)
    assert labels.bincount().tolist() == [200, 201]
    assert float(x[labels == 1].mean(0).norm()) < 0.3
    with pytest.raises(ValueError, match="n is 1"):
        two_rings(1, seeded())


@pytest.mark.parametrize("scale", [-0.5, math.inf])
def test_a_noise_that_is_none_is_refused(scale: float) -> None:
    with pytest.raises(ValueError, match=f"scale {scale}"):
        two_moons(2, seeded(), scale)


def test_a_panel_for_each_classifier() -> None:
    x, labels = two_moons(20, seeded())
    figure = decision_surfaces(
        {"left": lambda p: p[:, 0].sigmoid(), "right": lambda p: p[:, 1].sigmoid()},
        x,
        labels,
        low=(-2, -1),
        high=(3, 2),
        resolution=10,
    )
    assert [axes.get_title() for axes in figure.axes[:2]] == ["left", "right"]
    for axes in figure.axes[:2]:
        assert (axes.get_xlim(), axes.get_ylim()) == ((-2, 3), (-1, 2))
    assert figure.axes[0].get_ylabel() == "x₂"
    values = figure.axes[0].images[0].get_array()
    assert values[0, 0] == pytest.approx(float(torch.tensor(-2.0).sigmoid()))
    assert values[0, -1] == pytest.approx(float(torch.tensor(3.0).sigmoid()))
    figure.canvas.draw()
