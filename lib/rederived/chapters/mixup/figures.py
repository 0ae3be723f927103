"""Chapter 1's own figure: decision surfaces in the plane."""

from collections.abc import Callable, Mapping

import torch
from matplotlib.figure import Figure

from rederived.figures import COLOURS, style
from rederived.figures.styling import MARKERS, Values, as_array, panels

Probability = Callable[[torch.Tensor], torch.Tensor]
"""Points (N, 2), float32 -> probability of class 1, (N,)."""


def decision_surfaces(
    probabilities: Mapping[str, Probability],
    points: Values,
    labels: Values,
    *,
    low: tuple[float, float],
    high: tuple[float, float],
    resolution: int = 120,
) -> Figure:
    """The probability of class 1 as a colour, panels side by side, with the samples.

    Lines are at 0.1, 0.5 (thick) and 0.9.

    Args:
        probabilities: title -> function of points.
        points: samples, (N, 2).
        labels: their classes, (N,), 0 or 1.
        low: lower left corner of what is shown.
        high: upper right corner.
        resolution: grid points per side.
    """
    sides = [torch.linspace(a, b, resolution) for a, b in zip(low, high, strict=True)]
    grid = torch.cartesian_prod(*sides)
    x, y = (as_array(side) for side in sides)
    where, which = as_array(points), as_array(labels)
    with style():
        ratio = (high[1] - low[1]) / (high[0] - low[0])
        figure, places = panels(len(probabilities), ratio)
        for axes, (title, function) in zip(places, probabilities.items(), strict=True):
            with torch.no_grad():
                values = as_array(function(grid)).reshape(resolution, resolution).T
            picture = axes.imshow(
                values, "RdBu", origin="lower", vmin=0, vmax=1,
                extent=(low[0], high[0], low[1], high[1]),
            )  # fmt: skip
            axes.contour(x, y, values, [0.1, 0.5, 0.9], colors="black",
                         linewidths=[0.6, 1.5, 0.6])  # fmt: skip
            for label in (0, 1):
                first, second = where[which == label].T
                axes.scatter(first, second, s=5, marker=MARKERS[label],
                             color=COLOURS[1 - label], edgecolor="white",
                             linewidth=0.2)  # fmt: skip
            axes.set(title=title, xlim=(low[0], high[0]), ylim=(low[1], high[1]))
            axes.set_xlabel("x₁")
            axes.grid(visible=False)
        places[0].set_ylabel("x₂")
        figure.colorbar(picture, ax=list(places), shrink=0.8,
                        label="probability of class 1")  # fmt: skip
    return figure
