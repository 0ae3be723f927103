"""A small training run with everything switched on, in this process or another.

As a program, ``python toy_run.py MODE FOLDER`` where MODE is

* ``stop``: train, and wait inside step ``STOP_AT`` for the signal that kills it, or
  for the end of its standard input;
* ``share``: train as one of several processes and save the weights.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import torch
import toy_game
from rederived.chapters.nice.model import nice
from rederived.flows import Flow, StandardLogistic
from rederived.networks import initialize
from rederived.training import (
    Batch,
    History,
    OneCycle,
    Schedule,
    TrainConfig,
    fit,
    generator,
    write_tensors,
)
from torch import Tensor

ROWS, SIZE = 57, 6  # 57 rows are 7 batches of 8 and one row left out
CONFIG = TrainConfig(
    epochs=4,
    batch_size=8,
    seed=3,
    clip_norm=0.5,
    average_decay=0.9,
    precision="float32",
)
STEPS = 28
STOP_AT = 12  # in the middle of the second epoch: five steps into it


def small_flow(dropout: float) -> Flow:
    """Return what is trained."""
    flow = nice(SIZE, prior=StandardLogistic(), width=16, depth=2, dropout=dropout)
    initialize(flow, "he", generator(0))
    return flow


def loss(flow: Flow, x: Tensor) -> Tensor:
    """Return the mean negative log-likelihood, by a method that is not ``forward``."""
    return -flow.log_prob(x).mean()


def rows() -> Tensor:
    """Return the data, float32 ``(ROWS, SIZE)``."""
    return torch.randn(ROWS, SIZE, generator=generator(1))


def add_noise(batch: Batch, noise: torch.Generator) -> Batch:
    """Add noise that depends on the step's own generator."""
    x = batch[0]
    return (x + 0.3 * torch.rand(x.shape, generator=noise, dtype=x.dtype),)


class StopAt:
    """``add_noise``, until the given call: then announce it and wait."""

    def __init__(self, step: int) -> None:
        self.left = step

    def __call__(self, batch: Batch, noise: torch.Generator) -> Batch:
        if self.left == 0:
            print("waiting", flush=True)
            sys.stdin.read()
        self.left -= 1
        return add_noise(batch, noise)


def train(
    directory: Path | None,
    config: TrainConfig = CONFIG,
    *,
    transform: object = add_noise,
    dropout: float = 0.2,
    dtype: torch.dtype = torch.float32,
    rate: float = 0.03,
    weight_decay: float = 0.1,
    rule: type[torch.optim.Adam] = torch.optim.AdamW,
    schedule: Schedule = OneCycle(STEPS),  # noqa: B008 - immutable
) -> tuple[Flow, History]:
    """Train the small flow: AdamW, schedule, averaging, clipping, dropout, noise."""
    flow = small_flow(dropout).to(dtype)
    data = rows().to(dtype)
    optimizer = rule(flow.parameters(), lr=rate, weight_decay=weight_decay, fused=True)

    def evaluate(model: Flow) -> dict[str, float]:
        assert not model.training
        return {"held_out": float(loss(model, data[-20:]))}

    history = fit(
        flow,
        (data,),
        optimizer,
        config,
        loss=loss,
        schedule=schedule,
        transform=transform,
        evaluate=evaluate,
        monitor="held_out",
        directory=directory,
    )
    return flow, history


def losses(history: History) -> list[tuple[float, float]]:
    """Return what a run measured, without its timings."""
    return list(zip(history.column("loss"), history.column("held_out"), strict=True))


def _share(folder: Path) -> None:
    """Train in both precisions as one of several processes."""
    for name, dtype in (("float32", torch.float32), ("float64", torch.float64)):
        flow, history = train(None, dropout=0.0, dtype=dtype)
        tensors = flow.state_dict()
        tensors["losses"] = torch.tensor(losses(history), dtype=torch.float64)
        rank = torch.distributed.get_rank()
        write_tensors(folder / f"{name}-{rank}.safetensors", tensors)
    train(folder / "run", replace(CONFIG, checkpoint_every=3))
    game, _ = toy_game.play(folder / "game")
    write_tensors(folder / f"game-{rank}.safetensors", game.state_dict())
    try:
        train(None, replace(CONFIG, batch_size=7))
    except ValueError as error:
        (folder / f"error-{rank}.txt").write_text(str(error), encoding="utf-8")


if __name__ == "__main__":
    torch.set_num_threads(1)
    mode, folder, *every = sys.argv[1:]
    if mode == "share":
        _share(Path(folder))
    else:
        config = replace(CONFIG, checkpoint_every=int(every[0]) or None)
        train(Path(folder), config, transform=StopAt(STOP_AT))
