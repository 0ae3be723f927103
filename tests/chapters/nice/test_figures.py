"""Chapter 3's figure: what it shows."""

import numpy as np
import torch
from rederived.chapters.nice.figures import clouds


def test_clouds_have_a_panel_a_title_and_one_scale(rng: torch.Generator) -> None:
    points = torch.randn(7, 2, generator=rng)
    figure = clouds({"data": points, "codes": 2 * points})
    assert [axes.get_title() for axes in figure.axes] == ["data", "codes"]
    offsets = figure.axes[1].collections[0].get_offsets()
    np.testing.assert_allclose(offsets, 2 * points)
    assert figure.axes[0].get_aspect() == 1.0
