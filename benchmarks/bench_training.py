"""One epoch of ``fit`` against a loop without checks, draws of its own or a log.

The network is NICE in small, where most of a step is Python: what a GPU would wait for.
Both take the same batches in the same order, and end at the same weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from rederived.chapters.nice import nice
from rederived.flows import Flow, StandardNormal
from rederived.training import TrainConfig, fit, generator
from rederived.training.batches import Batches
from torch import Tensor

from benchmarks.harness import Contender, Findings, Group, Work
from benchmarks.report import Goal

PACKAGES = ("torch", "accelerate")
_NAME = "training, one epoch of a small NICE"
_RATE = 1e-4

Train = Callable[[Flow, torch.optim.Adam], None]


@dataclass(frozen=True)
class Size:
    """How large the network and its data are."""

    dimensions: int = 64
    width: int = 16
    depth: int = 5
    rows: int = 2_000
    batch: int = 20


QUICK = Size(dimensions=4, width=4, depth=1, rows=40)


def groups(size: Size) -> list[Group]:
    """Return the one group."""
    config = TrainConfig(epochs=1, batch_size=size.batch, precision="float32")
    x = torch.rand(size.rows, size.dimensions, generator=generator(0))

    def ours(flow: Flow, optimizer: torch.optim.Adam) -> None:
        fit(flow, (x,), optimizer, config, loss=_loss)

    def bare(flow: Flow, optimizer: torch.optim.Adam) -> None:
        batches = Batches((x,), config, lambda epoch: None)
        for step in range(batches.steps_per_epoch):
            optimizer.zero_grad()
            _loss(flow, *batches.at(step)).backward()  # type: ignore[no-untyped-call]
            optimizer.step()

    def contender(name: str, train: Train) -> Contender:
        def prepare() -> Work:
            flow = _flow(size)
            return lambda: train(flow, _optimizer(flow))

        def findings() -> Findings:
            flow = _flow(size)
            train(flow, _optimizer(flow))
            weights = [p.detach().flatten() for p in flow.parameters()]
            return {"weights": torch.cat(weights)}

        return Contender(name, prepare, findings)

    both = (contender("rederived", ours), contender("a bare loop", bare))
    return [Group(_NAME, "rederived", both, tolerance=1e-5)]


def goals() -> list[Goal]:
    """Return what the library is meant to reach."""
    wanted = "fit takes at most half as long again as a bare loop"
    return [Goal(wanted, _NAME, ("a bare loop",), 2 / 3)]


def about(size: Size) -> dict[str, Any]:
    """Describe the benchmark."""
    return {
        "benchmark": "training",
        "steps": size.rows // size.batch,
        "threads": torch.get_num_threads(),
        "note": "the time of a step is nearly all Python's, as on a GPU",
    }


def _loss(flow: Flow, x: Tensor) -> Tensor:
    return -flow.log_prob(x).mean()


def _flow(size: Size) -> Flow:
    """Return the network, the same at every call."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nice(
            size.dimensions,
            prior=StandardNormal(),
            width=size.width,
            depth=size.depth,
        )


def _optimizer(flow: Flow) -> torch.optim.Adam:
    return torch.optim.Adam(flow.parameters(), _RATE, fused=True)
