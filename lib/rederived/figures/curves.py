"""The book's figures: each function takes arrays and returns one finished figure.

``show(figure, alt=...)`` puts it on the page.  Nothing here reads or changes
matplotlib's global state; :func:`style` serves figures that a chapter draws itself.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

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

LogDensity = Callable[[torch.Tensor], torch.Tensor]
"""Points (N, 2), float64 -> log-density in nats, (N,)."""


def curves(
    series: Mapping[str, Values],
    *,
    xlabel: str,
    ylabel: str,
    x: Values | None = None,
    references: Mapping[str, float] | None = None,
) -> Figure:
    """Lines over a common axis, with a band of one standard deviation over seeds.

    Args:
        series: name -> (T,) for one run, or (seeds, T): mean and mean ± sd.
        xlabel: what is on the horizontal axis, with its unit.
        ylabel: what is on the vertical axis, with its unit.
        x: positions (T,); by default 1, ..., T.
        references: name -> level of a horizontal line, for instance a paper's value.
    """
    with style():
        figure = Figure(figsize=(WIDTH, 3.6))
        axes = figure.subplots()
        for index, (name, values) in enumerate(series.items()):
            runs = np.atleast_2d(as_array(values))
            steps = np.arange(1, runs.shape[1] + 1) if x is None else x
            positions = as_array(steps)
            mean = runs.mean(0)
            _plot(axes, index, name, positions, mean)
            if len(runs) > 1:
                sd = runs.std(0, ddof=1)
                colour = COLOURS[index % len(COLOURS)]
                axes.fill_between(
                    positions, mean - sd, mean + sd, color=colour, alpha=0.2, lw=0
                )
        for name, level in (references or {}).items():
            axes.axhline(level, color="#555555", lw=1, ls=(0, (1, 2)))
            axes.annotate(name, (0.01, level), xycoords=("axes fraction", "data"),
                          ha="left", va="bottom", fontsize=8.5)  # fmt: skip
        axes.set(xlabel=xlabel, ylabel=ylabel)
        axes.legend()
    return figure


def histories(
    metrics: Mapping[str, Sequence[Sequence[float]]], *, xlabel: str
) -> Figure:
    """One panel a metric, one line a seed; seeds may have stopped at different times.

    Args:
        metrics: name -> for each seed its values at 1, 2, ...
        xlabel: what is counted on the horizontal axis.
    """
    with style():
        figure, places = panels(len(metrics), 0.8)
        for axes, (name, runs) in zip(places, metrics.items(), strict=True):
            for index, values in enumerate(runs):
                positions = np.arange(1, len(values) + 1, dtype=np.float64)
                _plot(axes, index, f"run {index + 1}", positions, as_array(values))
            axes.set(title=name, xlabel=xlabel)
        places[0].legend()
    return figure


def density(
    log_densities: Mapping[str, LogDensity],
    *,
    low: tuple[float, float],
    high: tuple[float, float],
    points: Mapping[str, Values] | None = None,
    resolution: int = 160,
) -> Figure:
    """Two-dimensional densities side by side, darker where denser.

    Args:
        log_densities: title -> function of points.
        low: lower left corner of what is shown.
        high: upper right corner.
        points: title -> samples (N, 2) drawn into the panel of that title.
        resolution: grid points per side.
    """
    sides = [
        torch.linspace(a, b, resolution, dtype=torch.float64)
        for a, b in zip(low, high, strict=True)
    ]
    grid = torch.cartesian_prod(*sides)
    extent = (low[0], high[0], low[1], high[1])
    with style():
        figure, places = panels(len(log_densities), 1.0)
        for axes, (title, function) in zip(places, log_densities.items(), strict=True):
            with torch.no_grad():
                values = function(grid).exp().reshape(resolution, resolution)
            axes.imshow(as_array(values).T, "Blues", origin="lower", extent=extent)
            if points is not None and title in points:
                first, second = as_array(points[title]).T
                axes.scatter(first, second, s=2, color=COLOURS[1], alpha=0.5)
            axes.set(title=title, xlim=(low[0], high[0]), ylim=(low[1], high[1]))
            axes.grid(visible=False)
    return figure


def scatter(
    groups: Mapping[str, Values], *, xlabel: str, ylabel: str, equal: bool = False
) -> Figure:
    """Points of several groups in one plane, told apart by colour and marker.

    Args:
        groups: name -> (N, 2).
        xlabel: what is on the horizontal axis, with its unit.
        ylabel: what is on the vertical axis, with its unit.
        equal: whether both axes have one scale.
    """
    with style():
        figure = Figure(figsize=(WIDTH, 4.2))
        axes = figure.subplots()
        for index, (name, points) in enumerate(groups.items()):
            marker = MARKERS[index % len(MARKERS)]
            first, second = as_array(points).T
            axes.scatter(first, second, s=14, marker=marker, alpha=0.7, label=name)
        axes.set(xlabel=xlabel, ylabel=ylabel, aspect="equal" if equal else "auto")
        axes.legend()
    return figure


def clouds(panels_of_points: Mapping[str, Values]) -> Figure:
    """Point clouds side by side, each under its title, axes of equal scale.

    Args:
        panels_of_points: title -> (N, 2).
    """
    with style():
        figure, places = panels(len(panels_of_points), 1.0)
        for axes, (title, points) in zip(places, panels_of_points.items(), strict=True):
            first, second = as_array(points).T
            axes.scatter(first, second, s=2, alpha=0.5)
            axes.set(title=title, aspect="equal")
    return figure


def spectrum(
    values: Mapping[str, Values], *, ylabel: str, threshold: float | None = None
) -> Figure:
    """Positive values in falling order on a logarithmic axis.

    Args:
        values: name -> (D,), in any order.
        ylabel: what they are, with the unit.
        threshold: level of a horizontal line.
    """
    with style():
        figure = Figure(figsize=(WIDTH, 3.4))
        axes = figure.subplots()
        for index, (name, entries) in enumerate(values.items()):
            falling = np.sort(as_array(entries))[::-1]
            ranks = np.arange(1, len(falling) + 1)
            _plot(axes, index, name, ranks.astype(np.float64), falling)
        if threshold is not None:
            axes.axhline(threshold, color="#555555", lw=1, ls=(0, (1, 2)))
        axes.set(xlabel="rank", ylabel=ylabel, yscale="log")
        axes.legend()
    return figure


def _plot(axes: Axes, index: int, name: str, x: Array, y: Array) -> None:
    """The index-th line, with its dash and a few markers."""
    axes.plot(
        x,
        y,
        label=name,
        linestyle=DASHES[index % len(DASHES)],
        marker=MARKERS[index % len(MARKERS)],
        markevery=max(1, len(x) // 8),
    )
