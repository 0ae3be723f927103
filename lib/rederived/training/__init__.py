"""Training: a loop for one model and one for adversaries, checkpoints, streams."""

from rederived.training.adversarial import fit_players
from rederived.training.checkpoints import LOG, read_legs
from rederived.training.config import (
    Batch,
    BatchTransform,
    Evaluate,
    History,
    Loss,
    TrainConfig,
    TransformForEpoch,
)
from rederived.training.devices import device_of
from rederived.training.divergence import TrainingDivergedError
from rederived.training.legs import Leg, write_origin
from rederived.training.loop import fit
from rederived.training.schedules import (
    Exponential,
    Linear,
    OneCycle,
    Schedule,
    constant,
)
from rederived.training.seeds import GeneratorState, derive, generator
from rederived.training.speed import matrix_rate
from rederived.training.stopping import TrainingStoppedError
from rederived.training.tensors import CheckpointError, read_tensors, write_tensors

__all__ = [
    "LOG",
    "Batch",
    "BatchTransform",
    "CheckpointError",
    "Evaluate",
    "Exponential",
    "GeneratorState",
    "History",
    "Leg",
    "Linear",
    "Loss",
    "OneCycle",
    "Schedule",
    "TrainConfig",
    "TrainingDivergedError",
    "TrainingStoppedError",
    "TransformForEpoch",
    "constant",
    "derive",
    "device_of",
    "fit",
    "fit_players",
    "generator",
    "matrix_rate",
    "read_legs",
    "read_tensors",
    "write_origin",
    "write_tensors",
]
