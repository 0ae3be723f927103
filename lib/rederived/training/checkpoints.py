"""What a run keeps: its checkpoint, the weights chosen so far, its log.

A checkpoint is one file of tensors, replaced atomically: the weights, the averaged
weights, the optimizer's tensors, and in its header the position of the run.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel

from rederived.training.divergence import (
    TrainingDivergedError,
    require_usable_state,
)
from rederived.training.identity import (
    LATER,
    Identity,
    differences,
    identity_of_optimizer,
)
from rederived.training.legs import Leg, LegClock, begin_leg
from rederived.training.samples import Sample
from rederived.training.tensors import CheckpointError, read_tensors, write_tensors

try:
    import fcntl
except ImportError:  # there is none on Windows
    fcntl = None  # type: ignore[assignment]

LOG = "log.txt"
SECONDS_BETWEEN = 60.0  # checkpoints of a run in one process
_CHECKPOINT = "checkpoint.safetensors"


@dataclass
class Position:
    """How far a run has come."""

    step: int = 0  # optimizer steps, or rounds, taken
    rows: list[dict[str, float]] = field(default_factory=list)  # one a finished epoch
    partial_loss: float = 0.0  # sum over the steps of the unfinished epoch
    partial_seconds: float = 0.0  # of the unfinished epoch, in earlier legs
    best: float = float("inf")  # lowest value of the monitored metric so far
    identity: Identity = field(default_factory=dict)  # must match to resume
    legs: list[Leg] = field(default_factory=list)  # the last is the present one
    batch: Sample = field(default_factory=list)  # of the last step, as it was prepared


class CheckpointManager:
    """Checkpoint, best weights and log of one run, on disk or in memory.

    Args:
        directory: where ``checkpoint.safetensors``, ``best.safetensors`` and
            ``log.txt`` go; None keeps the best weights in memory and nothing else.
        model: what is trained.
        optimizer: over its parameters.
        average: the average of its weights, which then is what is chosen from.
        writes: whether this process writes; of several only the main one does.

    Raises:
        ValueError: if the optimizer is over what is no parameter of the model.

    >>> import torch
    >>> model, position = nn.Linear(1, 1), Position()
    >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    >>> manager = CheckpointManager(None, model, optimizer, writes=True)
    >>> manager.save_best({"loss": 0.5}, "loss", position)
    >>> manager.save_best({"loss": 0.7}, "loss", position)
    >>> position.best, sorted(manager.best_weights("loss", position))
    (0.5, ['bias', 'weight'])
    """

    def __init__(
        self,
        directory: Path | None,
        model: nn.Module,
        optimizer: Optimizer,
        average: AveragedModel | None = None,
        *,
        writes: bool,
    ) -> None:
        known = {id(parameter) for parameter in model.parameters()}
        for index, group in enumerate(optimizer.param_groups):
            if any(id(parameter) not in known for parameter in group["params"]):
                raise ValueError(
                    f"group {index} of the optimizer has what is no parameter of "
                    f"{type(model).__name__}: make the optimizer over the model that "
                    "is trained, and put everything that learns into one module"
                )
        self.directory, self.writes = directory, writes
        self.model, self.optimizer, self.average = model, optimizer, average
        self.best: dict[str, Tensor] | None = None
        self._clock: LegClock | None = None
        self._saved = time.monotonic()

    @property
    def chosen(self) -> nn.Module:
        """The weights that are evaluated and kept."""
        return self.model if self.average is None else self.average.module

    @property
    def checkpoint(self) -> Path | None:
        """Return the checkpoint's place if there is one."""
        if self.directory is None:
            return None
        path = self.directory / _CHECKPOINT
        return path if path.exists() else None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes out of the folder, where the system can.

        Raises:
            CheckpointError: if another process trains in it.
        """
        if self.directory is None or not self.writes or fcntl is None:
            yield
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        path = self.directory / ".lock"
        with path.open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # its last holder may have removed it since it was opened
                ours = path.exists() and os.path.samestat(
                    os.fstat(file.fileno()), path.stat()
                )
            except BlockingIOError:
                ours = False
            except OSError:  # a file system without locks
                ours = True
            if not ours:
                raise CheckpointError(
                    f"another process trains in {self.directory}: wait for it, or "
                    "choose another folder"
                )
            try:
                yield
            finally:
                path.unlink(missing_ok=True)

    def restore(self, identity: Identity) -> Position:
        """Return the position of the run found in the folder, or that of a new one.

        Raises:
            CheckpointError: if the checkpoint is damaged or belongs to another run.
        """
        position = self._restored(identity)
        leg = begin_leg(self.directory, position.step)
        position.legs.append(leg)
        self._clock = LegClock(leg)
        return position

    def _restored(self, identity: Identity) -> Position:
        path = self.checkpoint
        if path is None:
            return Position(identity=identity)
        tensors, header = read_tensors(path)
        position, numbers = _position(path, header, identity)
        try:
            self.model.load_state_dict(_under("model/", tensors))
            if self.average is not None:
                self.average.load_state_dict(_under("average/", tensors))
        except RuntimeError as error:
            raise CheckpointError(
                f"{path} belongs to another model ({error}): choose another folder, "
                "or delete the file to start afresh"
            ) from error
        state: dict[int, dict[str, Tensor | float]] = {}
        kept: dict[str, Tensor | float] = dict(_under("optimizer/", tensors))
        for name, value in (kept | numbers).items():
            index, key = name.split("/", 1)
            state.setdefault(int(index), {})[key] = value
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": state, "param_groups": groups})
        self._exactly(state)
        return position

    def _exactly(self, state: Mapping[int, Mapping[str, Tensor | float]]) -> None:
        """Undo that torch gives the optimizer's tensors the type of the parameters."""
        groups = self.optimizer.param_groups
        parameters = [one for group in groups for one in group["params"]]
        for index, kept in state.items():
            loaded = self.optimizer.state[parameters[index]]
            for key, value in kept.items():
                if isinstance(value, Tensor):
                    loaded[key] = value.to(loaded[key].device)

    def due(self) -> bool:
        """Say whether the last checkpoint is a minute old, or more."""
        return time.monotonic() - self._saved >= SECONDS_BETWEEN

    def require_usable(self, step: int) -> None:
        """Refuse weights, averages of them, or an optimizer that are not finite.

        Raises:
            TrainingDivergedError: naming the first tensor that is not.
        """
        require_usable_state(self.model, self.optimizer, step)
        if self.average is not None:
            require_usable_state(self.average.module, self.optimizer, step)

    def save(self, position: Position) -> None:
        """Replace the checkpoint by everything that the next step depends on.

        Raises:
            TrainingDivergedError: if weights or optimizer are not finite; the
                checkpoint stays as it was.
            TypeError: if the optimizer keeps what is neither tensor nor number, or
                changes a hyperparameter other than the learning rate by itself.
        """
        self.require_usable(position.step)
        self._saved = time.monotonic()
        if self._clock is not None:
            self._clock.at(position.step)
        if self.directory is None or not self.writes:
            return
        self._require_constant(position.identity)
        numbers: dict[str, float] = {}
        tensors = {f"model/{k}": v for k, v in self.model.state_dict().items()}
        if self.average is not None:
            averaged = self.average.state_dict()
            tensors |= {f"average/{k}": v for k, v in averaged.items()}
        for index, state in self.optimizer.state_dict()["state"].items():
            for key, value in state.items():
                if isinstance(value, Tensor):
                    tensors[f"optimizer/{index}/{key}"] = value
                elif isinstance(value, (int, float)):
                    numbers[f"{index}/{key}"] = value
                else:
                    raise TypeError(
                        f"{type(self.optimizer).__name__} keeps {key!r} as "
                        f"{type(value).__name__}, which a checkpoint cannot hold: "
                        "pass directory=None, or use another optimizer"
                    )
        path = self.directory / _CHECKPOINT
        header = json.dumps({"position": position.__dict__, "numbers": numbers})
        write_tensors(path, tensors, header)

    def _require_constant(self, identity: Identity) -> None:
        """Refuse hyperparameters that are not what they were at the start."""
        for name, value in identity_of_optimizer(self.optimizer).items():
            rate = name.startswith("lr of group ")  # a function of the step
            if not rate and value != identity.get(name, value):
                raise TypeError(
                    f"{name} was {identity[name]} when the run began and is {value} "
                    "now, which a checkpoint does not hold: pass directory=None, or "
                    "keep it constant"
                )

    def save_best(
        self, row: dict[str, float], monitor: str, position: Position
    ) -> None:
        """Keep the chosen weights if the monitored value is the lowest so far.

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
        weights = self.chosen.state_dict()
        if self.directory is None:
            self.best = deepcopy(weights)
        elif self.writes:
            header = json.dumps([monitor, position.best])
            write_tensors(self.directory / "best.safetensors", weights, header)

    def best_weights(self, monitor: str, position: Position) -> dict[str, Tensor]:
        """Return the weights of the epoch with the lowest monitored value.

        Raises:
            TrainingDivergedError: if the value was finite after no epoch.
            CheckpointError: if the file is damaged, or of another epoch or run.
        """
        if math.isinf(position.best):
            raise TrainingDivergedError(
                f"{monitor!r} was a finite number after no epoch: lower the learning "
                "rate, or look at what evaluate computes"
            )
        if self.directory is not None:
            path = self.directory / "best.safetensors"
            weights, header = read_tensors(path)
            fits = {k: v.shape for k, v in weights.items()} == {
                k: v.shape for k, v in self.chosen.state_dict().items()
            }
            # the first ones say nothing of their value
            if not fits or header not in ("", json.dumps([monitor, position.best])):
                raise CheckpointError(
                    f"{path} belongs to another run or epoch: delete {self.directory} "
                    "to start afresh, or restore both from a copy"
                )
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


def read_legs(directory: Path) -> list[Leg]:
    """Return the legs of the run in a folder, none if it has no checkpoint.

    Raises:
        CheckpointError: if the checkpoint cannot be read.
    """
    path = directory / _CHECKPOINT
    if not path.exists():
        return []
    _, header = read_tensors(path)
    try:
        return list(json.loads(header)["position"]["legs"])
    except (ValueError, TypeError, KeyError) as error:
        raise CheckpointError(
            f"{path} says nothing of its legs ({error!r}): delete it to start afresh"
        ) from error


def _position(
    path: Path, header: str, identity: Identity
) -> tuple[Position, dict[str, float]]:
    """Read a position and the optimizer's numbers; refuse those of another run."""
    try:
        found = json.loads(header)
        position, numbers = Position(**found["position"]), dict(found["numbers"])
    except (ValueError, TypeError, KeyError) as error:
        raise CheckpointError(
            f"{path} is not the checkpoint of a run ({error}): choose another folder, "
            "or delete the file to start afresh"
        ) from error
    later = {name: identity[name] for name in LATER if name in identity}
    there = later | position.identity
    if there != identity:
        raise CheckpointError(
            f"{path} belongs to another run, whose {differences(there, identity)}: "
            "choose another folder, or delete the file to start afresh"
        )
    position.identity = identity
    return position, numbers


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors whose name begins with ``prefix``, without it."""
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }
