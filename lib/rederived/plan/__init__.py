"""The long runs that open verdicts wait for: what they are, and how they are run."""

from rederived.plan.progress import Progress, describe, progress_of, waiting
from rederived.plan.rows import Batch, Job, Row, load_plan, rows_named
from rederived.plan.runner import Outcome, command_of, run_jobs

__all__ = [
    "Batch",
    "Job",
    "Outcome",
    "Progress",
    "Row",
    "command_of",
    "describe",
    "load_plan",
    "progress_of",
    "rows_named",
    "run_jobs",
    "waiting",
]
