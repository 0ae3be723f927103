"""The look of every figure, and how a figure gets onto a page.

A figure is white and opaque, so that it reads the same everywhere.  A note inside the
PNG, ``kind``, says whether it is a ``drawing``, whose lightness the site turns round on
a dark page (white becomes the page, black its ink, hues stay), or holds ``pictures``,
which keep their own.  Colours are those of Okabe and Ito (2008), told apart with every
common form of colour blindness, the light ones darker than theirs, so that each has a
contrast of 3 to white and, turned round, to a dark page; lines differ in dash and
marker as well.
"""

import base64
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from cycler import cycler
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image, ImageChops
from PIL.PngImagePlugin import PngInfo

from rederived.claims import publish
from rederived.claims.checks import as_float

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#B0528A", "#B07A00", "#2B8DC4", "#000000")
"""The cycle: blue, vermilion, green, purple, orange, sky blue, black."""

DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
WIDTH = 7.2
"""Width of a figure, inches."""
_ROW = 6
"""Panels that stand side by side at most."""
SMALLEST = 9.0
"""Points of the smallest text: 9 pixels where a phone shows a figure 520 wide."""

KIND = "kind"
DRAWING, PICTURES = "drawing", "pictures"

Values = npt.ArrayLike | torch.Tensor
Array = npt.NDArray[np.float64]

_RESOLUTIONS = (180, 150, 125, 100, 75)  # dots per inch, the first that is small enough
_MAX_BYTES = 100_000


@contextmanager
def style() -> Iterator[None]:
    """The book's style within a ``with`` block; nothing changes outside it."""
    settings: dict[str, Any] = {
        "axes.edgecolor": "#444444",
        "axes.facecolor": "white",
        "axes.grid": True,
        "axes.prop_cycle": cycler(color=COLOURS),
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlesize": 10,
        "figure.facecolor": "white",
        "figure.constrained_layout.use": True,
        "figure.constrained_layout.wspace": 0.05,
        "font.family": "DejaVu Sans",
        "font.size": 9.5,
        "grid.color": "#dddddd",
        "image.interpolation": "nearest",
        "legend.frameon": False,
        "lines.markersize": 4,
        "savefig.facecolor": "white",
        "text.color": "black",
    }
    with plt.style.context(settings, after_reset=True):
        yield


def show(figure: Figure, alt: str) -> None:
    """Put a figure on the page as a PNG of at most about 100 kB, and close it.

    The alternative text is the output's plain text, so nothing else is printed.  The
    cell's metadata repeat it (``mystnb: image: alt``), where the site takes it from.

    Raises:
        ValueError: if ``alt`` is empty, a text is too small for a phone, or the picture
            cannot be made small enough.
    """
    if not alt.strip():
        raise ValueError("a figure needs alt text: say in words what it shows")
    content = base64.b64encode(_png(figure)).decode("ascii")
    plt.close(figure)
    publish({"image/png": content, "text/plain": alt})


def save(figure: Figure, path: Path) -> None:
    """Write a figure as a PNG of at most about 100 kB to a new or existing file."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.write_bytes(_png(figure))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    plt.close(figure)


def as_array(values: Values) -> Array:
    """Any array or tensor as float64.

    Raises:
        TypeError: for what is no real number, and for masked arrays.
    """
    return as_float(values)


def panels(count: int, ratio: float) -> tuple[Figure, Sequence[Axes]]:
    """Panels of height ratio * width, with room for titles.

    Up to six stand in one row, more in rows of three: names would overlap.
    """
    columns = count if count <= _ROW else _ROW // 2
    rows = max(1, -(-count // max(columns, 1)))
    height = WIDTH / max(columns, 1) * ratio + 0.5
    figure = Figure(figsize=(WIDTH, rows * height))
    places = figure.subplots(rows, columns, squeeze=False).ravel()
    for spare in places[count:]:
        spare.remove()
    return figure, list(places[:count])


def kind(figure: Figure) -> str:
    """Whether a figure is a drawing or holds pictures: in grey or in their own colours.

    A map of numbers in a scale of colours is a drawing.
    """
    for axes in figure.axes:
        for image in axes.get_images():
            values = image.get_array()
            coloured = values is not None and np.ndim(values) == 3
            if coloured or image.get_cmap().name == "gray":
                return PICTURES
    return DRAWING


def _refuse_small_text(figure: Figure) -> None:
    """Raise if a phone would show a text with less than 9 pixels."""
    for text in figure.findobj(Text):
        if (
            text.get_visible()
            and text.get_text()
            and float(text.get_fontsize()) < SMALLEST
        ):
            raise ValueError(
                f"the text {text.get_text()!r} has {text.get_fontsize():g} points, "
                f"which a phone cannot show: give it {SMALLEST:g}"
            )


def _png(figure: Figure) -> bytes:
    """The figure as PNG: a drawing in 256 colours, pictures in all theirs if small.

    What is too large even in 256 colours gets fewer pixels.
    """
    _refuse_small_text(figure)
    its_kind, buffer = kind(figure), io.BytesIO()
    for dpi in _RESOLUTIONS:
        buffer.seek(0)
        buffer.truncate()
        with style():
            figure.savefig(buffer, format="png", dpi=dpi)
        with Image.open(buffer) as drawn:
            picture = drawn.convert("RGB")
        if its_kind == PICTURES:
            exact = _encoded(_without_idle_channels(picture), its_kind, dpi)
            if len(exact) <= _MAX_BYTES:
                return exact
        palette = _encoded(picture.quantize(256), its_kind, dpi)
        if len(palette) <= _MAX_BYTES:
            return palette
    raise ValueError(
        f"a figure of {len(palette)} bytes is too large for the book "
        f"({_MAX_BYTES}): show fewer or smaller pictures"
    )


def _without_idle_channels(picture: Image.Image) -> Image.Image:
    """The same picture with one channel if it is grey."""
    grey = picture.convert("L")
    coloured = ImageChops.difference(grey.convert("RGB"), picture).getbbox()
    return picture if coloured else grey


def _encoded(picture: Image.Image, its_kind: str, dpi: int) -> bytes:
    """A picture as PNG with its kind and resolution."""
    made, notes = io.BytesIO(), PngInfo()
    notes.add_text(KIND, its_kind)
    picture.save(made, format="png", optimize=True, pnginfo=notes, dpi=(dpi, dpi))
    return made.getvalue()
