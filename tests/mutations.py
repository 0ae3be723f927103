"""Break the library on purpose, one place at a time, and see who notices.

``python tests/mutations.py [WORD ...]`` takes every mutation of ``mutation_list`` (or
those whose name contains one of the words), applies it to a copy of the library, and
runs what must catch it: tests, or the checks of a claim on its chapter's page.  It
prints a table and ends with status 1 if a mutation survives, or if something already
fails without one.  Two processes work at a time, each forked from one that has loaded
the libraries around ours but not ours.
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from mutation import Mutation
from mutation_list import MUTATIONS
from mutation_notebook import run_notebook

ROOT = Path(__file__).parents[1]
PRELOADED = [
    *("torch.optim.swa_utils", "accelerate", "safetensors.torch", "tqdm"),
    *("scipy.stats", "sklearn.neural_network", "sklearn.datasets", "typer"),
    *("matplotlib.pyplot", "PIL.Image", "huggingface_hub", "pyarrow.parquet"),
    *("pytest", "hypothesis.strategies", "_hypothesis_pytestplugin"),
]
LIMIT = 240  # seconds for one job


@dataclass(frozen=True)
class Job:
    """A mutation or None, and what is run with it: tests, or a chapter's page."""

    mutation: Mutation | None
    tests: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    chapter: str = ""

    @property
    def name(self) -> str:
        if self.mutation is not None:
            return self.mutation.name
        what = self.tests[0].split(":")[0] if self.tests else f"chapter {self.chapter}"
        return f"(unchanged) {what}"


@dataclass(frozen=True)
class Outcome:
    """What became of a job: ``ok`` if the mutation was caught, or nothing failed.

    ``detail`` says what failed; ``cpu`` is the computing time, seconds.
    """

    job: Job
    ok: bool
    detail: str
    cpu: float


def copy_library(target: Path, mutation: Mutation | None) -> None:
    """Copy the library and mutate it; the records are shared."""
    shutil.copytree(
        ROOT / "lib", target / "lib", ignore=shutil.ignore_patterns("__pycache__")
    )
    (target / "results").symlink_to(ROOT / "results")
    if mutation is None:
        return
    path = target / "lib" / "rederive" / mutation.file
    text = path.read_text(encoding="utf-8")
    if text.count(mutation.old) != 1:
        raise ValueError(f"found {text.count(mutation.old)} times in {mutation.file}")
    path.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")


def run_tests(tests: tuple[str, ...]) -> tuple[int, str]:
    """Run tests up to the first failure; return pytest's status and what failed."""
    import pytest

    failed: list[str] = []

    class Recorder:
        def pytest_runtest_logreport(self, report: Any) -> None:
            if report.failed:
                failed.append(report.nodeid)

    folder = str(ROOT / "tests")
    options = ["-x", "-q", "--assert=plain", "-o", "addopts=", f"--rootdir={ROOT}"]
    options += ["-c", str(ROOT / "pyproject.toml")]
    options += ["-p", "no:cacheprovider", "-p", "no:nbval", "-p", "no:xdist"]
    status = pytest.main(
        [*options, *(f"{folder}/{test}" for test in tests)], plugins=[Recorder()]
    )
    return int(status), failed[0] if failed else ""


def judge_tests(job: Job) -> tuple[bool, str]:
    """Say whether the tests did what they should."""
    status, failed = run_tests(job.tests)
    if job.mutation is None:
        return status == 0, failed or f"pytest ends with status {status}"
    return status == 1 and bool(failed), failed or f"pytest ends with status {status}"


def judge_page(job: Job) -> tuple[bool, str]:
    """Say whether the page's checks did what they should."""
    (page,) = (ROOT / "book").glob(f"{job.chapter}-*.ipynb")
    failures = run_notebook(page, job.claims)
    if job.mutation is None:
        found = "; ".join(f"{k}: {v}" for k, v in failures.items())
        return not failures, found or "all cells run"
    missed = [claim for claim in job.claims if claim not in failures]
    others = "; ".join(f"{k}: {v}" for k, v in failures.items())
    found = f"{' '.join(missed)} not, but {others}" if missed else others
    return not missed, found


@contextlib.contextmanager
def limited(seconds: int) -> Iterator[None]:
    """Raise TimeoutError in this process when the time is up."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"took longer than {seconds} s")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def perform(job: Job) -> Outcome:
    """Do a job in this process, which must not have loaded the library yet."""
    assert "rederive" not in sys.modules
    started = sum(os.times()[:4])
    judge: Callable[[Job], tuple[bool, str]] = judge_tests if job.tests else judge_page
    with tempfile.TemporaryDirectory() as folder:
        try:
            copy_library(Path(folder), job.mutation)
            library = Path(folder) / "lib"
            sys.path.insert(0, str(library))
            os.environ["PYTHONPATH"] = str(library)
            with limited(LIMIT), contextlib.redirect_stdout(io.StringIO()):
                import rederive

                assert Path(rederive.__file__).is_relative_to(library)
                ok, detail = judge(job)
        except Exception as error:
            ok, detail = False, f"{type(error).__name__}: {error}"
    detail = " ".join(detail.split())
    return Outcome(job, ok, detail, sum(os.times()[:4]) - started)


def jobs(words: list[str]) -> tuple[list[Job], list[Job]]:
    """Return the jobs that need nothing, and those that need the page's own runs."""
    chosen = [
        mutation
        for mutation in MUTATIONS
        if not words or any(word in mutation.name for word in words)
    ]
    files: dict[str, list[str]] = {}
    for mutation in chosen:
        for test in mutation.tests:
            files.setdefault(test.split(":")[0], []).append(test)
    first = [Job(None, tuple(dict.fromkeys(tests))) for tests in files.values()]
    first += [Job(mutation, mutation.tests) for mutation in chosen if mutation.tests]
    second = [
        Job(mutation, claims=mutation.claims, chapter=mutation.chapter)
        for mutation in chosen
        if mutation.claims
    ]
    pages = [Job(None, chapter=number) for number in {job.chapter for job in second}]
    return [*sorted(pages, key=lambda job: job.chapter), *first], second


def report(outcome: Outcome) -> None:
    """Print one line of the table."""
    target = " ".join(outcome.job.claims)
    verdict = "ok" if outcome.ok else "SURVIVED" if outcome.job.mutation else "FAILED"
    line = f"{verdict:9}{outcome.cpu:6.1f} s  {outcome.job.name:<48}{target:<15}"
    print(
        f"{line}{outcome.detail[-200:] if outcome.ok else outcome.detail}", flush=True
    )


def main(words: list[str]) -> int:
    """Do all jobs; return how many did not end as they should."""
    started = time.perf_counter()
    first, second = jobs(words)
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory() as runs:
        os.environ |= {
            "OMP_NUM_THREADS": "1",
            "MPLBACKEND": "Agg",
            "REDERIVE_RUNS": runs,
            "REDERIVE_PROFILE": "quick",
            "REDERIVE_PROGRESS": "off",
        }
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(PRELOADED)
        with context.Pool(2, maxtasksperchild=1) as pool:
            for part in (first, second):
                for outcome in pool.imap_unordered(perform, part):
                    report(outcome)
                    outcomes.append(outcome)
            pool.close()
            pool.join()
    bad = [outcome for outcome in outcomes if not outcome.ok]
    caught = sum(o.ok for o in outcomes if o.job.mutation is not None)
    print(
        f"{caught} mutations caught, {len(bad)} failures; "
        f"{time.perf_counter() - started:.0f} s, of which two processes computed "
        f"{sum(outcome.cpu for outcome in outcomes):.0f} s"
    )
    return len(bad)


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
