"""Training: one loop, its schedules, checkpoints and random streams."""

from rederived.training.checkpoints import CheckpointError, read_tensors, write_tensors
from rederived.training.keeper import LOG
from rederived.training.loop import fit
from rederived.training.schedules import Schedule, constant, exponential, one_cycle
from rederived.training.seeds import derive, generator
from rederived.training.settings import (
    Batch,
    Evaluate,
    History,
    Loss,
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
    "Loss",
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
