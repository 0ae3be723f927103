"""The files of the site that some page reaches; the others are removed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LINK = re.compile(r'\b(?:href|src|content)="([^"#]+)')
_URL = re.compile(r"url\(\s*[\"']?([^\"')]+)")
_IMPORT = re.compile(r"@import\s+[\"']([^\"']+)")

EXTENSIONS = (
    *("action", "amscd", "bbox", "boldsymbol", "braket", "bussproofs", "cancel"),
    *("color", "enclose", "extpfeil", "html", "unicode", "verb"),
)
"""Extensions that MathJax loads when a formula has one of their commands.  The usual
ones are in its script; that of chemistry is large, and nothing here asks for it."""
KEPT = (
    "_static/mathjax/output/chtml/fonts/woff-v2/*",  # MathJax asks for its fonts
    *(f"_static/mathjax/input/tex/extensions/{name}.js" for name in EXTENSIONS),
    "objects.inv",
)
"""Files that no link names."""
UNUSED = ("_static/vendor",)
"""What styles name but no page asks for: the icons are drawn."""
COMPACT = ("_downloads/*/*.json", "_sources/**/*.ipynb")
"""What is written again without spaces: a seventh of their bytes."""


def prune(html: Path) -> None:
    """Remove all that no page reaches, and the maps of scripts and styles."""
    reached = {path for path in _reached(html) if path.suffix != ".map"}
    for folder in UNUSED:
        reached -= set((html / folder).rglob("*"))
    for pattern in KEPT:
        reached |= set(html.glob(pattern))
    for path in sorted(html.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path not in reached:
            path.unlink()
    for pattern in COMPACT:
        for path in html.glob(pattern):
            content = json.loads(path.read_text(encoding="utf-8"))
            short = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
            path.write_text(short, encoding="utf-8")


def _reached(html: Path) -> set[Path]:
    """Return the pages, and what they and their styles name."""
    waiting = list(html.rglob("*.html"))
    waiting = [path for path in waiting if "_static" not in path.parts]
    found = set(waiting)
    while waiting:
        for target in _named(waiting.pop()):
            if target not in found and target.is_file():
                found.add(target)
                if target.suffix in {".css", ".html"}:
                    waiting.append(target)
    return found


def _named(path: Path) -> Iterator[Path]:
    """Yield the files that a page or a style sheet names."""
    text = path.read_text(encoding="utf-8")
    patterns = (_URL, _IMPORT) if path.suffix == ".css" else (_LINK,)
    for pattern in patterns:
        for address in pattern.findall(text):
            parts = urlsplit(address)
            if not parts.scheme and not parts.netloc and parts.path:
                yield (path.parent / unquote(parts.path)).resolve()
