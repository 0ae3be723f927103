"""Small errors drawn at random, and whether a test or a page notices them.

``python -m tools.mutants`` draws places from every room and wing of the library, as
many of each as the time allows, makes one change there (:mod:`tools.changes`), and runs
on a copy first the tests that run the changed statement, then the pages that do
(:mod:`tools.reach`).  What fails kills the mutant.  It prints what survives; with
``--record book/mutants.json`` it adds to what ``tools.mutants_page`` shows.  The breaks
that a claim names are made by ``tools.breaks``; this asks about the errors that nobody
chose.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import json
import multiprocessing
import multiprocessing.pool
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from itertools import islice, zip_longest
from pathlib import Path

from tqdm import tqdm

from tools.breaks import PRELOADED, limited, use_library
from tools.changes import Change, Position, changed, changes
from tools.files import BOOK, ROOT, chapter, write
from tools.notebook_claims import run_notebook
from tools.reach import PAGE, QUIET, Reach, load
from tools.rooms import LIBRARY, files, part

RECORD = BOOK / "mutants.json"
LIMIT = 240  # seconds for one job
ENOUGH = 60.0  # seconds that the chosen tests of one mutant took when they were timed


@dataclass(frozen=True)
class Mutant:
    """One change of the library and what became of it.

    Attributes:
        path: the file, below the library.
        line: where the change is.
        function: the function or class around it, or nothing.
        operator: who made it.
        old: the line as it stands.
        new: the line as it became.
        killer: the test or page that failed, ``time`` if the limit ran out, ``import``
            if nothing could be collected; nothing if all passed.
        tried: how many tests and pages were there to fail.
    """

    path: str
    line: int
    function: str
    operator: str
    old: str
    new: str
    killer: str = ""
    tried: int = 0

    @property
    def room(self) -> str:
        """The room or wing."""
        return part(Path(self.path).with_suffix("").parts)

    @property
    def name(self) -> str:
        """What the classification of survivors calls it."""
        where = f"{self.path} {self.function}".strip()
        return f"{where}: {self.old} -> {self.new}"


@dataclass(frozen=True)
class Job:
    """A mutant, its file's whole text, and what shall notice it; or no mutant."""

    mutant: Mutant | None
    text: str
    tests: tuple[str, ...]
    pages: tuple[str, ...]


Places = list[tuple[Path, Position, list[Change]]]


def all_places() -> dict[str, Places]:
    """Return room or wing -> every place of its files that has a change."""
    return {
        name: [
            (path, place, found)
            for path in paths
            for place, found in changes(path.read_text(encoding="utf-8")).items()
        ]
        for name, paths in files().items()
    }


def drawn(places: dict[str, Places], seed: int, reach: Reach) -> Iterator[Job]:
    """Return a job for every place, in the seed's order, each room in turn."""
    rooms = [_of_room(name, mine, seed, reach) for name, mine in places.items()]
    for group in zip_longest(*rooms):
        yield from (job for job in group if job is not None)


def _of_room(name: str, places: Places, seed: int, reach: Reach) -> Iterator[Job]:
    """Return one change for every place of a room."""
    chance = random.Random(f"{seed} {name}")
    for path, place, found in chance.sample(places, len(places)):
        source = path.read_text(encoding="utf-8")
        change = chance.choice(found)
        text = changed(source, change)
        line, old, new = _difference(source, text)
        function, lines = _around(source, place)
        where = path.relative_to(LIBRARY).as_posix()
        mutant = Mutant(where, line, function, change.operator, old, new)
        yield _job(mutant, text, path, lines, reach)


def _difference(source: str, text: str) -> tuple[int, str, str]:
    """Return the first line that differs, and how it reads before and after."""
    pairs = zip_longest(source.splitlines(), text.splitlines(), fillvalue="")
    number, (old, new) = next(
        (number, pair) for number, pair in enumerate(pairs, 1) if pair[0] != pair[1]
    )
    return number, " ".join(old.split()), " ".join(new.split())


