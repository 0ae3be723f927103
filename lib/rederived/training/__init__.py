"""Training: a loop for one model and one for adversaries, checkpoints, streams."""

from rederived.training.adversarial import fit_players
from rederived.training.checkpoints import (
    LOG,
    CheckpointError,
    read_tensors,
    write_tensors,
)
from rederived.training.config import (
    Batch,
    BatchTransform,
    Evaluate,
    History,
    Loss,
    TrainConfig,
    TrainingDivergedError,
    TransformForEpoch,
)
from rederived.training.loop import fit
from rederived.training.schedules import (
    Exponential,
    Linear,
    OneCycle,
    Schedule,
    constant,
)
from rederived.training.seeds import GeneratorState, derive, generator

__all__ = [
    "LOG",
    "Batch",
    "BatchTransform",
    "CheckpointError",
    "Evaluate",
    "Exponential",
    "GeneratorState",
    "History",
    "Linear",
    "Loss",
    "OneCycle",
    "Schedule",
    "TrainConfig",
    "TrainingDivergedError",
    "TransformForEpoch",
    "constant",
    "derive",
    "fit",
    "fit_players",
    "generator",
    "read_tensors",
    "write_tensors",
]
