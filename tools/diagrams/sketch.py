"""Boxes, circles, arrows and words on white."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape

INK, FIRST, SECOND = "#222222", "#0072B2", "#B34700"
"""Lines and words; networks; what a loss compares."""
FILLS = {"data": "#ffffff", "network": "#e3eef7", "loss": "#fbe9dd", "code": "#e4f3ec"}
EDGES = {"data": INK, "network": FIRST, "loss": SECOND, "code": "#00734F"}

_MATHS = re.compile(r"\*([^*]+)\*")

Point = tuple[float, float]


@dataclass
class Sketch:
    """A picture that is being drawn; sizes in pixels of a page.

    Attributes:
        width: of the picture.
        height: of the picture.
    """

    width: float
    height: float
    parts: list[str] = field(default_factory=list)

    def box(self, middle: Point, size: Point, *lines: str, kind: str = "data") -> None:
        """Draw a box with lines of words in it; ``*x*`` is set as mathematics."""
        (x, y), (width, height) = middle, size
        self.parts.append(
            f'<rect x="{x - width / 2:g}" y="{y - height / 2:g}" width="{width:g}" '
            f'height="{height:g}" rx="6" fill="{FILLS[kind]}" stroke="{EDGES[kind]}" '
            'stroke-width="1.6"/>'
        )
        top = y - 9.5 * (len(lines) - 1) + 5
        for number, line in enumerate(lines):
            self.words((x, top + 19 * number), line)

    def circle(self, middle: Point, sign: str) -> None:
        """Draw an operation: a sign in a circle."""
        x, y = middle
        self.parts.append(
            f'<circle cx="{x:g}" cy="{y:g}" r="13" fill="#fff" stroke="{INK}" '
            'stroke-width="1.6"/>'
        )
        self.words((x, y + 6), sign, size=18)

    def arrow(self, *points: Point, kind: str = "data", dashed: bool = False) -> None:
        """Draw a line through points with a head at its end."""
        path = "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
        dash = ' stroke-dasharray="6 4"' if dashed else ""
        (x0, y0), (x1, y1) = points[-2:]
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        dx, dy = (x1 - x0) / length, (y1 - y0) / length
        left = x1 - 9 * dx - 4.5 * dy, y1 - 9 * dy + 4.5 * dx
        right = x1 - 9 * dx + 4.5 * dy, y1 - 9 * dy - 4.5 * dx
        self.parts.append(
            f'<path d="{path}" fill="none" stroke="{EDGES[kind]}" stroke-width="1.6"'
            f"{dash}/>"
            f'<path d="M{x1:g} {y1:g}L{left[0]:.4g} {left[1]:.4g}'
            f'L{right[0]:.4g} {right[1]:.4g}z" fill="{EDGES[kind]}"/>'
        )

    def words(
        self, place: Point, text: str, *, size: float = 15, anchor: str = "middle"
    ) -> None:
        """Write a line; its base line begins, ends or is centred at a place."""
        shown = _MATHS.sub(
            r'<tspan font-family="serif" font-style="italic" font-size="1.12em">'
            r"\1</tspan>",
            escape(text),
        )
        self.parts.append(
            f'<text x="{place[0]:g}" y="{place[1]:g}" text-anchor="{anchor}" '
            f'font-size="{size:g}">{shown}</text>'
        )

    def svg(self) -> str:
        """Return the picture."""
        box = f"{self.width:g} {self.height:g}"
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {box}" '
            f'font-family="sans-serif" fill="{INK}">'
        )
        ground = f'<rect width="{self.width:g}" height="{self.height:g}" fill="#fff"/>'
        return "\n".join([head, ground, *self.parts, "</svg>", ""])
