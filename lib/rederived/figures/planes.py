"""Figures of the plane: densities and groups of points."""

from collections.abc import Callable, Mapping

import torch
from matplotlib.figure import Figure

from rederived.figures.styling import (
    COLOURS,
    MARKERS,
    WIDTH,
    Values,
    as_array,
    panels,
    style,
)

LogDensity = Callable[[torch.Tensor], torch.Tensor]
"""Points (N, 2), float64 -> log-density in nats, (N,)."""


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
            marker = MARKERS[(index + index // len(COLOURS)) % len(MARKERS)]
            first, second = as_array(points).T
            axes.scatter(first, second, s=14, marker=marker, alpha=0.7, label=name)
        axes.set(xlabel=xlabel, ylabel=ylabel, aspect="equal" if equal else "auto")
        axes.legend()
    return figure
