"""Curves of training as a picture in the page, in the colours of the page.

Written out here and not drawn by matplotlib, whose files differ from version to
version: a generated page must be the same wherever it is made.
"""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 10, 40
TICKS = 5
"""About how many ticks an axis has."""


def curves(lines: Mapping[str, Sequence[float]], xlabel: str, alt: str) -> list[str]:
    """Return a figure of curves over 1, 2, ... as HTML, line by line.

    Args:
        lines: label -> values, one a step of the axis.
        xlabel: of the horizontal axis.
        alt: what the picture shows.
    """
    values = [y for one in lines.values() for y in one]
    longest = max(map(len, lines.values()))
    xs, ys = ticks(1, longest), ticks(min(values), max(values))
    low, high = min(*ys, *values), max(*ys, *values)

    def x(step: float) -> float:
        share = (step - 1) / max(longest - 1, 1)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        share = (value - low) / ((high - low) or 1)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    grid = [
        f'<path d="M{LEFT} {y(tick):.1f}H{WIDTH - RIGHT}"/>'
        f'<text x="{LEFT - 8}" y="{y(tick) + 4:.1f}" text-anchor="end">{_number(tick)}'
        "</text>"
        for tick in ys
    ] + [
        f'<text x="{x(tick):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">'
        f"{_number(tick)}</text>"
        for tick in xs
    ]
    paths = [
        f'<polyline class="rd-line-{k}" points="'
        + " ".join(f"{x(n):.1f},{y(v):.1f}" for n, v in enumerate(one, start=1))
        + '"/>'
        for k, one in enumerate(lines.values())
    ]
    keys = [
        f'<li><svg viewBox="0 0 28 6" aria-hidden="true"><path class="rd-line-{k}" '
        f'd="M0 3H28"/></svg> {html.escape(label)}</li>'
        for k, label in enumerate(lines)
    ]
    middle = (LEFT + WIDTH - RIGHT) / 2
    return [
        '<figure class="rd-curves">',
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="'
        f'{html.escape(alt, quote=True)}">',
        f'<g class="rd-grid">{"".join(grid)}<text x="{middle:g}" y="{HEIGHT - 4}" '
        f'text-anchor="middle">{html.escape(xlabel)}</text></g>',
        *paths,
        "</svg>",
        f"<ul>{''.join(keys)}</ul>",
        "</figure>",
    ]


def ticks(low: float, high: float) -> list[float]:
    """Return round numbers between two ends.

    >>> ticks(1, 26), ticks(0.02, 0.11)
    ([5.0, 10.0, 15.0, 20.0, 25.0], [0.02, 0.04, 0.06, 0.08, 0.1])
    """
    span = high - low or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / TICKS))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= span / (TICKS + 0.5))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{n * step:.10g}") for n in range(first, last + 1)]


def _number(value: float) -> str:
    return f"{value:g}".replace("-", "−")
