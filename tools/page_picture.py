"""The picture of a page in the README: ``python -m tools.page_picture``, with Chromium.

It is the top of a chapter of the built site, wide and light.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from PIL import Image

from tools.browser import run
from tools.build import SITE
from tools.files import BOOK

PAGE = SITE / "html" / "book" / "03-nice.html"
TARGET = BOOK / "_static" / "page.png"
SIZE = (1440, 900)
"""Pixels of the window."""
COLOURS = 128


def make(page: Path, target: Path) -> None:
    """Write a picture of the top of a page, whole or not at all.

    Raises:
        RuntimeError: if there is no Chromium, or it draws nothing.
    """
    with tempfile.TemporaryDirectory() as folder:
        shot = Path(folder) / "shot.png"
        window = f"--window-size={SIZE[0]},{SIZE[1]}"
        run(page, f"--screenshot={shot}", window, "--hide-scrollbars")
        if not shot.exists():
            raise RuntimeError(f"Chromium has drawn nothing of {page}")
        temporary = target.with_name(f".{target.name}")
        with Image.open(shot) as drawn:
            few = drawn.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(temporary, format="PNG", optimize=True)
        temporary.replace(target)


if __name__ == "__main__":
    make(PAGE, TARGET)
