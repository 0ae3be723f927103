"""Code of the library that a page quotes: ``python -m tools.excerpts`` renews it.

A comment before the block says what is quoted: a function's body without its docstring,
or some of its statements::

    <!-- source: flows/coupling.py AdditiveCoupling.forward -->
    <!-- source: chapters/mixup/transforms.py mixup[-4:] -->
"""

from __future__ import annotations

import ast
import re
import sys
import textwrap
from pathlib import Path

from tools.files import BOOK, CHAPTER_PATTERN, write
from tools.rooms import LIBRARY

_BLOCK = re.compile(
    r"(?P<mark><!-- source: (?P<file>\S+) (?P<name>[\w.]+)"
    r"(?:\[(?P<first>-?\d+)?:(?P<last>-?\d+)?\])? -->\n)?"
    r"\n?```python\n(?P<code>.*?)```\n",
    re.DOTALL,
)


def statements(
    path: Path, name: str, first: int | None = None, last: int | None = None
) -> str:
    """Return the source of a function's statements ``[first:last]``, dedented.

    Args:
        path: the file.
        name: ``function`` or ``Class.method``.
        first: the first statement, the docstring not counted; None is the beginning.
        last: the statement before which to end; None is the end.

    Raises:
        ValueError: if the file has no such function, or it no such statements.
    """
    source = path.read_text(encoding="utf-8")
    node: ast.AST = ast.parse(source)
    for word in name.split("."):
        inside = {getattr(one, "name", ""): one for one in ast.iter_child_nodes(node)}
        if word not in inside:
            raise ValueError(f"{path.name} has no {name}")
        node = inside[word]
    assert isinstance(node, ast.FunctionDef)
    body = node.body[1:] if ast.get_docstring(node) else node.body
    if not (chosen := body[first:last]):
        raise ValueError(f"{name} in {path.name} has no statements [{first}:{last}]")
    end = chosen[-1].end_lineno
    lines = source.splitlines(keepends=True)[chosen[0].lineno - 1 : end]
    return textwrap.dedent("".join(lines))


def renewed(text: str, library: Path = LIBRARY) -> str:
    """Return a page with every marked block as the library has it now."""

    def quote(found: re.Match[str]) -> str:
        if found["mark"] is None:
            return found[0]
        ends = [int(x) if x else None for x in (found["first"], found["last"])]
        code = statements(library / found["file"], found["name"], *ends)
        return f"{found['mark']}\n```python\n{code}```\n"

    return _BLOCK.sub(quote, text)


def unmarked(text: str) -> list[str]:
    """Return the blocks of a page that do not say what they quote."""
    return [one["code"] for one in _BLOCK.finditer(text) if one["mark"] is None]


def main() -> None:
    """Renew every chapter; say which changed."""
    for page in sorted(BOOK.glob(f"{CHAPTER_PATTERN}.md")):
        old = page.read_text(encoding="utf-8")
        try:
            new = renewed(old)
        except (OSError, ValueError) as error:
            sys.exit(f"{page.name}: {error}")
        if new != old:
            write(page, new)
            print(f"{page.name} renewed; run `make sync`")


if __name__ == "__main__":
    main()
