"""The long runs that open verdicts wait for: what they are, and how they are run."""

from rederived.plan.judging import Difference
from rederived.plan.progress import Progress, describe, progress_of, waiting
from rederived.plan.rows import Batch, Job, Row, load_plan, rows_named
from rederived.plan.runner import Outcome, command_of, run_jobs
from rederived.plan.speed import Speed, describe_speeds, finished_runs, speed_of

__all__ = [
    "Batch",
    "Difference",
    "Job",
    "Outcome",
    "Progress",
    "Row",
    "Speed",
    "command_of",
    "describe",
    "describe_speeds",
    "finished_runs",
    "load_plan",
    "progress_of",
    "rows_named",
    "run_jobs",
    "speed_of",
    "waiting",
]
