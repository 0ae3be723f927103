"""Chapter 2's own figures, in the order of the page.

:func:`comparisons` is the diagram of the models, :func:`simplex` shows risks over all
distributions on three points, :func:`shares` a table of proportions.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from rederived.figures import COLOURS, style
from rederived.figures.styling import WIDTH, Values, as_array, panels

Risk = Callable[[torch.Tensor], torch.Tensor]
"""From distributions on three points (N, 3), float64, to nats (N,)."""


def comparisons(
    rows: Sequence[tuple[str, str, str, str, str]], headings: tuple[str, str, str]
) -> Figure:
    """Diagram of which two distributions each model compares, one row a model.

    A row is the name, two boxes with an arrow between them, and a remark.

    Args:
        rows: name, left distribution, ``"→"`` or ``"←"``, right distribution, remark.
        headings: above the left boxes, the right boxes and the remarks.
    """
    with style():
        figure = Figure(figsize=(WIDTH, 0.55 * (len(rows) + 1)))
        axes = figure.subplots()
        axes.set(xlim=(0, 10), ylim=(-0.6, len(rows) + 0.1))
        axes.axis("off")
        places = 2.0, 5.55, 8.75
        for x, text in zip(places, headings, strict=True):
            axes.text(x, len(rows) - 0.25, text, ha="center", style="italic", size=9)
        for index, (name, left, arrow, right, remark) in enumerate(rows):
            y = len(rows) - 1 - index
            colour = COLOURS[0] if arrow == "→" else COLOURS[1]
            axes.text(0.0, y, name, weight="bold", va="center")
            _box(axes, places[0], y, left, 1.2)
            _box(axes, places[1], y, right, 1.4)
            ends = ((4.1, y), (3.25, y)) if arrow == "→" else ((3.25, y), (4.1, y))
            axes.annotate("", *ends, arrowprops={"arrowstyle": "-|>", "color": colour,
                                                 "lw": 2})  # fmt: skip
            axes.text(places[2], y, remark, ha="center", va="center", size=9)
    return figure


def _box(axes: Axes, x: float, y: float, text: str, half: float) -> None:
    """A rounded box with text, centred."""
    box = FancyBboxPatch((x - half, y - 0.28), 2 * half, 0.56, fc="#eef3f8",
                         ec="#8899aa", boxstyle="round,pad=0.02")  # fmt: skip
    axes.add_patch(box)
    axes.text(x, y, text, ha="center", va="center", size=9)


def simplex(
    risks: Mapping[str, Risk], points: Mapping[str, Values], resolution: int = 90
) -> Figure:
    """Contour plots of risks over the triangle of all distributions on three points.

    One panel a risk; a cross marks its least value on the grid, and the corners, the
    point masses, bear the points' names.

    Args:
        risks: title -> function of distributions.
        points: name -> a distribution (3,), marked in every panel.
        resolution: points along an edge of the triangle.
    """
    steps = torch.arange(1, resolution, dtype=torch.float64)
    pairs = torch.cartesian_prod(steps, steps)
    pairs = pairs[pairs.sum(1) < resolution] / resolution
    corners = torch.cat([pairs, 1 - pairs.sum(1, keepdim=True)], dim=1)
    place = as_array(_flat(corners))
    with style():
        figure, axes_row = panels(len(risks), 0.95)
        for axes, (title, risk) in zip(axes_row, risks.items(), strict=True):
            values = as_array(risk(corners))
            axes.tricontourf(place[:, 0], place[:, 1], values, 14, cmap="Blues")
            best = place[values.argmin()]
            axes.scatter(
                best[0], best[1], marker="x", s=60, color=COLOURS[1], label="minimum"
            )
            for index, (name, point) in enumerate(points.items()):
                where = as_array(_flat(torch.as_tensor(point)))
                marker = "os^D"[index]
                axes.scatter(
                    where[0], where[1], marker=marker, color="black", s=22, label=name
                )
            for number, corner in enumerate(torch.eye(3), 1):
                x, y = as_array(_flat(corner))
                axes.text(x, y + (0.03 if y else -0.05), f"x{chr(0x2080 + number)}",
                          ha="center", va="bottom" if y else "top", size=9)  # fmt: skip
            axes.set(title=title, aspect="equal", xlim=(-0.1, 1.1), ylim=(-0.15, 0.95))
            axes.axis("off")
        named = axes_row[0].get_legend_handles_labels()
        figure.legend(*named, loc="outside lower center", ncols=4)
    return figure


def _flat(weights: torch.Tensor) -> torch.Tensor:
    """Corners of the triangle weighted by a distribution: (..., 3) -> (..., 2)."""
    corners = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.5, 0.75**0.5]]).double()
    return weights.double() @ corners


def shares(
    values: Values, rows: Sequence[str], columns: Sequence[str], labels: tuple[str, str]
) -> Figure:
    """Heat map of a table of proportions, with the numbers written in.

    Args:
        values: in [0, 1], (R, C).
        rows: a label for each row.
        columns: a label for each column.
        labels: below the columns and beside the rows.
    """
    table = as_array(values)
    with style():
        figure = Figure(figsize=(WIDTH * 0.75, 0.5 * len(rows) + 0.9))
        axes = figure.subplots()
        axes.imshow(table, "Oranges", vmin=0, vmax=1, aspect="auto")
        for (row, column), value in np.ndenumerate(table):
            axes.text(column, row, f"{value:.2f}", ha="center", va="center",
                      color="white" if value > 0.6 else "black")  # fmt: skip
        axes.set(xlabel=labels[0], ylabel=labels[1])
        axes.set_xticks(range(len(columns)), columns)
        axes.set_yticks(range(len(rows)), rows)
        axes.grid(visible=False)
    return figure