def _around(source: str, place: Position) -> tuple[str, range]:
    """Return the function around a place, and the lines that run with the place.

    These are the lines of the innermost statement, without the statements in it; of a
    function's own head, which runs when the file is imported, the lines of its body.
    """
    names: list[str] = []
    line, lines = place[0], range(place[0], place[0] + 1)
    nodes: list[ast.AST] = [ast.parse(source)]
    while nodes:
        node = nodes.pop()
        for child in ast.iter_child_nodes(node):
            begin, end = getattr(child, "lineno", 0), getattr(child, "end_lineno", 0)
            for decorator in getattr(child, "decorator_list", ()):
                begin = min(begin, decorator.lineno)
            if not begin <= line <= end:
                if begin == 0:  # arguments, cases: they have statements in them
                    nodes.append(child)
                continue
            nodes = [child]
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                names.append(child.name)
            if isinstance(child, ast.stmt):
                lines = _own(child, line)
            break
    return ".".join(names), lines


def _own(node: ast.stmt, line: int) -> range:
    """Return the lines of a statement that run when the given line does."""
    assert node.end_lineno is not None
    body = getattr(node, "body", None)
    if not body or isinstance(node, ast.FunctionDef | ast.ClassDef):
        return range(node.lineno, node.end_lineno + 1)
    return range(node.lineno, max(body[0].lineno, line + 1, node.lineno + 1))


def _job(
    mutant: Mutant, text: str, path: Path, lines: Iterable[int], reach: Reach
) -> Job:
    """Choose what must notice a mutant: the room's own tests first, then the quick.

    Where only an import runs the lines, everything that runs the file is asked.
    """
    runs = reach.of(path)
    found: set[str] = set().union(*(runs.get(line, set()) for line in lines))
    found = found or set().union(*runs.values())
    own = (f"tests/{mutant.room}/", f"tests/test_{mutant.room}.py")
    ranked = sorted(
        (not name.startswith(own), reach.seconds[name], name)
        for name in found
        if not name.startswith(PAGE)
    )
    tests: list[str] = []
    spent = 0.0
    for _, seconds, name in ranked:
        spent += seconds
        if tests and spent > ENOUGH:
            break
        tests.append(name)
    pages = sorted(
        (one for one in found if one.startswith(PAGE)), key=reach.seconds.get
    )
    return Job(mutant, text, tuple(tests), tuple(pages))


class First:
    """A plugin of pytest that keeps the name of what fails first."""

    name = ""

    def pytest_runtest_logreport(self, report: object) -> None:
        """Note a failure."""
        if getattr(report, "failed", False):
            self.name = self.name or str(getattr(report, "nodeid", ""))


def killer(job: Job) -> str:
    """Run the tests, then the pages, in this process on a changed copy.

    Returns:
        What failed first, or nothing.
    """
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "lib"
        shutil.copytree(ROOT / "lib", library)  # with what is compiled already
        (library / LIBRARY.name / "recorded").symlink_to(ROOT / "results")
        if job.mutant is not None:
            changed_file = library / LIBRARY.name / job.mutant.path
            changed_file.write_text(job.text, encoding="utf-8")
        os.chdir(ROOT)
        os.environ |= {"PYTHONPATH": str(library), "REDERIVED_RUNS": f"{folder}/runs"}
        use_library(library)
        quiet = io.StringIO()
        try:
            with (
                limited(LIMIT),
                contextlib.redirect_stdout(quiet),
                contextlib.redirect_stderr(quiet),
            ):
                return _failing(job.tests) or _failing_page(job.pages)
        except TimeoutError:
            return "time"


def _failing(tests: tuple[str, ...]) -> str:
    """Run tests; return the first that fails."""
    import pytest  # noqa: PLC0415 - a worker's own

    if not tests:
        return ""
    first = First()
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
    status = pytest.main([*options, *tests], plugins=[first])
    return "" if status == pytest.ExitCode.OK else first.name or "import"


def _failing_page(pages: tuple[str, ...]) -> str:
    """Run pages; return the first that fails."""
    for page in pages:
        if run_notebook(chapter(page.removeprefix(PAGE)), ()):
            return page
    return ""


