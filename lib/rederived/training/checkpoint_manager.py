"""What a run keeps: its checkpoint, the weights chosen so far, its log."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from pathlib import Path

from torch import Tensor, nn
from torch.optim import Optimizer

from rederived.training import checkpoints
from rederived.training.checkpoints import Position
from rederived.training.config import TrainingDivergedError
from rederived.training.identity import Identity

LOG = "log.txt"


class CheckpointManager:
    """Checkpoint, best weights and log of one run, on disk or in memory.

    Args:
        directory: where ``checkpoint.safetensors``, ``best.safetensors`` and
            ``log.txt`` go; None keeps the best weights in memory and nothing else.
        writes: whether this process writes; of several only the main one does.

    >>> model, position = nn.Linear(1, 1), Position()
    >>> manager = CheckpointManager(None, writes=True)
    >>> manager.save_best({"loss": 0.5}, "loss", position, model)
    >>> manager.save_best({"loss": 0.7}, "loss", position, model)
    >>> position.best, sorted(manager.best_weights("loss", position))
    (0.5, ['bias', 'weight'])
    """

    def __init__(self, directory: Path | None, *, writes: bool) -> None:
        self.directory, self.writes = directory, writes
        self.best: dict[str, Tensor] | None = None

    @property
    def checkpoint(self) -> Path | None:
        """Return the checkpoint's place if there is one."""
        if self.directory is None:
            return None
        path = self.directory / "checkpoint.safetensors"
        return path if path.exists() else None

    def restore(
        self,
        model: nn.Module,
        average: nn.Module | None,
        optimizer: Optimizer,
        identity: Identity,
    ) -> Position:
        """Return the position of the run found in the folder, or that of a new one.

        Raises:
            CheckpointError: if the checkpoint is damaged or belongs to another run.
        """
        if self.checkpoint is None:
            return Position(identity=identity)
        return checkpoints.load(self.checkpoint, model, average, optimizer, identity)

    def save(
        self,
        model: nn.Module,
        average: nn.Module | None,
        optimizer: Optimizer,
        position: Position,
    ) -> None:
        """Replace the checkpoint."""
        if self.directory is not None and self.writes:
            path = self.directory / "checkpoint.safetensors"
            checkpoints.save(path, model, average, optimizer, position)

    def save_best(
        self, row: dict[str, float], monitor: str, position: Position, chosen: nn.Module
    ) -> None:
        """Keep the weights if the monitored value is the lowest so far.

        Raises:
            ValueError: if the epoch measured no such value.
        """
        if monitor not in row:
            raise ValueError(
                f"monitor is {monitor!r}, but an epoch measured {', '.join(row)}: "
                "let evaluate return it"
            )
        if not row[monitor] < position.best:  # also if it is NaN
            return
        position.best = row[monitor]
        weights = chosen.state_dict()
        if self.directory is None:
            self.best = {name: value.clone() for name, value in weights.items()}
        elif self.writes:
            checkpoints.write_tensors(self.directory / "best.safetensors", weights)

    def best_weights(self, monitor: str, position: Position) -> dict[str, Tensor]:
        """Return the weights of the epoch with the lowest monitored value.

        Raises:
            TrainingDivergedError: if the value was finite after no epoch.
        """
        if math.isinf(position.best):
            raise TrainingDivergedError(
                f"{monitor!r} was a finite number after no epoch: lower the learning "
                "rate, or look at what evaluate computes"
            )
        if self.directory is not None:
            path = self.directory / "best.safetensors"
            weights, _ = checkpoints.read_tensors(path)
            return weights
        assert self.best is not None
        return self.best

    def log(self, text: str) -> None:
        """Append a line with the time, UTC, to the run's log."""
        if self.directory is None or not self.writes:
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        with (self.directory / LOG).open("a", encoding="utf-8") as file:
            file.write(f"{now} {text}\n")
