"""A sample of small errors, and whether the tests of the same folder notice them.

``python -m tools.mutants`` draws a few places from every room and wing of the library,
changes one operator, number or condition there, runs the tests that mirror the room on
a copy, and prints the share that failed (killed) and what survived.  The breaks that a
claim names are made by ``tools.breaks``; this asks about the errors that nobody chose.

Kept tools do not draw samples: mutmut mutates and first runs everything, cosmic-ray has
one test command for all files and changes the checkout in place.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import io
import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from tools.breaks import PRELOADED, copy_library, limited, use_library
from tools.files import ROOT
from tools.rooms import LIBRARY, files

LIMIT = 150  # seconds for one job
EACH = 3  # mutants of a room or wing

_SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    **{ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt},
    **{ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is},
    **{ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And},
    **{ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult},
    **{ast.FloorDiv: ast.Mult, ast.Pow: ast.Mult, ast.Mod: ast.Add},
}


@dataclass(frozen=True)
class Mutant:
    """One change of one file, or an unchanged library if ``path`` is None.

    Attributes:
        tests: what must fail, below the project's root.
        path: the file, below the library.
        line: where the change is.
        old: what stands there.
        new: what takes its place.
        text: the whole file afterwards.
    """

    tests: str
    path: str | None = None
    line: int = 0
    old: str = ""
    new: str = ""
    text: str = ""


def tests_of(name: str, root: Path = ROOT) -> str | None:
    """Return the tests that mirror a room or wing, if there are any."""
    for path in (f"tests/{name}", f"tests/test_{name}.py"):
        if (root / path).exists():
            return path
    return None


def mutations(source: str) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """Return every node of a file that has a small change, and its new text."""
    for node in _computing(ast.parse(source)):
        changed = _changed(node)
        if changed is not None:
            new = ast.unparse(changed)
            yield node, new if isinstance(changed, ast.stmt) else f"({new})"


def _computing(node: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """Walk what is computed: no annotations, messages of errors, or docstrings."""
    if isinstance(node, ast.Raise | ast.JoinedStr):
        return
    if isinstance(node, ast.expr | ast.stmt):
        yield node
    for name, value in ast.iter_fields(node):
        if name not in {"annotation", "returns", "decorator_list"}:
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _computing(child)


def _changed(node: ast.AST) -> ast.expr | ast.stmt | None:
    """Return a changed copy of one node, or None if it has no change."""
    new = copy.deepcopy(node)
    match new:
        case ast.Compare(ops=[op, *rest]) if type(op) in _SWAPS:
            new.ops = [_SWAPS[type(op)](), *rest]  # type: ignore[list-item]
        case ast.BinOp(op=op) | ast.BoolOp(op=op) if type(op) in _SWAPS:
            new.op = _SWAPS[type(op)]()  # type: ignore[assignment]
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=inner):
            return inner
        case ast.Constant(value=bool() | int() | float() as value):
            return ast.Constant(_other(value))
        case ast.IfExp(test=test):
            new.test = ast.UnaryOp(ast.Not(), test)
        case ast.Expr(value=ast.Call()):
            return ast.Pass()
        case _:
            return None
    return new if isinstance(new, ast.expr) else None


def _other(value: bool | float) -> bool | float:
    """Return another constant of the same kind."""
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else 2 * value or 1.0


def spliced(source: str, node: ast.expr | ast.stmt, new: str) -> str:
    """Return the source with the text of a node replaced."""
    lines = source.encode().splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]
    end_line, end_column = node.end_lineno, node.end_col_offset
    assert end_line is not None
    assert end_column is not None
    begin = starts[node.lineno - 1] + node.col_offset
    end = starts[end_line - 1] + end_column
    return (b"".join(lines)[:begin] + new.encode() + b"".join(lines)[end:]).decode()


def sample(each: int, seed: int) -> list[Mutant]:
    """Draw so many mutants of every room and wing that has tests of its own."""
    drawn: list[Mutant] = []
    for name, paths in files().items():
        tests = tests_of(name)
        if tests is None:
            print(f"{name} has no tests of its own", flush=True)
            continue
        sources = {path: path.read_text(encoding="utf-8") for path in paths}
        places = [
            (path, node, new)
            for path, source in sources.items()
            for node, new in mutations(source)
        ]
        chance = random.Random(f"{seed} {name}")
        for path, node, new in chance.sample(places, min(each, len(places))):
            old = ast.get_source_segment(sources[path], node) or ""
            text = spliced(sources[path], node, new)
            where = str(path.relative_to(LIBRARY))
            drawn.append(Mutant(tests, where, node.lineno, old, new, text))
    return drawn


def fails(mutant: Mutant) -> tuple[Mutant, bool]:
    """Run the tests in this process on a changed copy; whether one fails."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "lib"
        copy_library(Path(folder), None)
        if mutant.path is not None:
            changed = library / LIBRARY.name / mutant.path
            changed.write_text(mutant.text, encoding="utf-8")
        os.chdir(ROOT)
        os.environ["PYTHONPATH"] = str(library)  # of the processes that tests start
        use_library(library)
        import pytest  # noqa: PLC0415 - a worker's own

        options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
        quiet = io.StringIO()
        try:
            with (
                limited(LIMIT),
                contextlib.redirect_stdout(quiet),
                contextlib.redirect_stderr(quiet),
            ):
                status = pytest.main([*options, mutant.tests])
        except TimeoutError:
            return mutant, True
    return mutant, status != pytest.ExitCode.OK


def main() -> int:
    """Draw, run, report; the status is 1 only if tests fail without a mutant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=EACH, help="mutants of a room")
    parser.add_argument("--seed", type=int, default=0, help="of the draw")
    options = parser.parse_args()
    started = time.perf_counter()
    drawn = sample(options.each, options.seed)
    os.environ |= {"OMP_NUM_THREADS": "1", "REDERIVED_PROGRESS": "off"}
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    with context.Pool(2, maxtasksperchild=1) as pool:
        unchanged = map(Mutant, sorted({one.tests for one in drawn}))
        results = pool.imap_unordered(fails, unchanged, chunksize=1)
        watched = tqdm(results, "without a mutant", disable=None)
        broken = {one.tests for one, failed in watched if failed}
        for tests in sorted(broken):
            print(f"{tests} fails without a mutant", flush=True)
        tried = [one for one in drawn if one.tests not in broken]
        killed = 0
        results = pool.imap_unordered(fails, tried, chunksize=1)
        for mutant, failed in tqdm(results, "mutants", len(tried), disable=None):
            killed += failed
            if not failed:
                change = " ".join(f"{mutant.old}  ->  {mutant.new}".split())
                print(f"survived {mutant.path}:{mutant.line}  {change}", flush=True)
    share = 100 * killed / max(len(tried), 1)
    print(
        f"{killed} of {len(tried)} mutants killed ({share:.0f} %), "
        f"seed {options.seed}; {time.perf_counter() - started:.0f} s"
    )
    return len(broken)


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
