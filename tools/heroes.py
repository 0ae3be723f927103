"""The chapters' pictures: their best figures, cut out of the stored outputs.

A picture names in itself the figure and the part of it that it was made of, so that it
is made again only when these change: the bytes of a PNG differ between versions of the
library that writes it, the figure's do not.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import tempfile
from pathlib import Path

import nbformat
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from rederived.figures import KIND

from tools.cards import Card
from tools.files import BOOK

WIDTH = 720
"""Pixels; a picture is never wider."""
COLOURS = 64
"""In the palette: figures have few, and a page of pictures loads a third as long."""
MARK = "made-of"
"""The name of the note that a picture carries."""


def figure(notebook: Path, name: str) -> tuple[bytes, str]:
    """Return a stored figure, PNG, and its alt text.

    Raises:
        ValueError: if the notebook has no such figure.
    """
    for cell in nbformat.read(notebook, as_version=4).cells:
        settings = cell.metadata.get("mystnb", {})
        if settings.get("figure", {}).get("name") != name:
            continue
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                picture = base64.b64decode(output.data["image/png"])
                return picture, settings["image"]["alt"]
    raise ValueError(f"{notebook.name} has no stored figure {name!r}")


def alt(card: Card) -> str:
    """Return the alt text of a chapter's picture."""
    return figure(_notebook(card), card.figure)[1]


def is_current(card: Card) -> bool:
    """Whether the picture of a card is made of the figure as it is stored now."""
    if not card.picture.exists():
        return False
    with Image.open(card.picture) as picture:
        return picture.info.get(MARK) == _digest(card)


def make(card: Card) -> None:
    """Write the picture of a card, whole or not at all."""
    content, _ = figure(_notebook(card), card.figure)
    with Image.open(io.BytesIO(content)) as stored:
        picture, its_kind = stored.convert("RGB"), stored.info.get(KIND, "")
    left, top, right, bottom = card.crop
    width, height = picture.size
    picture = picture.crop(
        (round(left * width), round(top * height),
         round(right * width), round(bottom * height))
    )  # fmt: skip
    picture.thumbnail((WIDTH, WIDTH), Image.Resampling.LANCZOS)
    note = PngInfo()
    note.add_text(MARK, _digest(card))
    note.add_text(KIND, its_kind)
    card.picture.parent.mkdir(exist_ok=True)
    handle, name = tempfile.mkstemp(dir=card.picture.parent, suffix=".png")
    try:
        with os.fdopen(handle, "wb") as file:
            picture.quantize(COLOURS).save(file, "PNG", optimize=True, pnginfo=note)
        Path(name).chmod(0o644)
        Path(name).replace(card.picture)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _notebook(card: Card) -> Path:
    return BOOK / f"{card.chapter.stem}.ipynb"


def _digest(card: Card) -> str:
    """Return a fingerprint of all that the picture is made of."""
    content, _ = figure(_notebook(card), card.figure)
    made_of = f"{card.crop} {WIDTH} {COLOURS} ".encode() + content
    return hashlib.sha256(made_of).hexdigest()
