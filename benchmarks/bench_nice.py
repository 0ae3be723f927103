"""NICE at the article's size: training steps and sampling, against four peers.

Three kinds of groups:

* like for like: float32 and the same fused AdamW for all, beside the bare matrix
  products of the same shapes;
* as documented: each library as its documentation trains with it.  Ours takes a
  fused Adam and the precision that ``fit`` chooses on this machine, the peers
  ``torch.optim.Adam`` with its defaults;
* sampling: float32, without gradients, beside the bare forward products.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.optim import Adam, AdamW, Optimizer

from benchmarks.harness import Contender, Group
from benchmarks.nice_libraries import BUILDERS
from benchmarks.nice_model import NiceModel, Size
from benchmarks.nice_products import products
from benchmarks.nice_work import (
    after_many_steps,
    after_one_step,
    built,
    decoded,
    events,
    sampling,
    training_step,
)
from benchmarks.precision import default_precision
from benchmarks.report import Goal

BATCHES: tuple[int, ...] = (128, 512)
PACKAGES = ("torch", "numpy", "normflows", "nflows", "zuko", "FrEIA")
PEERS = tuple(name for name in BUILDERS if name != "rederived")
PRODUCTS = "bare products"
RATE = 1e-3


def groups(size: Size, batches: tuple[int, ...]) -> list[Group]:
    """Return all groups, to be timed one after the other."""
    kinds = (like_for_like, as_documented, draws)
    return [kind(size, batch) for kind in kinds for batch in batches]


def like_for_like(size: Size, batch: int) -> Group:
    """Train with the same arithmetic and the same optimizer."""

    def contender(library: str) -> Contender:
        def prepare() -> Callable[[], Tensor]:
            model = built(library, size)
            x = model.arrange(events(size, batch))
            return training_step(model, mean_loss, fused_adamw(model), x)

        findings = partial(after_one_step, library, size, batch, mean_loss, fused_adamw)
        return Contender(library, prepare, findings)

    yardstick = Contender(PRODUCTS, lambda: products(size, batch, training=True))
    return Group(
        name=_name("like for like", batch),
        subject="rederived",
        contenders=(*map(contender, BUILDERS), yardstick),
        tolerance=1e-8,
    )


def as_documented(size: Size, batch: int) -> Group:
    """Train the way each library's documentation does."""
    bf16 = default_precision() == "bf16"

    def contender(library: str) -> Contender:
        ours = library == "rederived"

        def prepare() -> Callable[[], Tensor]:
            model = built(library, size)
            x = model.arrange(events(size, batch))
            optimizer = Adam(
                model.module.parameters(), lr=RATE, fused=True if ours else None
            )
            return training_step(model, own_loss, optimizer, x, bf16=ours and bf16)

        return Contender(library, prepare, lambda: after_many_steps(prepare()))

    return Group(
        name=_name("as documented", batch),
        subject="rederived",
        contenders=tuple(map(contender, BUILDERS)),
        tolerance=0.01,
    )


def draws(size: Size, batch: int) -> Group:
    """Sample with each library's own method."""

    def contender(library: str) -> Contender:
        return Contender(
            library,
            lambda: sampling(built(library, size), batch),
            partial(decoded, library, size, batch),
        )

    yardstick = Contender(PRODUCTS, lambda: products(size, batch, training=False))
    return Group(
        name=f"sampling, {batch} events",
        subject="rederived",
        contenders=(*map(contender, BUILDERS), yardstick),
        tolerance=1e-10,
    )


def goals() -> list[Goal]:
    """Return what the library is meant to reach at the article's size."""
    wanted: list[Goal] = []
    for batch, least in zip(BATCHES, (0.85, 0.93), strict=True):
        equal, documented = (
            _name(kind, batch) for kind in ("like for like", "as documented")
        )
        wanted += [
            Goal(f"{equal}, level with the fastest peer", equal, PEERS, 0.97),
            Goal(f"{equal}, share of bare products' speed", equal, (PRODUCTS,), least),
            Goal(f"{documented}, ahead of every peer", documented, PEERS, 1.6),
        ]
    return wanted


def about(size: Size, batches: tuple[int, ...]) -> dict[str, Any]:
    """Describe the benchmark and what this machine made of its defaults."""
    precision = default_precision()
    note = "as documented, matrix products run in bf16 and densities in float32"
    if precision != "bf16":
        note = (
            "this machine does not compute in bf16, so that as documented the library "
            "differs from its peers by the fused optimizer alone"
        )
    return {
        "benchmark": "nice",
        "size": asdict(size),
        "batches": list(batches),
        "threads": torch.get_num_threads(),
        "default_precision": precision,
        "note": note,
    }


def mean_loss(model: NiceModel, x: Tensor) -> Tensor:
    """Return the mean negative log-density, nats."""
    return -model.log_prob(x).mean()


def own_loss(model: NiceModel, x: Tensor) -> Tensor:
    """Return the same by the call that the library's documentation names."""
    return model.loss(x)


def fused_adamw(model: NiceModel) -> Optimizer:
    """Return the optimizer of the like-for-like comparison."""
    return AdamW(model.module.parameters(), lr=RATE, fused=True)


def _name(kind: str, batch: int) -> str:
    return f"training step, {kind}, batch {batch}"
