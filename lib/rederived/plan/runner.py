"""Jobs side by side, a process each, until they are done or the time is up.

A job that is stopped has written a checkpoint and goes on from there in the next call,
here or wherever the folder of runs is taken.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rederived.plan.rows import Job
from rederived.records import runs_root

_POLL = 0.2  # seconds between two looks at the processes
_MARGIN = 30.0  # seconds before the end when jobs are asked to stop, at most
_SHARE = 0.2  # of the whole time, at most the same

Command = Callable[[Job], list[str]]
"""From a job to the command line of its process."""


@dataclass(frozen=True)
class Outcome:
    """How a job ended.

    >>> print(Outcome(Job("nice", "paper", 0), "stopped", Path("paper.txt")))
    stopped: nice paper seed 0 (paper.txt)
    """

    job: Job
    state: str  # ``finished``, ``stopped`` (it can go on) or ``failed``
    output: Path  # what the process printed

    def __str__(self) -> str:
        return f"{self.state}: {self.job} ({self.output})"


@dataclass
class _Running:
    job: Job
    process: subprocess.Popen[bytes]
    output: Path


def command_of(job: Job) -> list[str]:
    """Return the command line that runs a job."""
    return [
        *(sys.executable, "-m", "rederived", "run", job.study, "--profile", "full"),
        *("--preset", job.preset, "--seed", str(job.seed)),
    ]


def run_jobs(
    jobs: Sequence[Job],
    *,
    minutes: float,
    side_by_side: int,
    command: Command = command_of,
) -> Iterator[Outcome]:
    """Run jobs in their order and yield how each ended, as it ends.

    A little before the time is up, or when SIGTERM or Ctrl-C comes, those that run are
    asked to stop (SIGTERM), and killed (SIGKILL) when it is up.  A killed one goes on
    from its last checkpoint.

    Args:
        jobs: in the order of their value.
        minutes: until everything has stopped.
        side_by_side: how many processes at a time.
        command: what runs a job.

    Raises:
        ValueError: if minutes or side_by_side are not positive.
    """
    if not minutes > 0 or side_by_side < 1:
        raise ValueError(
            "minutes must be more than 0 and side_by_side at least 1, got "
            f"{minutes} and {side_by_side}"
        )
    end = time.monotonic() + 60 * minutes
    margin = min(_MARGIN, _SHARE * 60 * minutes)
    left, running = list(jobs), list[_Running]()
    try:
        with _stopping_as_interrupt():
            while (left or running) and time.monotonic() < end - margin:
                while left and len(running) < side_by_side:
                    running.append(_start(left.pop(0), command, side_by_side))
                yield from _ended(running)
                time.sleep(_POLL)
    except KeyboardInterrupt:
        end = min(end, time.monotonic() + margin)
    finally:
        _ask(running)
    while running and time.monotonic() < end:
        yield from _ended(running, asked=True)
        time.sleep(_POLL)
    for one in running:
        one.process.kill()
        one.process.wait()
        yield Outcome(one.job, "stopped", one.output)


def _start(job: Job, command: Command, side_by_side: int) -> _Running:
    """Start a job's process; what it prints is appended to a file."""
    folder = runs_root() / "output"
    folder.mkdir(parents=True, exist_ok=True)
    output = folder / f"{job.study}-{job.preset}-{job.seed}.txt"
    threads = str(max(1, (os.cpu_count() or 1) // side_by_side))
    with output.open("ab") as file:
        process = subprocess.Popen(
            command(job),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env={"OMP_NUM_THREADS": threads} | os.environ,
            start_new_session=True,  # Ctrl-C reaches this process alone
        )
    return _Running(job, process, output)


def _ended(running: list[_Running], *, asked: bool = False) -> Iterator[Outcome]:
    """Take out the processes that have ended, and say how."""
    for one in list(running):
        status = one.process.poll()
        if status is None:
            continue
        running.remove(one)
        otherwise = "stopped" if asked and _stopped(status) else "failed"
        yield Outcome(one.job, otherwise if status else "finished", one.output)


def _stopped(status: int) -> bool:
    """Say whether a process ended because it was asked to."""
    return status in (-signal.SIGTERM, 128 + signal.SIGTERM)


def _ask(running: Sequence[_Running]) -> None:
    for one in running:
        one.process.terminate()


@contextmanager
def _stopping_as_interrupt() -> Iterator[None]:
    """Treat SIGTERM as Ctrl-C, so that both let the jobs write their checkpoints."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
