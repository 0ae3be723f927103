"""Which tests and pages run a line of the library, and how long each takes.

``python -m tools.reach`` runs the tests and then every page once under coverage, each
test and page as a context of its own, and keeps the result under ``_build/reach``.
``tools.mutants`` reads it to choose what must notice a change of a line.  Left out are
``APART``, which look at pages, tools and the project, and what a test does in another
process.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage, CoverageData

from tools.files import ROOT, chapter, chapters
from tools.notebook_claims import code_cells, run_notebook
from tools.rooms import LIBRARY

FOLDER = ROOT / "_build" / "reach"
APART = (
    *("tests/devices", "tests/live", "tests/tools", "tests/test_benchmarks.py"),
    *("tests/test_book.py", "tests/test_commands.py", "tests/test_packaging.py"),
    *("tests/test_project.py", "tests/test_workflows.py"),
)
PAGE = "page "
"""Begins the context of a page; the number of the chapter follows."""
OPTIONS = ["-q", "-p", "no:cacheprovider", "-n", "0"]
QUIET = {
    **{"OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"},
    **{"REDERIVED_PROFILE": "quick", "REDERIVED_PROGRESS": "off"},
}
"""The environment of tests and pages."""


@dataclass(frozen=True)
class Reach:
    """What runs which lines.

    Attributes:
        seconds: name of a test, or of a page, -> how long it took.
        users: name of a fixture that several tests share -> these tests.
        data: coverage's own data.
        known: file -> line -> contexts, for the files that were asked for.
    """

    seconds: dict[str, float]
    users: dict[str, list[str]]
    data: CoverageData
    known: dict[Path, dict[int, list[str]]] = field(default_factory=dict)

    @property
    def pages(self) -> list[str]:
        """The numbers of the chapters whose pages were run."""
        pages = (one for one in self.seconds if one.startswith(PAGE))
        return sorted(one.removeprefix(PAGE) for one in pages)

    def of(self, path: Path) -> dict[int, set[str]]:
        """Return line -> tests and pages that run it; importing a file is not one."""
        return {
            line: self.seconds.keys()
            & {one for context in some for one in self.users.get(context, [context])}
            for line, some in self._contexts(path).items()
        }

    def loading(self, path: Path) -> set[int]:
        """Return the lines that run while no test does: when the file is imported."""
        return {line for line, some in self._contexts(path).items() if "" in some}

    def _contexts(self, path: Path) -> dict[int, list[str]]:
        """Return line -> the contexts of coverage in which it ran."""
        if path not in self.known:
            self.known[path] = self.data.contexts_by_lineno(str(path))
        return self.known[path]


class Watch:
    """A plugin of pytest: coverage's context is the test, and what each takes."""

    def __init__(self, coverage: Coverage) -> None:
        """Switch the contexts of this run of coverage."""
        self.coverage = coverage
        self.test, self.started = "", 0.0
        self.seconds: dict[str, float] = {}
        self.users: dict[str, list[str]] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note which tests share a fixture."""
        for item in session.items:
            for name in getattr(item, "fixturenames", ()):
                shared = _shared(name, item.nodeid.split("::")[0])
                self.users.setdefault(shared, []).append(item.nodeid)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Begin a test."""
        self.test, self.started = nodeid, time.perf_counter()
        self.coverage.switch_context(nodeid)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any]
    ) -> Generator[None, object, object]:
        """Give a fixture that outlives a test a context of its own."""
        if fixturedef.scope != "function":
            name = _shared(fixturedef.argname, fixturedef.baseid)
            self.coverage.switch_context(name)
        try:
            return (yield)
        finally:
            self.coverage.switch_context(self.test)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the time of a test that passes; what fails anyway kills nothing."""
        if report.when == "call" and report.passed:
            self.seconds[report.nodeid] = time.perf_counter() - self.started

    def pytest_runtest_logfinish(self) -> None:
        """End a test."""
        self.coverage.switch_context("")


def _shared(fixture: str, place: str) -> str:
    """Return the context of a fixture that several tests share."""
    return f"fixture {fixture} of {place}"


def reach_tests(folder: Path) -> None:
    """Run the tests under coverage; leave data and times in a folder."""
    coverage = _begun(folder / "tests.coverage")
    watch = Watch(coverage)
    apart = [f"--ignore={name}" for name in APART]
    pytest.main([*OPTIONS, *apart, "tests"], plugins=[watch])
    _ended(coverage, folder / "tests.json", watch.seconds, watch.users)


def reach_page(number: str, folder: Path) -> None:
    """Run a page under coverage; leave data and time in a folder."""
    coverage = _begun(folder / f"page-{number}.coverage")
    started = time.perf_counter()
    coverage.switch_context(PAGE + number)
    failures = run_notebook(chapter(number), ())
    seconds = {} if failures else {PAGE + number: time.perf_counter() - started}
    _ended(coverage, folder / f"page-{number}.json", seconds, {})


def _begun(path: Path) -> Coverage:
    """Begin to cover the library."""
    coverage = Coverage(str(path), source=[str(LIBRARY)], config_file=False)
    coverage.start()
    return coverage


def _ended(
    coverage: Coverage,
    path: Path,
    seconds: dict[str, float],
    users: dict[str, list[str]],
) -> None:
    """Keep what was covered, and the times."""
    coverage.stop()
    coverage.save()
    found = {"seconds": seconds, "users": users}
    path.write_text(json.dumps(found, indent=1), encoding="utf-8")


def fingerprint() -> str:
    """Return a hash of the library, the tests and the pages' code."""
    found = hashlib.sha256()
    texts = [ROOT / "tests", ROOT / "lib"]
    for path in sorted(one for folder in texts for one in folder.rglob("*.py")):
        found.update(path.read_bytes())
    for path in chapters():
        found.update("".join(code_cells(path)).encode())
    return found.hexdigest()


def measure() -> None:
    """Run everything once, one process at a time, and keep it with its hash."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    os.environ |= QUIET
    context = multiprocessing.get_context("spawn")
    for number in ("", *(path.stem[:2] for path in chapters())):
        target = partial(reach_page, number) if number else reach_tests
        process = context.Process(target=target, args=(FOLDER,))
        process.start()
        process.join()
    parts = sorted(map(str, FOLDER.glob("*.coverage")))
    coverage = Coverage(str(FOLDER / "all.coverage"), config_file=False)
    coverage.combine(parts, keep=True)
    coverage.save()
    (FOLDER / "fingerprint").write_text(fingerprint(), encoding="utf-8")


def load() -> Reach:
    """Return what was measured, measured anew if anything has changed since."""
    kept = FOLDER / "fingerprint"
    if not kept.exists() or kept.read_text(encoding="utf-8") != fingerprint():
        measure()
    seconds: dict[str, float] = {}
    users: dict[str, list[str]] = {}
    for path in sorted(FOLDER.glob("*.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        seconds |= found["seconds"]
        users |= found["users"]
    data = CoverageData(str(FOLDER / "all.coverage"))
    data.read()
    return Reach(seconds, users, data)


if __name__ == "__main__":
    measure()
