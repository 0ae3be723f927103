"""How far the plan is: recorded, finished, begun, or still to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rederived.plan.rows import Job, Row
from rederived.records import load_record, record_names, run_directory
from rederived.study import study


@dataclass(frozen=True)
class Progress:
    """How many jobs of a row are where.

    >>> print(Progress(recorded=1, finished=2, begun=0, missing=3))
    1 recorded, 2 finished, 0 begun, 3 not begun
    """

    recorded: int  # in a record of this very configuration
    finished: int  # in the folder of runs, to be recorded
    begun: int  # with a checkpoint
    missing: int

    def __str__(self) -> str:
        return (
            f"{self.recorded} recorded, {self.finished} finished, {self.begun} begun, "
            f"{self.missing} not begun"
        )


def progress_of(jobs: Sequence[Job]) -> Progress:
    """Count jobs by what is there of them."""
    found = [_state(job) for job in jobs]
    states = ("recorded", "finished", "begun", "missing")
    return Progress(**{state: found.count(state) for state in states})


def waiting(jobs: Iterable[Job]) -> list[Job]:
    """Return the jobs that are neither recorded nor finished, in their order, once."""
    return [
        job
        for job in dict.fromkeys(jobs)
        if _state(job) not in ("recorded", "finished")
    ]


def describe(row: Row) -> str:
    """Return a row as lines of text: what it decides, its runs, costs, progress."""
    lines = [f"{row.name}: {row.decides}"]
    lines.append(f"  rules: {', '.join(row.rules) or 'none written yet'}")
    for batch in row.runs:
        count = len(batch.presets) * batch.seeds
        lines.append(
            f"  {batch.study}: {', '.join(batch.presets)} x {batch.seeds} seeds; "
            f"two cores {_cost(batch.core_seconds, count / 2)}, "
            f"one GPU {_cost(batch.gpu_seconds, count)}; {progress_of(batch.jobs())}"
        )
    lines += [f"  missing: {text}" for text in row.missing]
    return "\n".join(lines)


def _cost(seconds: float | None, times: float) -> str:
    """Return minutes, or say that nobody measured; on a GPU one process at a time."""
    if seconds is None:
        return "not measured"
    return f"{seconds * times / 60:.0f} min"


def _state(job: Job) -> str:
    """Return ``recorded``, ``finished``, ``begun`` or ``missing``."""
    chosen = study(job.study)
    identity = chosen.identity(chosen.config(job.preset, "full"))
    name = f"{job.study}-{job.preset}"
    if name in record_names():
        record = load_record(name)
        seeds = {result.seed for result in record.seeds}
        if record.identity == identity and job.seed in seeds:
            return "recorded"
    folder = run_directory(job.study, identity, job.seed)
    if (folder / "run.json").exists():
        return "finished"
    return "begun" if any(folder.glob("**/checkpoint.safetensors")) else "missing"
