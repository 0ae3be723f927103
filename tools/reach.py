"""Which tests and pages run a line of the library, and how long each takes.

``python -m tools.reach`` runs the tests and then every page once under coverage, each
test and page as a context of its own, and keeps the result under ``_build/reach``, one
part for every folder of tests and every page; a part is run again when its own files or
the library have changed.  ``tools.mutants`` reads it to choose what must notice a
change of a line.  Left out are ``APART``, which look at pages, tools and the project,
and what a test does in another process.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import time
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage, CoverageData

from tools.breaks import PRELOADED, use_library
from tools.files import ROOT, chapter, chapters, write
from tools.notebook_claims import code_cells, run_notebook
from tools.rooms import LIBRARY

FOLDER = ROOT / "_build" / "reach"
APART = (
    *("tests/devices", "tests/live", "tests/site", "tests/tools"),
    "tests/test_benchmarks.py",
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


def reach_tests(part: str, folder: Path) -> None:
    """Run a part of the tests under coverage; leave data and times in a folder."""
    coverage = _begun(part, folder)
    watch = Watch(coverage)
    apart = [f"--ignore={name}" for name in APART]
    few = "--hypothesis-profile=reach"  # two examples run the lines of all
    pytest.main([*OPTIONS, few, *apart, part], plugins=[watch])
    _ended(coverage, part, folder, watch.seconds, watch.users)


def reach_page(part: str, folder: Path) -> None:
    """Run a page under coverage; leave data and time in a folder."""
    coverage = _begun(part, folder)
    started = time.perf_counter()
    coverage.switch_context(part)
    failures = run_notebook(chapter(part.removeprefix(PAGE)), ())
    seconds = {} if failures else {part: time.perf_counter() - started}
    _ended(coverage, part, folder, seconds, {})


def _begun(part: str, folder: Path) -> Coverage:
    """Begin to cover the library, which is imported anew."""
    coverage = Coverage(
        str(_file(part, folder, "coverage")), source=[str(LIBRARY)], config_file=False
    )
    coverage.start()
    use_library(LIBRARY.parent)
    return coverage


def _ended(
    coverage: Coverage,
    part: str,
    folder: Path,
    seconds: dict[str, float],
    users: dict[str, list[str]],
) -> None:
    """Keep what was covered, the times, and from which texts they are."""
    coverage.stop()
    coverage.save()
    found = {"texts": fingerprint(part), "seconds": seconds, "users": users}
    write(_file(part, folder, "json"), json.dumps(found, indent=1))


def _file(part: str, folder: Path, ending: str) -> Path:
    """Return where something of a part is kept."""
    return folder / f"{part.replace('/', '-').replace(' ', '-')}.{ending}"


def parts() -> list[str]:
    """Return the folders of tests, those of no folder one by one, and the pages."""
    tests = ROOT / "tests"
    found = {
        "/".join(path.relative_to(ROOT).parts[: 3 if "chapters" in path.parts else 2])
        for path in tests.rglob("test_*.py")
    }
    return [
        *sorted(one for one in found if not one.startswith(APART)),
        *(PAGE + path.stem[:2] for path in chapters()),
    ]


def fingerprint(part: str) -> str:
    """Return a hash of the library, of what tests share, and of a part's own code."""
    found = hashlib.sha256()
    texts = [*LIBRARY.rglob("*.py"), *(ROOT / "tests").glob("[!t]*.py")]
    own = ROOT / part
    texts += own.rglob("*.py") if own.is_dir() else [own] if own.exists() else []
    for path in sorted(texts):
        found.update(path.read_bytes())
    if part.startswith(PAGE):
        cells = code_cells(chapter(part.removeprefix(PAGE)))
        found.update("".join(cells).encode())
    return found.hexdigest()


def kept(part: str, folder: Path = FOLDER) -> dict[str, Any]:
    """Return what is kept of a part: texts, seconds, users; nothing if it is old."""
    path = _file(part, folder, "json")
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found if found.get("texts") == fingerprint(part) else {}


def measure(wanted: Iterable[str]) -> None:
    """Run every part that is not kept, one process at a time."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    os.environ |= QUIET
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*PRELOADED, "pytest", "yaml"])
    for part in wanted:
        if not kept(part):
            target = reach_page if part.startswith(PAGE) else reach_tests
            process = context.Process(target=target, args=(part, FOLDER))
            process.start()
            process.join()


def load() -> Reach:
    """Return what is measured, after measuring what is not."""
    measure(parts())
    seconds: dict[str, float] = {}
    users: dict[str, list[str]] = {}
    data = CoverageData(no_disk=True)
    for part in parts():
        found = kept(part)
        seconds |= found["seconds"]
        users |= found["users"]
        some = CoverageData(str(_file(part, FOLDER, "coverage")))
        some.read()
        data.update(some)
    return Reach(seconds, users, data)


if __name__ == "__main__":
    measure(parts())
