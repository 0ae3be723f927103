"""Small pieces of MyST that the generated pages share."""

import re
from collections.abc import Iterable, Sequence


def plain(text: str) -> str:
    """Text with Markdown's own characters escaped."""
    return re.sub(r"([\\`*_\[\]<>$|{}#~])", r"\\\1", text)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table, line by line; the cells are MyST already."""
    rule = ["---"] * len(head)
    return [f"| {' | '.join(row)} |" for row in (head, rule, *rows)]
