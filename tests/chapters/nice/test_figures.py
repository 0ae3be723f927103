"""Chapter 3's figure: what it shows."""

import numpy as np
import torch
from rederived.chapters.nice.figures import clouds


def test_clouds_have_a_panel_a_title_and_one_scale(rng: torch.Generator) -> None:
    points = torch.randn(7, 2, generator=rng)
    second = torch.arange(7) > 3
    figure = clouds({"data": points, "codes": 2 * points}, second)
    assert [axes.get_title() for axes in figure.axes] == ["data", "codes"]
    groups = figure.axes[1].collections
    for group, own in zip(groups, (~second, second), strict=True):
        np.testing.assert_allclose(group.get_offsets(), 2 * points[own])
    colours = [tuple(group.get_facecolor()[0]) for group in groups]
    assert colours[0] != colours[1]
    assert figure.axes[0].get_aspect() == 1.0
