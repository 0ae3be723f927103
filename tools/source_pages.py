"""Pages that show the library's source, one a room; the chapters link to them."""

from __future__ import annotations

from pathlib import Path

from tools import rooms
from tools.files import BOOK

SOURCE = BOOK / "source"


def label(path: Path) -> str:
    """Return the label of a file's section: ``source-flows-coupling``."""
    parts = path.relative_to(rooms.LIBRARY).with_suffix("").parts
    return "-".join(("source", *parts)).replace("_", "-").replace("--init--", "init")


def room_label(name: str) -> str:
    """Return the label of a room's page."""
    return f"room-{name.replace('/', '-')}"


def source_pages() -> dict[Path, str]:
    """Return path -> content of the page of every room and wing, as MyST."""
    return {
        SOURCE / f"{name.replace('/', '-')}.md": _page(name, paths)
        for name, paths in rooms.files().items()
    }


def _page(name: str, paths: list[Path]) -> str:
    """Return one page; its code is left out of the site's search."""
    lines = ["---", "nosearch: true", "---", "", f"({room_label(name)})="]
    lines += [f"# `{name.replace('/', '.')}`", ""]
    for path in paths:
        lines += [
            f"({label(path)})=",
            f"## `{path.relative_to(rooms.LIBRARY)}`",
            "",
            f"```{{literalinclude}} ../../lib/{path.relative_to(rooms.LIBRARY.parent)}",
            ":language: python",
            "```",
            "",
        ]
    return "\n".join(lines)
