"""Chapter 5's own figure: models as chains of boxes and arrows."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from rederived.figures import COLOURS, style
from rederived.figures.styling import WIDTH

PLAIN = "#eef3f8"
"""The colour of a box that is not marked."""

_HALF = 0.33
_FIRST = 1.3


def chains(rows: Mapping[str, Sequence[str]], *, marked: Sequence[str] = ()) -> Figure:
    """One chain a row: boxes joined by labelled arrows.

    Args:
        rows: name -> box, label, box, label, ..., box.
        marked: texts of boxes drawn in colour.

    Raises:
        ValueError: if a chain does not end in a box.
    """
    for name, parts in rows.items():
        if len(parts) % 2 == 0:
            raise ValueError(
                f"the chain of {name!r} has {len(parts)} parts: end in a box"
            )
    longest = max(len(parts) // 2 for parts in rows.values())
    step = min(2.2, 9.2 / max(longest, 1))
    with style():
        figure = Figure(figsize=(WIDTH, 0.8 * len(rows) + 0.2))
        axes = figure.subplots()
        axes.set(xlim=(0, 11), ylim=(-0.6, len(rows) - 0.4))
        axes.axis("off")
        for index, (name, parts) in enumerate(rows.items()):
            y = len(rows) - 1 - index
            axes.text(0.0, y, name, weight="bold", va="center")
            _chain(axes, parts, (y, step), marked)
    return figure


def _chain(
    axes: Axes, parts: Sequence[str], place: tuple[float, float], marked: Sequence[str]
) -> None:
    """Draw the boxes and arrows of one row at a height, some step apart."""
    y, step = place
    for k, text in enumerate(parts[::2]):
        x = _FIRST + k * step
        colour = COLOURS[0] if text in marked else PLAIN
        box = FancyBboxPatch((x - _HALF, y - 0.2), 2 * _HALF, 0.4, fc=colour,
                             ec="#8899aa", boxstyle="round,pad=0.03")  # fmt: skip
        axes.add_patch(box)
        ink = "white" if text in marked else "black"
        axes.text(x, y, text, ha="center", va="center", size=9, color=ink)
    for k, label in enumerate(parts[1::2]):
        left = _FIRST + k * step + _HALF + 0.05
        right = _FIRST + (k + 1) * step - _HALF - 0.05
        axes.annotate("", (right, y), (left, y),
                      arrowprops={"arrowstyle": "-|>", "color": "#444444"})  # fmt: skip
        axes.text((left + right) / 2, y + 0.09, label, ha="center", va="bottom", size=9)
