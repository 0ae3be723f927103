"""Pictures of a page: sized, lazy, with a way to their full size, at home in the dark.

A PNG says in its note ``kind`` whether it is a ``drawing``, whose lightness a dark page
turns round, or holds ``pictures``, which stay as they are (:mod:`rederived.figures`).
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote
from xml.etree import ElementTree

from PIL import Image
from rederived.figures import DRAWING, KIND

from tools.live_stills import FIGURES

_IMAGE = re.compile(r"(?P<before><a\b[^>]*>\s*)?<img (?P<inside>[^>]*?)\s*/?>")
_SOURCE = re.compile(r'\bsrc="(?P<source>[^"]+)"')
_CLASSES = re.compile(r'\bclass="(?P<classes>[^"]*)"')
_FIGURES = "_images/"
"""The folder of what the pages show; the theme's own pictures lie elsewhere."""
_CARD = "sd-card-img-top"
"""The class of a picture that a card, itself a link, shows."""


PIXELS = 107
"""Of a page, for an inch of a figure: one of the usual width fills the column."""


class Facts(NamedTuple):
    """Of a picture: its size on a page, and whether it is a drawing."""

    width: int
    height: int
    drawing: bool


@cache
def facts(path: Path) -> Facts:
    """Read a PNG or SVG.

    Raises:
        ValueError: if an SVG has no ``viewBox``.
    """
    if path.suffix == ".svg":
        box = ElementTree.parse(path).getroot().get("viewBox", "").split()
        if len(box) != 4:
            raise ValueError(f"{path.name} needs a viewBox, so that its size is known")
        return Facts(round(float(box[2])), round(float(box[3])), drawing=True)
    with Image.open(path) as picture:
        width, height = picture.size
        scale = PIXELS / picture.info["dpi"][0] if "dpi" in picture.info else 1.0
        drawing = picture.info.get(KIND) == DRAWING
        return Facts(round(width * scale), round(height * scale), drawing)


def with_sizes(page: str, folder: Path) -> str:
    """Size the pictures of a page; the first loads at once, the others when needed.

    Args:
        page: HTML.
        folder: of the page's file, from which its links start.
    """
    seen = 0

    def sized(found: re.Match[str]) -> str:
        nonlocal seen
        inside, before = found["inside"], found["before"] or ""
        source = _SOURCE.search(inside)
        if source is None or _FIGURES not in source["source"]:
            return found[0]
        seen += 1
        known = facts((folder / unquote(source["source"])).resolve())
        size = f'width="{known.width}" height="{known.height}"'
        loading = "" if seen == 1 else ' loading="lazy"'
        image = f"<img {_with_class(inside, known)} {size}{loading} />"
        live = Path(source["source"]).stem in FIGURES  # its script takes its place
        if before or live or _CARD in inside:
            return before + image
        return f'<a class="rd-full" href="{source["source"]}">{image}</a>'

    return _IMAGE.sub(sized, page)


def _with_class(inside: str, known: Facts) -> str:
    """The attributes of a picture, with a class that says its kind."""
    kind = "rd-drawing" if known.drawing else "rd-pictures"
    if _CLASSES.search(inside):
        return _CLASSES.sub(rf'class="\g<classes> {kind}"', inside)
    return f'{inside} class="{kind}"'
