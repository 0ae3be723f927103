"""Stacked bars: where the parts begin and end."""

from __future__ import annotations

import pytest
from rederived.figures import stacked_bars


def test_parts_pile_up_by_their_signs() -> None:
    bars = {
        "one": {"a": 1.0, "b": -2.0, "c": 3.0},
        "two": {"a": 0.0, "b": 2.0, "c": 1.0},
    }
    figure = stacked_bars(bars, ylabel="nats", total="sum")
    (axes,) = figure.axes
    drawn = [(p.get_y(), p.get_height()) for p in axes.patches if p.get_height() != 0]
    assert drawn == [(0.0, 1.0), (0.0, 2.0), (0.0, -2.0), (1.0, 3.0), (2.0, 1.0)]
    (sums,) = [line for line in axes.lines if line.get_label() == "sum"]
    assert list(sums.get_ydata()) == [2.0, 3.0]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["one", "two"]
    low, high = axes.get_ylim()
    assert low < -2.0
    assert high > 4.0
    with pytest.raises(ValueError, match="every bar needs"):
        stacked_bars({"one": {"a": 1.0}, "two": {"b": 1.0}}, ylabel="nats")
