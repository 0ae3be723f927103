"""Figures of lines: over a common axis or axes of their own, with bands."""

from collections.abc import Collection, Mapping
from typing import Literal, get_args

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rederived.figures.intervals import student, wilson
from rederived.figures.styling import (
    COLOURS,
    DASHES,
    MARKERS,
    WIDTH,
    Array,
    Values,
    as_array,
    panels,
    style,
)

Series = Mapping[str, Values | tuple[Values, Values]]
"""Name of a line -> its values, or the pair of its positions (T,) and its values.

Values are (T,), or (n, T) for n runs: their mean is drawn, with a band around it.
"""

Band = Literal["deviation", "student", "wilson"]
"""What the band over n runs is: mean ± standard deviation, Student's 95 % interval of
the mean, or Wilson's 95 % interval of a share (values are zeros and ones)."""


def lines(
    series: Series,
    *,
    xlabel: str,
    ylabel: str,
    x: Values | None = None,
    log: Literal["", "x", "y", "xy"] = "",
    references: Mapping[str, float] | None = None,
    label_references: Literal["left", "right"] = "right",
) -> Figure:
    """Lines in one panel; where one has several runs, a band of ± one deviation.

    Args:
        series: see :data:`Series`.
        xlabel: what is on the horizontal axis, with its unit.
        ylabel: what is on the vertical axis, with its unit.
        x: positions (T,) of values that come without; by default 1, ..., T.
        log: which axes are logarithmic.
        references: name -> level of a horizontal line, for instance a paper's value.
        label_references: the end at which their names stand.
    """
    place = 0.01 if label_references == "left" else 1
    with style():
        figure = Figure(figsize=(WIDTH, 3.6))
        axes = figure.subplots()
        _draw(axes, series, x, "deviation")
        for name, level in (references or {}).items():
            axes.axhline(level, color="#555555", lw=1, ls=(0, (1, 2)))
            axes.annotate(name, (place, level), xycoords=("axes fraction", "data"),
                          ha=label_references, va="bottom", fontsize=9)  # fmt: skip
        axes.set(xlabel=xlabel, ylabel=ylabel)
        if "x" in log:
            axes.set_xscale("log")
        if "y" in log:
            axes.set_yscale("log")
        axes.legend()
    return figure


def line_panels(
    groups: Mapping[str, Series],
    *,
    xlabel: str,
    ylabel: str = "",
    x: Values | None = None,
    band: Band = "deviation",
    points: Collection[str] = (),
) -> Figure:
    """Lines in panels side by side, with one legend.

    Args:
        groups: title of a panel -> its lines, see :data:`Series`, the first panel's or
            some from their beginning.
        xlabel: what is on the horizontal axes, with the unit.
        ylabel: what is on the vertical axis of the first panel, with its unit.
        x: positions (T,) of values that come without; by default 1, ..., T.
        band: see :data:`Band`; with ``"wilson"`` the vertical axes are from 0 to 1.
        points: names of the series that are drawn as markers without a line.

    Raises:
        ValueError: if a panel does not begin as the first one, which has the legend.
    """
    names = list(next(iter(groups.values())))
    if any(list(series) != names[: len(series)] for series in groups.values()):
        raise ValueError(f"one legend: give each panel the first lines of {names}")
    with style():
        figure, places = panels(len(groups), 0.8)
        for axes, (title, series) in zip(places, groups.items(), strict=True):
            _draw(axes, series, x, band, points)
            axes.set(title=title, xlabel=xlabel)
            if band == "wilson":
                axes.set_ylim(-0.05, 1.05)
        places[0].set(ylabel=ylabel)
        places[0].legend()
    return figure


def spectrum(
    values: Mapping[str, Values], *, ylabel: str, threshold: float | None = None
) -> Figure:
    """Positive values in falling order on a logarithmic axis.

    Args:
        values: name -> (D,), in any order.
        ylabel: what they are, with the unit.
        threshold: level of a horizontal line.

    Raises:
        ValueError: if a value is not finite.
    """
    falling = {name: np.sort(as_array(of))[::-1] for name, of in values.items()}
    if any(not np.isfinite(of).all() for of in falling.values()):
        raise ValueError("a value is NaN or infinite: it has no rank")
    with style():
        figure = Figure(figsize=(WIDTH, 3.4))
        axes = figure.subplots()
        _draw(axes, falling, None, "deviation")
        if threshold is not None:
            axes.axhline(threshold, color="#555555", lw=1, ls=(0, (1, 2)))
        axes.set(xlabel="rank", ylabel=ylabel, yscale="log")
        axes.legend()
    return figure


def _draw(
    axes: Axes,
    series: Series,
    x: Values | None,
    band: Band,
    points: Collection[str] = (),
) -> None:
    """All lines, each with its colour, dash and a few markers, over its band."""
    for index, (name, values) in enumerate(series.items()):
        other = index + index // len(COLOURS)  # the eighth is not the first again
        own, y = values if isinstance(values, tuple) else (x, values)
        if np.ndim(as_array(y)) == 0:  # two numbers are not a position and a value
            raise ValueError(f"{name}: give values as a list or an array, got {y!r}")
        runs = np.atleast_2d(as_array(y))  # (n, T)
        across = np.arange(1.0, runs.shape[1] + 1) if own is None else as_array(own)
        colour = COLOURS[index % len(COLOURS)]
        axes.plot(
            across,
            runs.mean(0),
            color=colour,
            label=name,
            linestyle="none" if name in points else DASHES[other % len(DASHES)],
            marker=MARKERS[other % len(MARKERS)],
            markevery=1 if name in points else max(1, runs.shape[1] // 8),
        )
        if len(runs) > 1:
            opacity = 0.2 if band == "deviation" else 0.15
            ends = _ends(runs, band)
            axes.fill_between(across, *ends, color=colour, alpha=opacity, lw=0)


def _ends(runs: Array, band: Band) -> tuple[Array, Array]:
    """The lower and the upper end of the band over runs, (n, T) -> (T,) each."""
    if band not in get_args(Band):
        raise ValueError(f"band must be one of {get_args(Band)}, got {band!r}")
    if band == "wilson":
        low, _, high = wilson(runs)
        return low, high
    if band == "student":
        middle, reach = student(runs)
    else:
        middle, reach = runs.mean(0), runs.std(0, ddof=1)
    return middle - reach, middle + reach
