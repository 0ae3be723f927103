"""Figures of images and matrices."""

from collections.abc import Mapping, Sequence
from math import ceil

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from rederived.claims.checks import as_exact
from rederived.figures.styling import WIDTH, Array, Values, as_array, panels, style


def image_grid(
    images: Values,
    *,
    columns: int,
    titles: Sequence[str] | None = None,
    rows: Sequence[str] | None = None,
) -> Figure:
    """Images in reading order on one card.

    Args:
        images: (N, H, W), (N, 1, H, W) or (N, 3, H, W), floating point; values
            outside [0, 1] are clipped.
        columns: images in a row.
        titles: a label above each column.
        rows: a label left of each row.
    """
    canvas, (height, width) = _tile(images, columns)
    size = canvas.shape[0] / canvas.shape[1]
    with style():
        figure = Figure(figsize=(WIDTH, max(WIDTH * size, 0.8)))
        axes = figure.subplots()
        _picture(axes, canvas)
        if titles is not None:
            centres = [(i + 0.5) * (width + 1) for i in range(len(titles))]
            axes.set_xticks(centres, titles)
            axes.tick_params(labeltop=True, labelbottom=False)
        if rows is not None:
            centres = [(i + 0.5) * (height + 1) for i in range(len(rows))]
            axes.set_yticks(centres, rows)
    return figure


def sample_grids(grids: Mapping[str, Values], *, columns: int) -> Figure:
    """Grids of images side by side, each under its title; see :func:`image_grid`."""
    canvases = {title: _tile(images, columns)[0] for title, images in grids.items()}
    tallest = max(canvas.shape[0] / canvas.shape[1] for canvas in canvases.values())
    with style():
        figure, places = panels(len(canvases), tallest)
        for axes, (title, canvas) in zip(places, canvases.items(), strict=True):
            _picture(axes, canvas)
            axes.set_title(title)
    return figure


def matrices(
    values: Mapping[str, Values],
    *,
    xlabel: str,
    ylabel: str,
    limit: float,
    signed: bool = True,
) -> Figure:
    """Matrices side by side on one colour scale, zero white.

    Args:
        values: title -> (rows, columns), finite.
        xlabel: what the columns are.
        ylabel: what the rows are.
        limit: the colour scale runs from -limit to limit.
        signed: False for values that cannot be negative, such as probabilities; the
            scale then begins at 0.
    """
    colours, low = ("RdBu_r", -limit) if signed else ("Blues", 0.0)
    with style():
        figure, places = panels(len(values), 1.0)
        for axes, (title, matrix) in zip(places, values.items(), strict=True):
            shown = as_array(matrix)
            if not np.isfinite(shown).all():  # NaN would be white as zero is
                raise ValueError(f"{title}: a number of the matrix is NaN or infinite")
            picture = axes.imshow(shown, colours, vmin=low, vmax=limit)
            axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_locator(MaxNLocator(integer=True))
            axes.grid(visible=False)
        figure.colorbar(picture, ax=list(places), shrink=0.8)
    return figure


def _picture(axes: Axes, canvas: Array) -> None:
    """Draw a canvas of [0, 1] without ticks or frame."""
    axes.imshow(canvas, cmap="gray", vmin=0, vmax=1)
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


def _tile(images: Values, columns: int) -> tuple[Array, tuple[int, int]]:
    """One canvas of all images, one pixel apart, and the size of an image."""
    pixels = as_array(images)
    if pixels.ndim == 3:
        pixels = pixels[:, None]
    if pixels.ndim != 4 or pixels.shape[1] not in (1, 3):
        shape = tuple(np.shape(images))
        raise ValueError(
            f"images of shape {shape}: give (N, H, W), (N, 1, H, W) or (N, 3, H, W)"
        )
    kind = as_exact(images).dtype.kind
    levels = kind in "iu" or np.array_equal(pixels, abs(pixels.round()))
    if (levels and pixels.max(initial=0.0) > 1) or np.isnan(pixels).any():
        raise ValueError("images hold NaN or grey levels: divide those by 255")
    count, channels, height, width = pixels.shape
    if not (count and columns >= 1):
        raise ValueError(
            f"{count} images in {columns} columns: a grid needs one of each"
        )
    lines = ceil(count / columns)
    canvas = np.ones((lines * (height + 1) - 1, columns * (width + 1) - 1, channels))
    for index, image in enumerate(pixels.clip(0, 1)):
        top = index // columns * (height + 1)
        left = index % columns * (width + 1)
        canvas[top : top + height, left : left + width] = image.transpose(1, 2, 0)
    return canvas, (height, width)
