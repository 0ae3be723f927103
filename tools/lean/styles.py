"""The theme's style sheets without the rules that no page can meet.

The theme brings a whole framework of styles.  A rule stays if every class that it asks
for is a word of some page or script.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from pathlib import Path

from tools.files import write

THEME = ("_static/styles/*.css", "_static/sphinx-design*.css")
"""Style sheets that the book has not written."""

_WORD = re.compile(r"[\w-]+")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_PART = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[{};]""")
_CLASS = re.compile(r"[.]((?:\\.|[\w-])+)")
_ARGUMENTS = re.compile(r"\([^()]*\)")
_NESTED = ("@media", "@supports")
"""Rules that hold rules; the others that begin with @ stay whole."""


def words(texts: Iterable[str]) -> set[str]:
    """Return all that could be the name of a class in pages and scripts."""
    return {word for text in texts for word in _WORD.findall(text)}


def trim(html: Path) -> None:
    """Rewrite the theme's style sheets of a site.

    Args:
        html: the site, its pages lean and what they do not load removed.
    """
    paths = [*html.rglob("*.html"), *html.glob("_static/**/*.js")]
    known = words(path.read_text(encoding="utf-8") for path in paths)
    for pattern in THEME:
        for sheet in html.glob(pattern):
            write(sheet, trimmed(sheet.read_text(encoding="utf-8"), known))


def trimmed(sheet: str, known: Set[str]) -> str:
    """Return a style sheet without rules of unknown classes.

    >>> trimmed(".a b{x:1}.c,.a:not(.d){x:2}@media print{.c{x:3}}", {"a"})
    '.a b{x:1}.a:not(.d){x:2}'
    """
    made = ""
    for head, body in _rules(_COMMENT.sub("", sheet)):
        if body is None:
            made += head
        elif head.startswith(_NESTED):
            inner = trimmed(body, known)
            made += f"{head}{{{inner}}}" if inner.strip() else ""
        elif head.startswith("@"):
            made += f"{head}{{{body}}}"
        elif kept := [one for one in _selectors(head) if _can_match(one, known)]:
            made += f"{','.join(kept)}{{{body}}}"
    return made


def _rules(sheet: str) -> Iterator[tuple[str, str | None]]:
    """Yield what stands before each block and the block; None for ``@import x;``.

    Raises:
        ValueError: if a block is not closed.
    """
    start = depth = 0
    head = ""
    for part in _PART.finditer(sheet):
        if part[0] == "{":
            depth += 1
            if depth == 1:
                head, start = sheet[start : part.start()].strip(), part.end()
        elif part[0] == "}":
            depth -= 1
            if depth == 0:
                yield head, sheet[start : part.start()]
                start = part.end()
        elif part[0] == ";" and depth == 0:
            yield sheet[start : part.end()].strip(), None
            start = part.end()
    if depth or sheet[start:].strip():
        raise ValueError(f"a style sheet ends in a rule: {sheet[start:][:60]!r}")


def _selectors(head: str) -> list[str]:
    """Split a list of selectors at the commas that no parentheses hold."""
    found, depth = [""], 0
    for sign in head:
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            found.append("")
        else:
            found[-1] += sign
    return found


def _can_match(selector: str, known: Set[str]) -> bool:
    """Whether all classes of a selector are known; those in parentheses are."""
    while (bare := _ARGUMENTS.sub("", selector)) != selector:
        selector = bare
    names = (name.replace("\\", "") for name in _CLASS.findall(selector))
    return all(set(_WORD.findall(name)) <= known for name in names)
