"""Intervals of confidence, alone and as bands over time."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from rederived import figures
from rederived.figures import dot_plot, forest_plot, line_panels
from rederived.figures.intervals import student, wilson
from scipy import stats


def test_wilson_is_that_of_scipy() -> None:
    so = np.array([[1.0, 0, 0], [1, 1, 0], [1, 0, 0], [1, 0, 0]])
    low, share, high = wilson(so)
    assert share.tolist() == [1.0, 0.25, 0.0]
    for place, count in enumerate((4, 1, 0)):
        peer = stats.binomtest(count, 4).proportion_ci(0.95, "wilson")
        assert (low[place], high[place]) == pytest.approx((peer.low, peer.high))


def test_means_have_a_band_of_student() -> None:
    values = np.array([[1.0, 3.0], [2.0, 3.0], [4.0, 3.0]])
    figure = line_panels(
        {"panel": {"a": values}}, x=[10, 20], xlabel="t", ylabel="y", band="student"
    )
    (axes,) = figure.axes
    (area,) = axes.collections
    corners = area.get_paths()[0].vertices
    heights = corners[np.isclose(corners[:, 0], 10), 1]
    first = values[:, 0]
    expected = stats.t.interval(0.95, 2, first.mean(), stats.sem(first))
    assert (heights.min(), heights.max()) == pytest.approx(expected)
    assert axes.lines[0].get_ydata() == pytest.approx(values.mean(0))


def test_shares_have_the_interval_of_wilson_and_a_panel_a_group() -> None:
    so = np.array([[True, False], [True, True]])
    group = {"without": so, "with": ~so}
    figure = line_panels(
        {"a": group, "b": group}, x=[1, 2], xlabel="t", ylabel="y", band="wilson"
    )
    low, _, high = wilson(so.astype(float))
    corners = figure.axes[0].collections[0].get_paths()[0].vertices
    heights = corners[np.isclose(corners[:, 0], 2), 1]
    assert (heights.min(), heights.max()) == pytest.approx((low[1], high[1]))
    assert [axes.get_title() for axes in figure.axes] == ["a", "b"]
    assert figure.axes[1].lines[1].get_ydata().tolist() == [0.0, 0.5]
    assert figure.axes[0].get_legend() is not None


def test_intervals_are_those_of_student() -> None:
    values = np.array([1.0, 2.0, 4.0])
    figure = forest_plot({"line": {"name": values}}, xlabel="x")
    (bars,) = (c for c in figure.axes[0].containers)
    ends = bars.lines[2][0].get_segments()[0][:, 0]
    assert figure.axes[0].lines[0].get_xdata() == [0, 0]  # the line at zero
    expected = stats.t.interval(0.95, 2, values.mean(), stats.sem(values))
    assert ends == pytest.approx(expected)


def test_numbers_stand_beside_their_marks() -> None:
    lines = {"first": {"a": 10.4, "b": 12.0}, "second": {"b": 5.0}}
    figure = dot_plot(lines, xlabel="x", limits=(0, 20), rule_after=1)
    (axes,) = figure.axes
    marks = {str(m.get_label()): m.get_xydata().tolist() for m in axes.lines[:2]}
    assert marks == {"a": [[10.4, 0]], "b": [[12.0, 0], [5.0, 1]]}
    words = [(t.get_text(), t.xy, t.get_ha()) for t in axes.texts]
    assert words == [
        ("10", (10.4, 0), "right"),
        ("12", (12.0, 0), "left"),
        ("5", (5.0, 1), "left"),
    ]
    assert [t.get_text() for t in axes.get_yticklabels()] == [*lines]


@pytest.mark.parametrize(
    "draw",
    [
        lambda: student([1.0]),
        lambda: wilson(np.array([0.5, 1.0])),
        lambda: wilson(np.array([])),
        lambda: figures.forest_plot({"a": {"b": [1.0]}}, xlabel="x"),
        lambda: figures.matrices(
            {"a": [[math.nan, 0.0]]}, xlabel="x", ylabel="y", limit=1.0
        ),
    ],
)
def test_figures_do_not_draw_what_is_no_number(draw: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"interval|NaN"):
        draw()
