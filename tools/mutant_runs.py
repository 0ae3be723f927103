"""Whether a test or a page notices a mutant: what ``tools.mutants`` runs.

A process loads the library and collects the tests once.  For a mutant it is forked,
and the child exchanges the code of the changed function (:mod:`tools.in_place`), runs
the tests and, if all pass, the pages.  Changes of what runs when a file is imported
take a process that loads a changed copy of the library.  A child that hangs or ends is
no hang of ours: it is watched, and killed with all that it has begun.
"""

from __future__ import annotations

import contextlib
import gc
import io
import math
import multiprocessing
import os
import resource
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from tools.breaks import PRELOADED, use_library
from tools.files import ROOT, chapter
from tools.in_place import Loaded, exchange, loaded
from tools.mutant_jobs import Job
from tools.notebook_claims import run_notebook
from tools.reach import APART, OPTIONS, PAGE
from tools.rooms import LIBRARY

SETTINGS = [
    "--hypothesis-profile=mutants",  # what fails need not be made small
    "-p",
    "no:unraisableexception",  # it blames the test that runs when memory is cleared
]

WAIT = 10  # times the limit of computing that a process may take, waiting included

Found = tuple[str | None, float]
"""What failed first, nothing, or None if it was not tried; seconds of computing."""


class First:
    """A plugin of pytest that keeps the name of what fails first."""

    name = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a failure."""
        if report.failed:
            self.name = self.name or report.nodeid


def killer_apart(job: Job) -> str:
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
        with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
            return _failing(job.tests) or _failing_page(job.pages)


def _failing(tests: tuple[str, ...]) -> str:
    """Run tests; return the first that fails."""
    if not tests:
        return ""
    first = First()
    options = ["-x", "-q", "-p", "no:cacheprovider", *SETTINGS]
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
    """Load the library, collect the tests, and do some work in the same process.

    Raises:
        RuntimeError: if the tests cannot be collected or the work fails.
    """
    global _collected  # noqa: PLW0603 - a forked process takes no other argument
    _collected = Collected(work)
    apart = [f"--ignore={name}" for name in APART]
    options = [*OPTIONS, "-s", *SETTINGS, *apart, "tests"]
    status = pytest.main(options, plugins=[_collected])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise RuntimeError(f"pytest ends with {status!r}, see above")


def killer_in_place(job: Job) -> str | None:
    """Change the library in this process, a fork, and run what a job names.

    Returns:
        What failed first, or nothing; None if the change cannot be made so.
    """
    assert _collected is not None
    if job.loading:
        return None
    if job.mutant is not None:
        path = LIBRARY / job.mutant.path
        old, functions = path.read_text(encoding="utf-8"), _collected.functions
        if not exchange(str(path), old, job.text, functions):
            return None
    for stream in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["REDERIVED_RUNS"] = folder
        tests = [_collected.items[one] for one in job.tests]
        return _first_failing(tests) or _failing_page(job.pages)


def _first_failing(items: list[pytest.Item]) -> str:
    """Run tests that are collected; return the name of the first that fails."""
    first = First()
    for item, following in zip_longest(items, items[1:]):
        item.config.pluginmanager.register(first)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        item.config.pluginmanager.unregister(first)
        if first.name:
            break
    return first.name


@dataclass(frozen=True)
class _Running:
    """A job in a process of its own, where its answer comes, and until when."""

    job: Job
    process: BaseProcess
    answer: Connection
    ends: float


def judged(jobs: Iterator[Job], processes: int) -> Iterator[tuple[Job, str, float]]:
    """Run jobs, in place where that can be; return what killed each, and its seconds.

    What kills is run once more without the mutant, after the same tests and pages; if
    it fails then as well, it is printed, and the job is left out.  To be called within
    ``with_tests``.
    """
    for job, killer, seconds in supervised(jobs, processes, killer_in_place):
        control = iter([control_of(job, killer)])
        if killer and any(
            name for _, name, _ in supervised(control, 1, killer_in_place)
        ):
            print(f"{killer} fails without a mutant", flush=True)
        else:
            yield job, killer, seconds


def control_of(job: Job, killer: str) -> Job:
    """Return a job without its mutant, as far as what killed that."""
    tests, pages = job.tests, job.pages
    if killer in tests:
        tests, pages = tests[: tests.index(killer) + 1], ()
    elif killer in pages:
        pages = pages[: pages.index(killer) + 1]
    loading = job.loading or killer == "import"
    return replace(job, mutant=None, text="", tests=tests, pages=pages, loading=loading)


def supervised(
    jobs: Iterator[Job], processes: int, work: Callable[[Job], str | None]
) -> Iterator[tuple[Job, str, float]]:
    """Do each job's work in a fork of this process, or apart if that finds None."""
    here = multiprocessing.get_context("fork")
    apart = multiprocessing.get_context("forkserver")
    apart.set_forkserver_preload([*PRELOADED, "pytest", "yaml"])
    running: list[_Running] = []
    while True:
        while len(running) < processes and (job := next(jobs, None)) is not None:
            running.append(_begun(job, here, work))
        if not running:
            return
        left = min(one.ends for one in running) - time.monotonic()
        ready = wait([one.answer for one in running], max(0.0, left))
        for one in [one for one in running if one.answer in ready or _late(one)]:
            running.remove(one)
            found, seconds = _ended(one)
            if found is None:
                running.append(_begun(one.job, apart, killer_apart))
            else:
                yield one.job, found, seconds


def _begun(
    job: Job, context: BaseContext, work: Callable[[Job], str | None]
) -> _Running:
    """Begin to do a job in a process of its own."""
    answer, send = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(work, job, send))  # type: ignore[attr-defined]
    process.start()
    send.close()
    return _Running(job, process, answer, time.monotonic() + WAIT * job.limit)


def _send(work: Callable[[Job], str | None], job: Job, send: Connection) -> None:
    """Do a job in this process, the first of a group, and send what was found."""
    os.setsid()
    seconds = math.ceil(job.limit)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    found = work(job)
    send.send((found, sum(os.times()[:4])))
    send.close()


def _late(one: _Running) -> bool:
    """Whether a job has taken longer than it may."""
    return time.monotonic() > one.ends


def _ended(one: _Running) -> Found:
    """Return what a job has found; end its process, and all that this has begun."""
    found: Found = ("time", one.job.limit)
    if one.answer.poll():
        try:
            found = one.answer.recv()
        except EOFError:
            one.process.join()
            code = one.process.exitcode
            if code is None or code >= 0:  # no signal: ours is the error
                raise RuntimeError(f"no answer about {one.job.mutant}") from None
            if code != -signal.SIGXCPU:
                found = ("end", 0.0)
    assert one.process.pid is not None
    with contextlib.suppress(ProcessLookupError):
        os.killpg(one.process.pid, signal.SIGKILL)
    one.process.join()
    return found
