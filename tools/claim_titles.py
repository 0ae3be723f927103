"""Where each claim's block stands in the book, and its title there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tools.files import BOOK

_BLOCK = re.compile(r"^```\{prf:\w+\} *(.*)\n:label: claim-(\d+)-(\d+)$", re.MULTILINE)


@dataclass(frozen=True)
class Place:
    """Page of a claim's block without its end, ``book/03-nice``, and its title."""

    page: str
    title: str


def places(book: Path = BOOK) -> dict[str, Place]:
    """Return id -> place of every claim's block, in the order of the pages."""
    return {
        f"{chapter}.{number}": Place(f"book/{path.stem}", title)
        for path in sorted(book.glob("[0-9][0-9]-*.md"))
        for title, chapter, number in _BLOCK.findall(path.read_text(encoding="utf-8"))
    }
