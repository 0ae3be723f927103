"""Chapter 7's own figures: trajectories of optimizers, and what they reach."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rederived.figures.styling import (
    COLOURS,
    MARKERS,
    Values,
    as_array,
    panels,
    style,
)

Function = Callable[[torch.Tensor], torch.Tensor]
"""Points (N, 2), float64 -> one number each, (N,), or a vector each, (N, 2)."""


def trajectories(
    losses: Mapping[str, Function],
    paths: Mapping[str, Mapping[str, Values]],
    *,
    low: tuple[float, float],
    high: tuple[float, float],
    fields: Mapping[str, Function] | None = None,
) -> Figure:
    """Paths over the contours of a loss in the plane, panels side by side.

    Args:
        losses: title -> loss.
        paths: title -> name -> points (T, 2).
        low: lower left corner of what is shown.
        high: upper right corner.
        fields: title -> vector field drawn as arrows of equal length.
    """
    sides = [
        torch.linspace(a, b, 120, dtype=torch.float64)
        for a, b in zip(low, high, strict=True)
    ]
    grid = torch.cartesian_prod(*sides)
    names = dict.fromkeys(name for panel in paths.values() for name in panel)
    looks = {name: index for index, name in enumerate(names)}
    with style():
        ratio = (high[1] - low[1]) / (high[0] - low[0])
        figure, places = panels(len(losses), ratio)
        for axes, (title, loss) in zip(places, losses.items(), strict=True):
            heights = as_array(loss(grid)).reshape(120, 120).T
            levels = np.quantile(heights, np.linspace(0.02, 0.98, 10) ** 2)
            x, y = (as_array(side) for side in sides)
            axes.contour(x, y, heights, np.unique(levels), colors="#bbbbbb",
                         linewidths=0.7)  # fmt: skip
            if fields is not None and title in fields:
                _arrows(axes, fields[title], low, high)
            for name, points in paths[title].items():
                index = looks[name] % len(COLOURS)
                across, up = as_array(points).T
                axes.plot(across, up, color=COLOURS[index], label=name, lw=1.3,
                          marker=MARKERS[index], markersize=2.5,
                          markevery=max(1, len(across) // 25))  # fmt: skip
            axes.set(title=title, aspect="equal", xlabel="θ₁")
            axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
            axes.grid(visible=False)
        places[0].set_ylabel("θ₂")
        handles = {
            label: handle
            for axes in places
            for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
        }
        figure.legend(handles.values(), handles.keys(), loc="outside lower center",
                      ncols=4)  # fmt: skip
        figure.set_figheight(figure.get_figheight() + 0.3 * -(-len(handles) // 4))
    return figure


def _arrows(
    axes: Axes, field: Function, low: tuple[float, float], high: tuple[float, float]
) -> None:
    """Draw the directions of a field on a coarse grid."""
    sides = [
        torch.linspace(a, b, 13, dtype=torch.float64)[1:-1]
        for a, b in zip(low, high, strict=True)
    ]
    points = torch.cartesian_prod(*sides)
    vectors = as_array(field(points))
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.where(lengths > 0, lengths, 1.0)
    x, y = as_array(points).T
    axes.quiver(x, y, *unit.T, color="#777777", width=0.004, scale=22, pivot="mid")
