"""Whether a test or a page notices a mutant: what ``tools.mutants`` runs.

A process loads the library and collects the tests once.  For a mutant it is forked,
and the child exchanges the code of the changed function (:mod:`tools.in_place`).
Changes of what runs when a file is imported, and pages, take a process that loads a
changed copy of the library.
"""

from __future__ import annotations

import contextlib
import gc
import io
import multiprocessing
import multiprocessing.pool
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tools.breaks import PRELOADED, limited, use_library
from tools.files import ROOT, chapter
from tools.in_place import Loaded, exchange, loaded
from tools.mutant_jobs import Job
from tools.notebook_claims import run_notebook
from tools.reach import APART, OPTIONS, PAGE
from tools.rooms import LIBRARY

LIMIT = 240  # seconds for one job


class First:
    """A plugin of pytest that keeps the name of what fails first."""

    name = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a failure."""
        if report.failed:
            self.name = self.name or report.nodeid


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


class Collected:
    """A plugin of pytest that does some work where the tests would be run.

    Attributes:
        items: name of a test -> the test, collected and not yet run.
        functions: those of the library.
    """

    items: dict[str, pytest.Item]
    functions: Loaded

    def __init__(self, work: Callable[[], None]) -> None:
        """Do this work."""
        self.work = work

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Keep the tests, do the work, and say that they have been run."""
        self.items = {item.nodeid: item for item in session.items}
        self.functions = loaded(str(LIBRARY))
        gc.freeze()  # a fork's collections shall not copy all that is loaded
        self.work()
        return True


_collected: Collected | None = None  # of this process, for those that are forked


def with_tests(work: Callable[[], None]) -> None:
    """Load the library, collect the tests, and do some work in the same process."""
    global _collected  # noqa: PLW0603 - a forked process takes no other argument
    _collected = Collected(work)
    apart = [f"--ignore={name}" for name in APART]
    pytest.main([*OPTIONS, "-s", *apart, "tests"], plugins=[_collected])


def forked(processes: int) -> multiprocessing.pool.Pool:
    """Return processes that are this one, with the tests that it has collected."""
    return multiprocessing.get_context("fork").Pool(processes, maxtasksperchild=1)


def killer_in_place(job: Job) -> str | None:
    """Change the library in this process, a fork, and run the tests of a job.

    Returns:
        What failed first, or nothing; None if the change cannot be made so.
    """
    assert _collected is not None
    assert job.mutant is not None
    path = LIBRARY / job.mutant.path
    old, functions = path.read_text(encoding="utf-8"), _collected.functions
    if job.loading or not exchange(str(path), old, job.text, functions):
        return None
    for stream in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["REDERIVED_RUNS"] = folder
        try:
            with limited(LIMIT):
                return _first_failing([_collected.items[one] for one in job.tests])
        except TimeoutError:
            return "time"


def _first_failing(items: list[pytest.Item]) -> str:
    """Run tests that are collected; return the name of the first that fails."""
    first = First()
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.config.pluginmanager.register(first)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        item.config.pluginmanager.unregister(first)
        if first.name:
            break
    return first.name


def fresh(processes: int) -> multiprocessing.pool.Pool:
    """Return processes that have loaded the libraries around ours, but not ours."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*PRELOADED, "pytest", "yaml"])
    return context.Pool(processes, maxtasksperchild=1)


def unfit(killers: Iterable[str]) -> set[str]:
    """Return the tests and pages that kill a mutant and fail without one as well."""
    names = set(killers) - {"", "time", "import"}
    found: set[str] = set()
    while True:
        tests = tuple(sorted(one for one in names - found if not one.startswith(PAGE)))
        pages = tuple(sorted(one for one in names - found if one.startswith(PAGE)))
        with fresh(1) as pool:
            failed = pool.apply(killer, (Job(None, "", tests, pages),))
        if not failed:
            return found
        found.add(failed)
