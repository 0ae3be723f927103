"""Break the library on purpose and see whether the claims notice: the kept breaks.

``python -m tools.breaks [WORD ...]`` takes every break of ``book/claims.yml`` (or those
whose name or claim contains one of the words; ``2/3`` is the second third of the jobs),
applies it to a copy of the library, and
runs the page of its chapter there.  The claims that the break names must fail; without
a break, nothing may.  It prints a table and ends with status 1 if a break survives.
Two processes work at a time, each forked from one that has loaded the libraries around
ours but not ours.
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.files import ROOT, chapter
from tools.ledger import Break, read_ledger
from tools.notebook_claims import run_notebook

PRELOADED = [
    *("torch.optim.swa_utils", "accelerate", "safetensors.torch", "tqdm"),
    *("scipy.stats", "sklearn.neural_network", "sklearn.datasets"),
    *("matplotlib.pyplot", "PIL.Image", "huggingface_hub", "pyarrow.parquet"),
]
LIMIT = 480  # seconds for one job
_PART = re.compile(r"\d+/\d+")


@dataclass(frozen=True)
class Job:
    """A break with the claims that must fail, or an unchanged library and none."""

    chapter: str
    change: Break | None = None
    claims: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the table calls it."""
        if self.change is not None:
            return self.change.name
        return f"(unchanged) chapter {self.chapter}"


@dataclass(frozen=True)
class Outcome:
    """What became of a job: ``ok`` if the break was caught, or nothing failed.

    ``detail`` says what failed; ``cpu`` is the computing time, seconds.
    """

    job: Job
    ok: bool
    detail: str
    cpu: float


def copy_library(target: Path, change: Break | None) -> None:
    """Copy the library and break it; the records are shared.

    Raises:
        ValueError: if the text to be changed does not stand there exactly once.
    """
    shutil.copytree(
        ROOT / "lib", target / "lib", ignore=shutil.ignore_patterns("__pycache__")
    )
    (target / "lib" / "rederived" / "recorded").symlink_to(ROOT / "results")
    if change is None:
        return
    path = target / "lib" / "rederived" / change.file
    text = path.read_text(encoding="utf-8")
    if text.count(change.old) != 1:
        raise ValueError(f"found {text.count(change.old)} times in {change.file}")
    path.write_text(text.replace(change.old, change.new), encoding="utf-8")


def use_library(folder: Path) -> None:
    """Import the library from this folder from now on; the tools loaded another."""
    for name in [one for one in sys.modules if one.split(".")[0] == "rederived"]:
        del sys.modules[name]
    sys.path.insert(0, str(folder))


def judge(job: Job) -> tuple[bool, str]:
    """Say whether the page's checks did what they should."""
    failures = run_notebook(chapter(job.chapter), job.claims)
    found = "; ".join(f"{k}: {v}" for k, v in failures.items())
    if job.change is None:
        return not failures, found or "all cells run"
    missed = [claim for claim in job.claims if claim not in failures]
    return not missed, f"{' '.join(missed)} not, but {found}" if missed else found


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
    """Do a job in this process, on a copy of the library."""
    started = sum(os.times()[:4])
    with tempfile.TemporaryDirectory() as folder:
        try:
            copy_library(Path(folder), job.change)
            library = Path(folder) / "lib"
            use_library(library)
            with limited(LIMIT), contextlib.redirect_stdout(io.StringIO()):
                import rederived  # noqa: PLC0415 - the copy, not what is installed

                assert Path(rederived.__file__).is_relative_to(library)
                ok, detail = judge(job)
        except Exception as error:
            ok, detail = False, f"{type(error).__name__}: {error}"
    detail = " ".join(detail.split())
    return Outcome(job, ok, detail, sum(os.times()[:4]) - started)


def jobs(words: list[str]) -> list[Job]:
    """Return what is to be done: unchanged pages first, then the breaks.

    Raises:
        ValueError: if no break has any of the words, or a part is none.
    """
    parts = [word for word in words if _PART.fullmatch(word)]
    if parts:
        part, parts_in_all = map(int, parts[0].split("/"))
        if not 1 <= part <= parts_in_all:
            raise ValueError(f"there is no part {parts[0]}: the first is 1/N")
        rest = [word for word in words if word not in parts]
        return jobs(rest)[part - 1 :: parts_in_all]
    chosen = [
        Job(claim.chapter, change, (claim.id, *change.also))
        for claim in read_ledger().claims
        for change in claim.breaks
        if not words or any(w in change.name or w == claim.id for w in words)
    ]
    if not chosen:
        raise ValueError(f"no break or claim is called {' or '.join(words)}")
    pages = sorted({job.chapter for job in chosen})
    return [*map(Job, pages), *chosen]


def report(outcome: Outcome) -> None:
    """Print one line of the table."""
    target = " ".join(outcome.job.claims)
    verdict = "ok" if outcome.ok else "SURVIVED" if outcome.job.change else "FAILED"
    line = f"{verdict:9}{outcome.cpu:6.1f} s  {outcome.job.name:<48}{target:<15}"
    detail = outcome.detail[-200:] if outcome.ok else outcome.detail
    print(f"{line}{detail}", flush=True)


def main(words: list[str]) -> int:
    """Do all jobs; return how many did not end as they should."""
    started = time.perf_counter()
    work = jobs(words)
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory() as runs:
        os.environ |= {
            "OMP_NUM_THREADS": "1",
            "MPLBACKEND": "Agg",
            "REDERIVED_RUNS": runs,
            "REDERIVED_PROFILE": "quick",
            "REDERIVED_PROGRESS": "off",
        }
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(PRELOADED)
        with context.Pool(2, maxtasksperchild=1) as pool:
            for outcome in pool.imap_unordered(perform, work):
                report(outcome)
                outcomes.append(outcome)
            pool.close()
            pool.join()
    bad = [outcome for outcome in outcomes if not outcome.ok]
    caught = sum(o.ok for o in outcomes if o.job.change is not None)
    print(
        f"{caught} breaks caught, {len(bad)} failures; "
        f"{time.perf_counter() - started:.0f} s, of which two processes computed "
        f"{sum(outcome.cpu for outcome in outcomes):.0f} s"
    )
    return len(bad)


if __name__ == "__main__":
    try:
        sys.exit(1 if main(sys.argv[1:]) else 0)
    except ValueError as error:
        sys.exit(str(error))
