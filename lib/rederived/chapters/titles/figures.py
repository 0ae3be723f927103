"""Attention over characters as a table: the reader's own fonts draw the glyphs.

A picture would need a font with Chinese characters, and those are large, differ from
machine to machine, and mostly may not be passed on.  A table of text needs none.
"""

import html
from collections.abc import Sequence

import numpy as np

from rederived.claims import publish
from rederived.figures.styling import Values, as_array

_STEPS = 10
_CELL = "padding:0 .1em;min-width:1.15em;text-align:center;border:0"
_INK = ";background:currentcolor;color:#0072b2"  # a dark page has another


def attention_table(
    weights: Values, source: Sequence[str], target: Sequence[str]
) -> str:
    """Return the table as HTML: a row a written character, darker where it looks.

    Args:
        weights: ``(M, N)``, each row sums to 1; shown in ten steps of the largest.
        source: N characters that are read.
        target: M characters that are written.

    Raises:
        ValueError: if the numbers of characters do not fit the weights, or a weight is
            negative or not finite.
    """
    table = as_array(weights)
    if table.shape != (len(target), len(source)):
        raise ValueError(
            f"weights of shape {table.shape} for {len(target)} written and "
            f"{len(source)} read characters"
        )
    if not (np.isfinite(table) & (table >= 0)).all():
        raise ValueError("weights of attention are at least 0 and finite")
    steps = np.ceil(_STEPS * table / table.max(initial=1e-12) - 0.5)
    head = "".join(_cell(html.escape(c), 0) for c in ("", *source))
    rows = [f"<tr>{head}</tr>"]
    for character, row in zip(target, steps.astype(int).tolist(), strict=True):
        shades = "".join(_cell("", step) for step in row)
        rows.append(f"<tr>{_cell(html.escape(character), 0)}{shades}</tr>")
    style = "border-collapse:collapse;font-size:.72em;line-height:1.35;width:auto"
    body = "".join(rows)
    drawn = f'<table style="{style}">{body}</table>'
    return f'<div class="rd-attention" style="overflow-x:auto">{drawn}</div>'


def show_attention(
    weights: Values, source: Sequence[str], target: Sequence[str], alt: str
) -> None:
    """Put such a table on the page; ``alt`` says in words what it shows.

    Raises:
        ValueError: if ``alt`` is empty.
    """
    if not alt.strip():
        raise ValueError("a table of attention needs alt text: say what it shows")
    publish({"text/html": attention_table(weights, source, target), "text/plain": alt})


def _cell(text: str, step: int) -> str:
    """Return one cell; the step, 0 to 10, is how dark it is."""
    shade = f"{_INK};opacity:{step / _STEPS:.1f}" if step else ""
    return f'<td style="{_CELL}{shade}">{text}</td>'
