"""Labels of the whole book: what each names, with the number that the site shows.

Formulas, figures, exercises, propositions and so on are counted by chapter: (3.2) is
the second formula of chapter 3.  A claim has the ledger's number and is not counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tools.contents import toc_files
from tools.files import ROOT
from tools.plain.blocks import (
    Block,
    Directive,
    Formula,
    PlainError,
    Prose,
    Target,
    blocks,
)

CLAIM = re.compile(r"claim-(\d+)-(\d+)")
_FRONT = re.compile(r"---\n.*?\n---\n", re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_CHAPTER = re.compile(r"book/0*(\d+)-")


@dataclass(frozen=True)
class Label:
    """What a label names.

    Attributes:
        page: the page's path without its end, ``book/03-nice``.
        anchor: its place on the site's page.
        kind: ``equation``, ``figure``, ``claim``, ``exercise``, ``proposition``,
            ``section`` and the like.
        number: as it is shown; empty for a section.
        title: of a section; empty otherwise.
    """

    page: str
    anchor: str
    kind: str
    number: str = ""
    title: str = ""

    @property
    def name(self) -> str:
        """How a text refers to it: ``(3.12)``, ``Figure 3.2``, ``Claim 3.4``."""
        if self.kind == "equation":
            return f"({self.number})"
        return self.title or f"{self.kind.capitalize()} {self.number}"


@dataclass
class Labels:
    """The labels of the book, and the titles of its pages (``book/03-nice``)."""

    labels: dict[str, Label] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def read(self, page: str, text: str) -> None:
        """Add a page; pages come in the order of the table of contents.

        Raises:
            PlainError: if a label is taken, or cannot be read.
        """
        front = _FRONT.match(text)
        start = front.end() if front else 0
        first = text.count("\n", 0, start) + 1
        name = Path(page).name
        found = list(_inside(list(blocks(text[start:], name, first)), name))
        for position, block in enumerate(found):
            self._block(page, block, found[position + 1 : position + 2])
        heading = _HEADING.search(text[start:])
        self.titles[page] = heading[1] if heading else name

    def _block(self, page: str, block: Block, following: list[Block]) -> None:
        """Count a piece and keep its label."""
        if isinstance(block, Formula) and block.label:
            self._count(page, block.line, "equation", block.label)
        elif isinstance(block, Target):
            text = (
                following[0].text
                if following and isinstance(following[0], Prose)
                else ""
            )
            heading = _HEADING.match(text.lstrip("\n"))
            title = heading[1] if heading else block.name
            site_anchor = block.name.replace(".", "-")
            label = Label(page, site_anchor, "section", title=title)
            self._keep(block.name, label, block.line)
        elif isinstance(block, Directive) and (kind := _kind(block)):
            self._count(page, block.line, kind, _name(block))

    def _count(self, page: str, line: int, kind: str, name: str) -> None:
        """Give the next number of a kind in its chapter, or a claim its own."""
        if claim := CLAIM.fullmatch(name):
            number = f"{claim[1]}.{claim[2]}"
            self._keep(name, Label(page, name, "claim", number), line)
            return
        chapter = _CHAPTER.match(page)
        prefix = f"{chapter[1]}." if chapter else ""
        self.counts[prefix, kind] += 1
        if not name:
            return
        number = f"{prefix}{self.counts[prefix, kind]}"
        anchor = f"equation-{name}" if kind == "equation" else name
        self._keep(name, Label(page, anchor, kind, number), line)

    def _keep(self, name: str, label: Label, line: int) -> None:
        if name in self.labels:
            raise PlainError(Path(label.page).name, line, f"label {name} stands twice")
        self.labels[name] = label


def _inside(found: list[Block], page: str) -> Iterator[Block]:
    """Every piece, and after a directive the pieces of its body."""
    for block in found:
        yield block
        if isinstance(block, Directive) and block.name not in ("math", "code-cell"):
            inner = list(blocks(block.body, page, block.body_line))
            yield from _inside(inner, page)


def figure_of(options: Mapping[str, object]) -> Mapping[str, str]:
    """Return caption and name that a code cell gives its figure; empty if none."""
    shown = options.get("mystnb")
    figure = shown.get("figure") if isinstance(shown, Mapping) else None
    return figure if isinstance(figure, Mapping) else {}


def _kind(block: Directive) -> str:
    """Return what a directive is counted as; empty if it is not."""
    if block.name.startswith("prf:"):
        return block.name.removeprefix("prf:")
    if block.name == "math":
        return "equation" if _name(block) else ""
    if block.name == "code-cell":
        return "figure" if figure_of(block.options) else ""
    if block.name in ("table", "list-table"):
        return "table" if block.argument else ""
    return block.name if block.name in ("figure", "exercise") else ""


def _name(block: Directive) -> str:
    figure = figure_of(block.options)
    return figure.get("name") or block.option("label") or block.option("name")


def book_labels(root: Path = ROOT) -> Labels:
    """Return the labels of every page of the table of contents."""
    found = Labels()
    for entry in toc_files(root / "_toc.yml"):
        for path in sorted(root.glob(f"{entry}.md")):
            page = path.relative_to(root).with_suffix("").as_posix()
            found.read(page, path.read_text(encoding="utf-8"))
    return found
