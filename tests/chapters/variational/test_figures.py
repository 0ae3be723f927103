"""Chapter 2's figures: what they show."""

import numpy as np
import torch
from rederived.chapters.variational import figures


def test_comparisons_has_an_arrow_and_two_boxes_a_row() -> None:
    rows = [("EM", "p", "→", "q", "nothing"), ("GAN", "p", "←", "q", "a term")]
    axes = figures.comparisons(rows, ("left", "right", "remark")).axes[0]
    assert len(axes.patches) == 4
    words = [text.get_text() for text in axes.texts]
    assert {"EM", "GAN", "a term", "left"} <= set(words)
    arrows = [text for text in axes.texts if getattr(text, "arrow_patch", None)]
    right, top = axes.get_xlim()[1], axes.get_ylim()[1]
    assert all(text.xy[0] < right and text.xy[1] < top for text in arrows)
    ends = [(arrow.xy[0], arrow.xyann[0]) for arrow in arrows]
    assert ends[0][0] > ends[0][1]
    assert ends[1][0] < ends[1][1]
    headings = [text.get_position()[0] for text in axes.texts[:2]] * 2
    boxes = [(box.get_x(), box.get_x() + box.get_width()) for box in axes.patches]
    np.testing.assert_allclose(np.mean(boxes, 1), headings)
    for left, right in (boxes[:2], boxes[2:]):  # the arrow is between them
        assert left[1] < min(ends[0])
        assert max(ends[0]) < right[0]


def test_the_simplex_marks_its_minimum() -> None:
    corner = torch.tensor([1.0, 0.0, 0.0]).double()
    figure = figures.simplex(
        {"linear": lambda laws: -laws[:, 0]}, {"corner": corner}, resolution=20
    )
    crosses, marked = (
        each.get_offsets()[0] for each in figure.axes[0].collections[-2:]
    )
    np.testing.assert_allclose(marked, [0, 0], atol=1e-12)
    assert np.abs(crosses - marked).max() < 0.11
    corners = figure.axes[0].texts
    assert [text.get_text() for text in corners] == ["x₁", "x₂", "x₃"]
    heights = [text.get_position()[1] for text in corners]
    low, high = figure.axes[0].get_ylim()
    assert low < heights[0] == heights[1] < 0  # outside the triangle, inside the panel
    assert 3**0.5 / 2 < heights[2] < high


def test_shares_writes_the_numbers() -> None:
    figure = figures.shares([[0.1, 0.9]], ["row"], ["a", "b"], ("x", "y"))
    assert [t.get_text() for t in figure.axes[0].texts] == ["0.10", "0.90"]