def judge(job: Job) -> Mutant:
    """Run a job in a worker; return its mutant with what killed it."""
    assert job.mutant is not None
    tried = len(job.tests) + len(job.pages)
    return replace(job.mutant, killer=killer(job), tried=tried)


def unfit(mutants: Iterable[Mutant]) -> set[str]:
    """Return the tests and pages that kill a mutant and fail without one as well."""
    names = {one.killer for one in mutants} - {"", "time", "import"}
    found: set[str] = set()
    while True:
        tests = tuple(sorted(one for one in names - found if not one.startswith(PAGE)))
        pages = tuple(sorted(one for one in names - found if one.startswith(PAGE)))
        with _workers(1) as pool:
            failed = pool.apply(killer, (Job(None, "", tests, pages),))
        if not failed:
            return found
        found.add(failed)


def _workers(processes: int) -> multiprocessing.pool.Pool:
    """Return processes that have loaded the libraries around ours, but not ours."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*PRELOADED, "pytest", "yaml"])
    return context.Pool(processes, maxtasksperchild=1)


def read_record(path: Path = RECORD) -> dict[str, Mutant]:
    """Return the mutants of a record by their names, none if there is no record."""
    if not path.exists():
        return {}
    found = json.loads(path.read_text(encoding="utf-8"))
    return {one.name: one for one in (Mutant(**entry) for entry in found["mutants"])}


def write_record(
    mutants: dict[str, Mutant], places: dict[str, Places], seed: int, path: Path
) -> None:
    """Keep mutants with what they were drawn from."""
    command = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    commit = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    record = {
        "commit": commit.strip(),
        "seed": seed,
        "cosmic-ray": version("cosmic-ray"),
        "places": {name: len(mine) for name, mine in places.items()},
        "changes": {
            name: sum(len(found) for _, _, found in mine)
            for name, mine in places.items()
        },
        "mutants": [asdict(one) for one in mutants.values()],
    }
    write(path, json.dumps(record, ensure_ascii=False, indent=1) + "\n")


def main() -> int:
    """Draw and run until the time is up; the status is 1 if a killer is unfit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=15.0, help="when to stop")
    parser.add_argument("--seed", type=int, default=0, help="of the draw")
    parser.add_argument("--processes", type=int, default=2, help="at a time")
    parser.add_argument("--record", type=Path, help="a file to add to")
    parser.add_argument("--again", action="store_true", help="only what survived")
    options = parser.parse_args()
    os.environ |= QUIET
    reach, places = load(), all_places()
    ends = time.monotonic() + 60 * options.minutes
    found = read_record(options.record) if options.record else {}
    jobs = (
        job
        for job in drawn(places, options.seed, reach)
        if job.mutant is not None
        and _wanted(found.get(job.mutant.name), again=options.again)
    )
    tried: dict[str, Mutant] = {}
    with _workers(options.processes) as pool, tqdm(disable=None) as watched:
        while time.monotonic() < ends:
            batch = list(islice(jobs, options.processes))
            if not batch:
                break
            for mutant in pool.imap_unordered(judge, batch):
                tried[mutant.name] = mutant
                watched.update()
                if not mutant.killer:
                    print(f"survived {mutant.name}", flush=True)
            if options.record:
                write_record(found | tried, places, options.seed, options.record)
    bad = unfit(tried.values())
    for name in sorted(bad):
        print(f"{name} fails without a mutant; what it killed does not count")
    tried = {name: one for name, one in tried.items() if one.killer not in bad}
    if options.record:
        write_record(found | tried, places, options.seed, options.record)
    killed = sum(bool(one.killer) for one in tried.values())
    print(
        f"{killed} of {len(tried)} mutants killed "
        f"({100 * killed / max(len(tried), 1):.0f} %), seed {options.seed}"
    )
    return len(bad)


def _wanted(before: Mutant | None, *, again: bool) -> bool:
    """Whether a mutant is to be tried, given what became of it before."""
    return before is not None and not before.killer if again else before is None


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
