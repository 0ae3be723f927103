"""Jobs side by side, stopped in time, killed, and gone on with: bit for bit."""

from __future__ import annotations

import json
import math
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import toy_run
from rederived.plan import Job, Outcome, run_jobs, runner
from rederived.plan.runner import Command, _ended
from rederived.training import read_legs, read_tensors

JOBS = [Job("toy", "run", seed) for seed in range(3)]


def program(text: str) -> Command:
    """Return what runs a Python program with the job's seed as argument."""
    return lambda job: [sys.executable, "-c", text, str(job.seed)]


def states(outcomes: list[Outcome]) -> dict[int, str]:
    """Return how each job ended, by its seed."""
    return {one.job.seed: one.state for one in outcomes}


def test_jobs_end_as_they_end(runs: Path) -> None:
    text = "import sys; print('seed', sys.argv[1]); sys.exit(int(sys.argv[1]) == 1)"
    found = list(run_jobs(JOBS, minutes=5, side_by_side=2, command=program(text)))
    assert states(found) == {0: "finished", 1: "failed", 2: "finished"}
    assert found[0].output.parent == runs / "output"
    assert all(one.output.read_text() == f"seed {one.job.seed}\n" for one in found)


def test_no_more_than_asked_run_at_a_time(runs: Path, tmp_path: Path) -> None:
    del runs
    text = (
        "import os, sys, pathlib\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "mine = folder / sys.argv[1]\n"
        "assert not list(folder.glob('[0-9]'))\n"
        "mine.touch()\n"
        "mine.unlink()\n"
    )
    found = list(run_jobs(JOBS, minutes=5, side_by_side=1, command=program(text)))
    assert states(found) == dict.fromkeys(range(3), "finished")


def test_a_job_that_does_not_listen_is_killed_in_time(runs: Path) -> None:
    del runs
    text = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "while True: time.sleep(1)"
    )
    found = list(
        run_jobs(JOBS[:1], minutes=0.05, side_by_side=1, command=program(text))
    )
    assert states(found) == {0: "stopped"}


@pytest.mark.parametrize(("minutes", "processes"), [(0, 1), (-1, 1), (1, 0)])
def test_no_time_or_no_process_is_refused(minutes: float, processes: int) -> None:
    with pytest.raises(ValueError, match="minutes must be more than 0"):
        list(run_jobs(JOBS, minutes=minutes, side_by_side=processes))


class Busy:
    """A process that ends when it is killed; it notes when it is asked to stop."""

    def __init__(self, clock: list[float]) -> None:
        self.clock, self.asked, self.killed = clock, -1.0, -1.0

    def poll(self) -> int | None:
        return None if self.killed < 0 else -signal.SIGKILL

    wait = poll

    def terminate(self) -> None:
        self.asked = self.clock[0]

    def kill(self) -> None:
        self.killed = self.clock[0]


