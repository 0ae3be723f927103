"""The pieces of a MyST text: prose, formulas, code, directives, targets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml


class PlainError(ValueError):
    """A text that cannot be written plainly; the message begins with page and line."""

    def __init__(self, page: str, line: int, what: str) -> None:
        super().__init__(f"{page}.md:{line}: {what}")


@dataclass(frozen=True)
class Prose:
    """Paragraphs, headings, lists and tables as they stand."""

    line: int
    text: str


@dataclass(frozen=True)
class Code:
    """A fence of code, quoted whole."""

    line: int
    text: str


@dataclass(frozen=True)
class Formula:
    """A display formula without its dollars; ``label`` may be empty."""

    line: int
    indent: str
    tex: str
    label: str


@dataclass(frozen=True)
class Target:
    """A label ``(name)=`` for what follows."""

    line: int
    name: str


@dataclass(frozen=True)
class Directive:
    """A directive; ``body_line`` is the line on which its body begins."""

    line: int
    indent: str
    name: str
    argument: str
    options: dict[str, Any]
    body: str
    body_line: int

    def option(self, name: str) -> str:
        """Return an option as text; empty if it is not given."""
        return str(self.options.get(name) or "")


Block = Prose | Code | Formula | Target | Directive

_FENCE = re.compile(
    r"(?P<indent> *)(?P<fence>`{3,}|:{3,}|~{3,})"
    r"(?:\{(?P<name>[^}`]+)\})?(?P<rest>[^`]*)"
)
_TARGET = re.compile(r" *\((?P<name>[^()\s]+)\)= *")
_DOLLARS = re.compile(r"(?P<indent> *)\$\$(?P<rest>.*)")
_END = re.compile(r"(?P<tex>.*?)\$\$ *(?:\((?P<label>[\w:.-]+)\))? *")
_OPTION = re.compile(r":(?P<name>[\w-]+):(?: +(?P<value>.*))?")


def blocks(text: str, page: str, first: int = 1) -> Iterator[Block]:
    """Cut a text into its pieces, in order; comments and ``+++`` are left out.

    Args:
        text: MyST.
        page: its name, for errors.
        first: the line of the page on which the text begins.

    Raises:
        PlainError: if a fence, formula or comment does not end.
    """
    lines = text.split("\n")
    prose: list[str] = []
    index = begin = 0

    def loose() -> Iterator[Block]:
        if "".join(prose).strip():
            yield Prose(first + begin, "\n".join(prose))
        prose.clear()

    while index < len(lines):
        end, found = _special(lines, index, page, first)
        if end == index:
            begin = begin if prose else index
            prose.append(lines[index])
            index += 1
            continue
        yield from loose()
        if found is not None:
            yield found
        index = end
    yield from loose()


def _special(
    lines: list[str], index: int, page: str, first: int
) -> tuple[int, Block | None]:
    """Return where a piece that begins on a line ends, and the piece; or no piece."""
    line, number = lines[index], first + index
    if fence := _FENCE.fullmatch(line):
        end = _closing(lines, index, fence["fence"], len(fence["indent"]))
        if end is None:
            raise PlainError(page, number, "the fence does not end")
        inside = [_without(fence["indent"], one) for one in lines[index + 1 : end]]
        if not fence["name"] and fence["fence"][0] != ":":
            return end + 1, Code(number, "\n".join(lines[index : end + 1]))
        if not fence["name"]:
            raise PlainError(page, number, "a fence of colons needs a directive")
        return end + 1, _directive(fence, inside, page, number)
    if target := _TARGET.fullmatch(line):
        return index + 1, Target(number, target["name"])
    if dollars := _DOLLARS.fullmatch(line):
        return _formula(lines, index, dollars, page, number)
    if line.startswith("<!--"):
        for end in range(index, len(lines)):
            if lines[end].rstrip().endswith("-->"):
                return end + 1, None
        raise PlainError(page, number, "the comment does not end")
    return (index + 1 if line.startswith(("+++", "% ")) else index), None


def _closing(lines: list[str], start: int, fence: str, indent: int) -> int | None:
    """Return the line that ends a fence."""
    close = re.compile(rf" {{0,{indent}}}{fence[0]}{{{len(fence)},}} *")
    for index in range(start + 1, len(lines)):
        if close.fullmatch(lines[index]):
            return index
    return None


def _without(indent: str, line: str) -> str:
    return line.removeprefix(indent)


def _directive(
    fence: re.Match[str], inside: list[str], page: str, number: int
) -> Directive:
    """Return a directive with its options read, of either form."""
    options: dict[str, Any] = {}
    start = 0
    if inside[:1] == ["---"] and "---" in inside[1:]:
        start = inside.index("---", 1) + 1
        options = yaml.safe_load("\n".join(inside[1 : start - 1])) or {}
    else:
        while start < len(inside) and (found := _OPTION.fullmatch(inside[start])):
            options[found["name"]] = found["value"] or ""
            start += 1
    while start < len(inside) and not inside[start].strip():
        start += 1
    return Directive(
        number,
        fence["indent"],
        fence["name"],
        fence["rest"].strip(),
        options,
        "\n".join(inside[start:]),
        number + 1 + start,
    )


def _formula(
    lines: list[str], index: int, opening: re.Match[str], page: str, number: int
) -> tuple[int, Formula]:
    """Return a formula between dollars, which may end with a label."""
    parts: list[str] = []
    rest = opening["rest"]
    for end in range(index, len(lines)):
        line = rest if end == index else lines[end]
        if last := _END.fullmatch(line):
            tex = "\n".join([*parts, last["tex"]]).strip()
            label = last["label"] or ""
            return end + 1, Formula(number, opening["indent"], tex, label)
        if "$$" in line:
            raise PlainError(page, number, "text follows the formula on its line")
        parts.append(line)
    raise PlainError(page, number, "the formula does not end")
