"""A link to an edition on the front page, where the edition has been made."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tools.files import write

FRONTS = ("index.html", "book/index.html")
_LIST = re.compile(r'(<div class="rd-go[^>]*>\s*<ul[^>]*>.*?)(</ul>)', re.DOTALL)
_MARK = "rd-edition-"


def offer(html: Path, made: Path) -> None:
    """Put an edition into the site, and a link to it at the top of the front page.

    A page at the root that only leads to the front page stays as it is.

    Raises:
        ValueError: if the front page has no list for the link.
    """
    shutil.copyfile(made, html / made.name)
    kind = made.suffix[1:]
    size = f"{made.stat().st_size / 1e6:.0f} MB"
    link = (
        f'<li class="{_MARK}{kind}"><p><a class="reference external" '
        f'href="../{made.name}">{kind.upper()}, {size}</a></p></li>\n'
    )
    old = re.compile(rf'<li class="{_MARK}{kind}">.*?</li>\n', re.DOTALL)
    for name in FRONTS:
        page = old.sub("", (html / name).read_text(encoding="utf-8"))
        changed, count = _LIST.subn(lambda found: found[1] + link + found[2], page, 1)
        if count:
            write(html / name, changed)
        elif "rd-cards" in page:
            raise ValueError(f"{name} has no list .rd-go for a link to the {kind}")
