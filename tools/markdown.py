"""Small pieces of MyST that the generated pages share."""

import re
from collections.abc import Iterable, Sequence
from html import escape


def plain(text: str) -> str:
    """Text with Markdown's own characters escaped."""
    return re.sub(r"([\\`*_\[\]<>$|{}#~])", r"\\\1", text)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table, line by line; the cells are MyST already."""
    rule = ["---"] * len(head)
    return [f"| {' | '.join(row)} |" for row in (head, rule, *rows)]


def stacking_table(
    caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]
) -> list[str]:
    """A table whose rows become lists on a narrow screen, line by line.

    Every cell carries its heading, which the style sheet shows there.

    Args:
        caption: text.
        head: the headings, text.
        rows: the first cell names the row; all cells are HTML.
    """
    lines = ["```{raw} html", '<table class="table rd-stack">']
    lines.append(f"<caption>{escape(caption)}</caption>")
    cells = "".join(f'<th scope="col">{escape(one)}</th>' for one in head)
    lines += [f"<thead><tr>{cells}</tr></thead>", "<tbody>"]
    for first, *others in rows:
        cells = "".join(
            f'<td data-label="{escape(heading)}">{one}</td>'
            for heading, one in zip(head[1:], others, strict=True)
        )
        lines.append(f'<tr><th scope="row">{first}</th>{cells}</tr>')
    return [*lines, "</tbody>", "</table>", "```"]
