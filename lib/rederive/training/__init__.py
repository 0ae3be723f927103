"""Training: one loop, its schedules, checkpoints and random streams."""

from rederive.training.checkpoints import CheckpointError, read_tensors, write_tensors
from rederive.training.keeper import LOG
from rederive.training.loop import fit
from rederive.training.schedules import Schedule, constant, exponential, one_cycle
from rederive.training.seeds import derive, generator
from rederive.training.settings import (
    Batch,
    Evaluate,
    History,
    Prepare,
    Settings,
    Stages,
    TrainingDivergedError,
)

__all__ = [
    "LOG",
    "Batch",
    "CheckpointError",
    "Evaluate",
    "History",
    "Prepare",
    "Schedule",
    "Settings",
    "Stages",
    "TrainingDivergedError",
    "constant",
    "derive",
    "exponential",
    "fit",
    "generator",
    "one_cycle",
    "read_tensors",
    "write_tensors",
]
