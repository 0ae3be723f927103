"""Still pictures of the live figures: ``python -m tools.live_stills``, with Chromium.

What a figure shows at its start, drawn by the figure itself.  It stands on the page
where no script runs: in print, in a PDF, in a hosted notebook.
"""

from __future__ import annotations

import html
import re
import tempfile
from pathlib import Path

from tools.browser import run
from tools.files import BOOK, ROOT, write

LIVE = BOOK / "_static" / "live"
FIGURES = {
    "mixing": "fig-mix-live",
    "simplex": "fig-vi-live",
    "flow": "fig-nice-live",
    "beam": "fig-s2s-live",
    "banana": "fig-fvae-live",
    "table": "fig-dim-live",
    "valley": "fig-ode-live",
    "rate": "fig-mi-live",
}
DATA = {"flow": "flow_data"}  # what a figure computes with, a script of its own
_OPENINGS = 3  # on a busy machine the page's own clock can run out before a frame comes

_PAGE = """<!doctype html><meta charset="utf-8">
<style>:root {{ --pst-color-text-base: #222832; --pst-color-surface: #f3f4f5;
--pst-color-border: #c9c9c9; }}</style>
<link rel="stylesheet" href="{folder}/kit.css">
<figure id="{figure}"><img alt=""></figure>
{scripts}
<script src="{program}"></script>"""


def scripts(name: str) -> list[str]:
    """Return the files that a figure's page loads, in order."""
    data = [DATA[name]] if name in DATA else []
    return [f"{part}.js" for part in ("kit", "recorded", *data, name)]


def script_tags(name: str) -> str:
    """Return them as tags of a page outside the book."""
    links = ((LIVE / part).as_uri() for part in scripts(name))
    return "\n".join(f'<script src="{link}"></script>' for link in links)


def still(name: str) -> str:
    """Return the picture of one figure at its start, as SVG.

    Raises:
        RuntimeError: if there is no Chromium, or the figure draws nothing.
    """
    page = _PAGE.format(
        scripts=script_tags(name),
        figure=FIGURES[name],
        folder=LIVE.as_uri(),
        program=(ROOT / "tools" / "still.js").as_uri(),
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(page, encoding="utf-8")
        for _ in range(_OPENINGS):
            shown = run(file, "--dump-dom")
            found = re.search(r"&lt;svg.*/svg&gt;", shown, re.DOTALL)
            if found is not None:
                return html.unescape(found[0]) + "\n"
    raise RuntimeError(f"the figure {name} drew nothing, opened {_OPENINGS} times")


if __name__ == "__main__":
    for figure in FIGURES:
        write(LIVE / f"{figure}.svg", still(figure))