@pytest.mark.parametrize(
    ("minutes", "interrupted", "ends"),
    [
        (1, math.inf, (48, 60)),
        (10, math.inf, (570, 600)),
        (10, 100, (100, 130)),
        (10, 560, (560, 590)),
    ],
)
def test_jobs_have_time_to_stop(
    minutes: float,
    interrupted: float,
    ends: tuple[float, float],
    runs: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A fifth of the whole time, half a minute at most; the first jobs go first."""
    clock, begun, processes = [0.0], list[int](), list[Busy]()

    def start(job: Job, *_: object) -> runner._Running:
        begun.append(job.seed)
        processes.append(Busy(clock))
        return runner._Running(job, processes[-1], runs)  # type: ignore[arg-type]

    def sleep(seconds: float) -> None:
        before, clock[0] = clock[0], clock[0] + seconds
        if before < interrupted <= clock[0]:
            raise KeyboardInterrupt

    monkeypatch.setattr(runner, "_start", start)
    monkeypatch.setattr(
        runner, "time", SimpleNamespace(monotonic=lambda: clock[0], sleep=sleep)
    )
    found = list(run_jobs(JOBS, minutes=minutes, side_by_side=2))
    assert states(found) == {0: "stopped", 1: "stopped"}
    assert begun == [0, 1]
    for one in processes:
        assert (one.asked, one.killed) == pytest.approx(ends, abs=0.3)


TOY = f"""
import signal, sys
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from pathlib import Path
import torch, toy_run
from rederived.training import TrainingStoppedError
torch.set_num_threads(1)
calls = 0
def transform(batch, noise):
    global calls
    calls += 1
    if calls == int(sys.argv[3]):
        signal.raise_signal(int(sys.argv[2]))
    return toy_run.add_noise(batch, noise)
try:
    toy_run.train(Path(sys.argv[1]), transform=transform)
except TrainingStoppedError:
    sys.exit(143)
"""


def dying(folder: Path, number: int, step: int) -> Callable[[Job], list[str]]:
    """Return a training that a signal reaches inside one of its steps."""
    return lambda job: [
        *(sys.executable, "-c", TOY, str(folder / str(job.seed))),
        *(str(number), str(step)),
    ]


def test_a_row_interrupted_again_and_again_ends_as_the_uninterrupted_one(
    runs: Path, tmp_path: Path
) -> None:
    del runs
    here = tmp_path / "here"
    for number, step in (
        (signal.SIGTERM, 3),
        (signal.SIGKILL, 8),
        (signal.SIGTERM, 2),
        (signal.SIGKILL, 9),
    ):
        command = dying(here, number, step)
        list(run_jobs(JOBS[:1], minutes=5, side_by_side=1, command=command))
    there = here.rename(tmp_path / "there")  # another machine
    command = dying(there, 0, 0)
    found = list(run_jobs(JOBS[:1], minutes=5, side_by_side=1, command=command))
    assert states(found) == {0: "finished"}

    toy_run.train(tmp_path / "whole")
    for file in ("checkpoint.safetensors", "best.safetensors"):
        ours, header = read_tensors(there / "0" / file)
        theirs, expected = read_tensors(tmp_path / "whole" / file)
        assert all((ours[name] == theirs[name]).all() for name in theirs), file
    ours, header = read_tensors(there / "0" / "checkpoint.safetensors")
    _, expected = read_tensors(tmp_path / "whole" / "checkpoint.safetensors")
    rows = [json.loads(text)["position"]["rows"] for text in (header, expected)]
    assert rows[0] == [
        row | {"seconds": mine["seconds"]}
        for row, mine in zip(rows[1], rows[0], strict=True)
    ]
    legs = read_legs(there / "0")
    assert legs[0]["from_step"] == 0
    assert legs[-1]["to_step"] == toy_run.STEPS
    assert [leg["to_step"] for leg in legs[:-1]] == [
        leg["from_step"] for leg in legs[1:]
    ]
    assert 2 <= len(legs) <= 5  # a kill before the first checkpoint leaves none


def test_the_handler_before_is_put_back(runs: Path) -> None:
    del runs
    before = signal.getsignal(signal.SIGTERM)
    list(run_jobs([], minutes=1, side_by_side=1))
    assert signal.getsignal(signal.SIGTERM) is before


def test_asked_to_stop_it_asks_its_jobs(runs: Path) -> None:
    del runs
    # a job that ends its parent's wait, and then waits to be asked itself
    text = f"""
import os, signal, time
os.kill({os.getpid()}, signal.SIGTERM)
while True: time.sleep(1)
"""
    found = list(run_jobs(JOBS[:1], minutes=5, side_by_side=1, command=program(text)))
    assert states(found) == {0: "stopped"}


def test_what_has_ended_behind_a_running_process_is_taken_out() -> None:
    def job(status: int | None) -> SimpleNamespace:
        process = SimpleNamespace(poll=lambda: status)
        return SimpleNamespace(process=process, job=status, output=Path("log"))

    running = [job(None), job(0), job(1)]
    found = [(one.job, one.state) for one in _ended(running)]  # type: ignore[arg-type]
    assert [status for _, status in found] == ["finished", "failed"]
    assert [one.job for one in running] == [None]
