"""Small changes of a Python file, made by the operators of cosmic-ray.

Cosmic-ray says where an operator applies and makes the change.  Left out are what is
never computed (annotations, and what stands in ``raise`` or in an f-string, which only
words a message) and replacements that a first call refuses, such as ``+`` by ``<<``.
Cosmic-ray has no operator that removes a statement; :class:`RemoveCall` is added.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import parso
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ARITHMETIC = {"Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow"}
_WANT_ARGUMENTS = ("core/VariableReplacer", "core/VariableInserter")
_TYPED = {"annotation", "returns"}

Position = tuple[int, int]
"""Line, from 1, and column."""


@dataclass(frozen=True)
class Change:
    """One change that an operator can make.

    Attributes:
        operator: its name.
        occurrence: which of the places in the file where it applies.
        place: where that is.
    """

    operator: str
    occurrence: int
    place: Position


class RemoveCall:
    """Replaces a statement that is a call and nothing else by ``pass``."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Position, Position]]:  # noqa: ANN401 - parso's
        """Return where the statement stands."""
        if node.type in {"atom_expr", "power"} and node.parent.type == "simple_stmt":
            last = node.children[-1]
            if last.type == "trailer" and last.children[0].value == "(":
                yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:  # noqa: ANN401 - parso's
        """Return what takes its place."""
        return parso.python.tree.Name(
            "pass", node.start_pos, node.get_first_leaf().prefix
        )


@cache
def operators() -> dict[str, Any]:
    """Return the operators that are used, by name."""
    found = {
        name.removeprefix("core/"): get_operator(name)()
        for name in sorted(operator_names())
        if name not in _WANT_ARGUMENTS and _kind_stays(name)
    }
    return {**found, "RemoveCall": RemoveCall()}


def _kind_stays(name: str) -> bool:
    """Whether a binary operator is replaced by another of its kind, if it is one."""
    what, _, kinds = name.partition("ReplaceBinaryOperator_")
    if not kinds:
        return bool(what)
    old, new = kinds.split("_")
    return (old in ARITHMETIC) == (new in ARITHMETIC)


def changes(source: str) -> dict[Position, list[Change]]:
    """Return every place of a file that has a change -> its changes."""
    lines = source.splitlines()
    apart = list(_apart(ast.parse(source), lines))
    found: dict[Position, list[Change]] = {}
    nodes = list(ast_nodes(get_ast(source)))
    for name, operator in operators().items():
        spans = [span for node in nodes for span in operator.mutation_positions(node)]
        for occurrence, (place, until) in enumerate(spans):
            what = lines[place[0] - 1][place[1] : until[1]]
            if name == "ExceptionReplacer" and not what.isidentifier():
                continue  # it fails on what is no single name: a.Wrong, *wrongs
            if not any(begin <= place < end for begin, end in apart):
                found.setdefault(place, []).append(Change(name, occurrence, place))
    return dict(sorted(found.items()))


def changed(source: str, change: Change) -> str:
    """Return the file after a change.

    Raises:
        ValueError: if the change does not apply to the file.
    """
    text = mutate_code(source, operators()[change.operator], change.occurrence)
    if text is None:
        raise ValueError(f"{change.operator} does not apply {change.occurrence} times")
    return str(text)


def _apart(tree: ast.AST, lines: list[str]) -> Iterator[tuple[Position, Position]]:
    """Return from where to where nothing is computed that a test could see."""
    for node in ast.walk(tree):
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.expr) and name in _TYPED:
                yield _span(value, lines)
        if isinstance(node, ast.Raise | ast.JoinedStr):
            yield _span(node, lines)


def _span(node: ast.expr | ast.stmt, lines: list[str]) -> tuple[Position, Position]:
    """Return where a node begins and ends, columns counted in letters."""
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    begin = len(lines[node.lineno - 1].encode()[: node.col_offset].decode())
    end = len(lines[node.end_lineno - 1].encode()[: node.end_col_offset].decode())
    return (node.lineno, begin), (node.end_lineno, end)
