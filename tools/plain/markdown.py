"""A MyST text as Markdown that JupyterLab, GitHub and Colab show."""

from __future__ import annotations

import base64
import mimetypes
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.files import ROOT
from tools.ledger import LedgerClaim
from tools.plain.blocks import (
    Code,
    Directive,
    Formula,
    PlainError,
    Prose,
    Target,
    blocks,
)
from tools.plain.labels import CLAIM, Label, figure_of
from tools.plain.prose import Writer

BOXES = (
    *("note", "tip", "hint", "important", "warning", "caution", "attention", "danger"),
    *("error", "seealso", "admonition", "card"),
)
"""Directives that become a block quote."""

BEGIN, END = "solution-start", "solution-end"


def anchor(name: str) -> str:
    """Return a place to which a link can lead."""
    return f'<a id="{name}"></a>'


def quoted(text: str) -> str:
    """Return a block quote."""
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def folded(title: str, text: str) -> str:
    """Return a text that opens at a click."""
    return f"<details>\n<summary>{title}</summary>\n\n{text}\n\n</details>"


@dataclass
class Markdown:
    """Writes the cells of one page, in order.

    Attributes:
        writer: of the page's prose.
        ledger: label of a claim -> the claim.
        solution: the label of the exercise whose solution is open, or nothing.
    """

    writer: Writer
    ledger: Mapping[str, LedgerClaim]
    solution: str = ""

    def cell(self, text: str, line: int) -> str:
        """Return the Markdown of one cell.

        A solution is folded; where code stands in it, it goes on in the next cell.

        Args:
            text: the cell, MyST.
            line: of the page on which it begins.

        Raises:
            PlainError: for what has no plain form.
        """
        parts: list[str] = []
        inside: list[str] = []
        title = self._solution_title(", continued") if self.solution else ""
        for block in blocks(text, self.writer.file, line):
            name = block.name if isinstance(block, Directive) else ""
            if isinstance(block, Directive) and name == BEGIN:
                self._exercise(block.argument, block.line)
                self.solution, inside = block.argument, []
                title = self._solution_title("")
            elif isinstance(block, Directive) and name == END:
                parts += [folded(title, _joined(inside))] if inside else []
                self.solution, inside = "", []
            else:
                target = inside if self.solution else parts
                target.append(self._block(block, quote=False))
        if self.solution and inside:
            parts.append(folded(title, _joined(inside)))
        elif self.solution and title == self._solution_title(""):
            parts.append(f"**{title}**: the next cell.")
        return _joined(parts)

    def caption(self, options: Mapping[str, object], line: int) -> str:
        """Return the caption that a code cell's figure has; empty if none."""
        figure = figure_of(options)
        if not figure:
            return ""
        name, caption = figure.get("name", ""), figure.get("caption", "")
        return self._captioned(name, self.text(caption.strip(), line), line)

    def text(self, text: str, line: int, *, quote: bool = False) -> str:
        """Return a MyST text plainly; formulas of a quote stand on one line each.

        JupyterLab would take the marks of the quote for a part of a longer formula.
        """
        found = blocks(text, self.writer.file, line)
        return _joined([self._block(block, quote=quote) for block in found])

    def _block(
        self, block: Prose | Code | Formula | Target | Directive, *, quote: bool
    ) -> str:
        """Return one piece."""
        if isinstance(block, Prose):
            return self.writer.prose(block.text, block.line).strip("\n")
        if isinstance(block, Code):
            return block.text
        if isinstance(block, Target):
            return anchor(block.name)
        if isinstance(block, Formula):
            return self._formula(block.tex, block.label, block.indent, quote)
        made = self._directive(block, quote)
        return textwrap.indent(made, block.indent)

    def _formula(self, tex: str, label: str, indent: str, quote: bool) -> str:
        """Return a display formula with its number and a place to link to."""
        tag = ""
        if label:
            tag = f" \\tag{{{self.writer.labels.labels[label].number}}}"
        if quote or indent:
            made = f"$${' '.join(tex.split())}{tag}$$"
        else:
            # An empty line would end the formula's paragraph.
            lines = [line for line in tex.split("\n") if line.strip()]
            made = "\n".join(["$$", *lines[:-1], lines[-1] + tag, "$$"])
        place = [anchor(label)] if label else []
        return textwrap.indent(_joined([*place, made]), indent)

    def _directive(self, block: Directive, quote: bool) -> str:
        """Return a directive."""
        if block.name == "math":
            tex = f"{block.argument}\n{block.body}".strip()
            return self._formula(tex, block.option("label"), "", quote)
        if block.name.startswith("prf:"):
            return self._statement(block)
        if block.name in BOXES:
            return self._box(block)
        handlers: dict[str, Callable[[Directive], str]] = {
            "exercise": self._exercise_text,
            "solution": self._solution_text,
            "dropdown": self._dropdown,
            "figure": self._figure,
            "image": self._image,
            "table": self._table,
            "list-table": self._list_table,
            "tab-set": self._body,
            "tab-item": self._tab,
            "code-block": self._code,
            "code": self._code,
        }
        if block.name not in handlers:
            what = f"unknown directive {{{block.name}}}"
            raise PlainError(self.writer.file, block.line, what)
        return handlers[block.name](block)

    def _body(self, block: Directive) -> str:
        return self.text(block.body, block.body_line)

    def _title(self, block: Directive) -> str:
        return self.writer.prose(block.argument, block.line)

    def _label(self, block: Directive) -> tuple[str, Label]:
        """Return a directive's label, which it must have to be numbered."""
        name = block.option("label") or block.option("name")
        if name not in self.writer.labels.labels:
            what = f"{{{block.name}}} has no label"
            raise PlainError(self.writer.file, block.line, what)
        return name, self.writer.labels.labels[name]

    def _statement(self, block: Directive) -> str:
        """Return a claim with number and verdict, or another numbered statement."""
        name, label = self._label(block)
        head = label.name
        if CLAIM.fullmatch(name):
            if name not in self.ledger:
                what = f"the ledger has no {label.name}"
                raise PlainError(self.writer.file, block.line, what)
            head += f" ({self.ledger[name].verdict.value})"
        head = f"**{head}**"
        if block.argument:
            head += f" · {self._title(block)}"
        body = self.text(block.body, block.body_line, quote=True)
        return quoted(_joined([anchor(name), head, body]))

    def _box(self, block: Directive) -> str:
        """Return a note, a card and the like."""
        title = self._title(block)
        if not title and block.name not in ("card", "admonition"):
            title = block.name.replace("seealso", "see also").capitalize()
        body = self.text(block.body, block.body_line, quote=True)
        return quoted(_joined([f"**{title}**" if title else "", body]))

    def _exercise(self, name: str, line: int) -> Label:
        label = self.writer.labels.labels.get(name)
        if label is None or label.kind != "exercise":
            raise PlainError(self.writer.file, line, f"no exercise {name}")
        return label

    def _solution_title(self, more: str) -> str:
        """Return what stands over a solution."""
        return f"Solution to {self._exercise(self.solution, 0).name}{more}"

    def _exercise_text(self, block: Directive) -> str:
        name, label = self._label(block)
        head = f"**{label.name}**"
        if block.argument:
            head += f" · {self._title(block)}"
        return _joined([anchor(name), head, self._body(block)])

    def _solution_text(self, block: Directive) -> str:
        label = self._exercise(block.argument, block.line)
        return folded(f"Solution to {label.name}", self._body(block))

    def _dropdown(self, block: Directive) -> str:
        return folded(self._title(block) or "More", self._body(block))

    def _tab(self, block: Directive) -> str:
        return _joined([f"**{self._title(block)}**", self._body(block)])

    def _captioned(self, name: str, caption: str, line: int) -> str:
        """Return a caption with the number of its figure or table."""
        if name not in self.writer.labels.labels:
            raise PlainError(self.writer.file, line, "the figure has no name")
        label = self.writer.labels.labels[name]
        return _joined([anchor(name), f"**{label.name}.** {caption}"])

    def _image(self, block: Directive) -> str:
        """Return a picture with all its bytes, so that the notebook stands alone."""
        alt = " ".join(block.option("alt").split())
        if not alt:
            raise PlainError(self.writer.file, block.line, "a picture needs alt text")
        path = (ROOT / self.writer.page).parent / block.argument
        if not path.is_file():
            what = f"no picture {block.argument}"
            raise PlainError(self.writer.file, block.line, what)
        return f"![{alt}]({_data(path)})"

    def _figure(self, block: Directive) -> str:
        name = block.option("name")
        caption = self._captioned(name, self._body(block), block.line)
        return _joined([self._image(block), caption])

    def _table(self, block: Directive) -> str:
        """Return a table, its caption over it."""
        head = f"**{self._title(block)}**" if block.argument else ""
        name = block.option("name") or block.option("label")
        if name:
            head = self._captioned(name, self._title(block), block.line)
        return _joined([head, self._body(block)])

    def _list_table(self, block: Directive) -> str:
        """Return a table that is written as a list of lists, as rows."""
        rows: list[list[str]] = []
        for line in block.body.split("\n"):
            stripped = line.strip()
            if line.startswith("* - "):
                rows.append([line.removeprefix("* - ")])
            elif stripped.startswith("- ") or stripped == "-":
                rows[-1].append(stripped.removeprefix("-").strip())
            elif stripped:
                rows[-1][-1] += " " + stripped
        body = "\n".join(f"| {' | '.join(row)} |" for row in _headed(rows, block))
        made = self.writer.prose(body, block.body_line)
        return _joined([f"**{self._title(block)}**" if block.argument else "", made])

    def _code(self, block: Directive) -> str:
        return f"```{block.argument}\n{block.body}\n```"


def _headed(rows: list[list[str]], block: Directive) -> list[list[str]]:
    """Return rows with the rule under the head; an empty head if there is none."""
    width = max(map(len, rows), default=1)
    if int(block.option("header-rows") or 0) == 0:
        rows = [[""] * width, *rows]
    return [rows[0], ["---"] * width, *rows[1:]]


def _joined(parts: list[str]) -> str:
    """Return pieces as paragraphs."""
    return "\n\n".join(part for part in parts if part.strip())


def _data(path: Path) -> str:
    """Return a file as an address that contains it."""
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
