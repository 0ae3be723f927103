"""Checkpoints: one safetensors file, replaced atomically, from which a run goes on.

The file holds the weights, the averaged weights, the optimizer's tensors, and in its
header the position of the run.  No pickle is involved.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from rederived.training.identity import Identity, differences


class CheckpointError(RuntimeError):
    """A checkpoint that cannot be read, or that belongs to another run."""


@dataclass
class Position:
    """How far a run has come.

    Attributes:
        step: optimizer steps taken.
        rows: one row of metrics for each finished epoch.
        partial_loss: sum of the losses of the unfinished epoch's steps.
        best: lowest value of the monitored metric so far.
        identity: what the run is (seed, learning rate, ...); must match to resume.

    >>> Position(step=3).best
    inf
    """

    step: int = 0
    rows: list[dict[str, float]] = field(default_factory=list)
    partial_loss: float = 0.0
    best: float = float("inf")
    identity: Identity = field(default_factory=dict)


def write_tensors(path: Path, tensors: dict[str, Tensor], header: str = "") -> None:
    """Write named tensors to a temporary file, flush it to disk, move it in place.

    Args:
        path: the destination; its folder is made if need be.
        tensors: names and values, on any device.
        header: a text to keep in the file's header.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # always the same name: what a kill in mid-write leaves, the next write replaces
    temporary = path.with_name(f".{path.name}.tmp")
    unshared = {name: value.detach().contiguous() for name, value in tensors.items()}
    try:
        save_file(unshared, temporary, metadata={"rederived": header})
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], str]:
    """Read what ``write_tensors`` wrote: the tensors on the CPU, and the header.

    Raises:
        CheckpointError: if the file is not a complete safetensors file.
    """
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return tensors, (file.metadata() or {}).get("rederived", "")
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"cannot read {path} ({error}): delete it to start afresh, "
            "or restore it from a copy"
        ) from error


def save(
    path: Path,
    model: nn.Module,
    average: nn.Module | None,
    optimizer: Optimizer,
    position: Position,
) -> None:
    """Write everything that the next step depends on."""
    tensors = {f"model/{k}": v for k, v in model.state_dict().items()}
    if average is not None:
        tensors |= {f"average/{k}": v for k, v in average.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        for key, value in state.items():
            tensors[f"optimizer/{index}/{key}"] = torch.as_tensor(value)
    write_tensors(path, tensors, json.dumps(position.__dict__))


def load(
    path: Path,
    model: nn.Module,
    average: nn.Module | None,
    optimizer: Optimizer,
    identity: Identity,
) -> Position:
    """Restore model, average and optimizer in place; return the position.

    Raises:
        CheckpointError: if the file is damaged or belongs to a different run.
    """
    tensors, header = read_tensors(path)
    try:
        position = Position(**json.loads(header))
    except (ValueError, TypeError) as error:
        raise CheckpointError(
            f"{path} is not the checkpoint of a run ({error}): choose another folder, "
            "or delete the file to start afresh"
        ) from error
    if position.identity != identity:
        raise CheckpointError(
            f"{path} belongs to another run, whose "
            f"{differences(position.identity, identity)}: "
            "choose another folder, or delete the file to start afresh"
        )
    try:
        model.load_state_dict(_under("model/", tensors))
        if average is not None:
            average.load_state_dict(_under("average/", tensors))
    except RuntimeError as error:
        raise CheckpointError(
            f"{path} belongs to another model ({error}): choose another folder, "
            "or delete the file to start afresh"
        ) from error
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in _under("optimizer/", tensors).items():
        index, key = name.split("/")
        state.setdefault(int(index), {})[key] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
    return position


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors whose name begins with ``prefix``, without it."""
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }
