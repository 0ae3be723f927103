"""Glow on 32-pixel colour images: training steps against three peers, and memory.

Four groups:

* like for like: float32, one model with additive couplings on shared weights, and the
  same fused AdamW; the peers' networks lie in memory as torch makes them, ours with
  channels last, as the library makes them;
* the same with channels last in the peers' networks too, which none of them does;
* as documented: affine couplings, each library's own steps and defaults; ours takes a
  fused Adam, and bf16 in the networks where the machine computes in it, the peers
  ``torch.optim.Adam`` with its defaults;
* recomputation: what it costs in time to recompute activations instead of keeping them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import torch
from rederived.chapters.fvae.glow import glow
from rederived.chapters.fvae.memory import saved_bytes
from rederived.flows import Flow
from torch import Tensor, nn
from torch.nn.utils import convert_conv2d_weight_memory_format
from torch.optim import Adam, AdamW, Optimizer

from benchmarks.glow_documented import DOCUMENTED, GlowSize, LossOf
from benchmarks.glow_libraries import BUILDERS, rederive_glow
from benchmarks.harness import Contender, Findings, Group
from benchmarks.nice_work import double_precision
from benchmarks.precision import default_precision
from benchmarks.report import Goal

PACKAGES = ("torch", "numpy", "normflows", "nflows", "FrEIA")
PEERS = tuple(name for name in BUILDERS if name != "rederived")
RATE = 1e-3
QUICK = GlowSize(side=8, levels=2, steps=2, width=8, batch=4)
LIKE, DOCUMENTED_NAME = "training step, like for like", "training step, as documented"
ONE_LAYOUT = "training step, like for like, all channels last"
RECOMPUTED = "training step, activations kept or recomputed"


def groups(size: GlowSize) -> list[Group]:
    """Return all groups, to be timed one after the other."""
    return [
        like_for_like(size, ONE_LAYOUT),
        like_for_like(size, LIKE),
        as_documented(size),
        recomputation(size),
    ]


def like_for_like(size: GlowSize, name: str) -> Group:
    """Train one model with each library's parts.

    Args:
        size: of the model.
        name: ``LIKE`` or ``ONE_LAYOUT``.
    """

    def contender(library: str) -> Contender:
        def prepare() -> Callable[[], Tensor]:
            model = BUILDERS[library](shared(size))
            if name == LIKE and library != "rederived":
                convert_conv2d_weight_memory_format(
                    model.module, torch.contiguous_format
                )
            return _step(
                lambda x: -model.log_prob(x).mean(),
                _fused_adamw(model.module),
                images(size),
            )

        def findings() -> Findings:
            with double_precision():
                model = BUILDERS[library](shared(size))
                x = images(size).double()
                with torch.no_grad():
                    log_prob = model.log_prob(x)
                optimizer = _fused_adamw(model.module)
                _step(lambda x: -model.log_prob(x).mean(), optimizer, x)()
                return {"log-density": log_prob, "after one step": model.weights()}

        return Contender(library, prepare, findings)

    return Group(name, "rederived", tuple(map(contender, BUILDERS)), tolerance=1e-8)


def as_documented(size: GlowSize) -> Group:
    """Train with each library's own parts: other models, so nothing is compared.

    Ours computes its matrix products in bf16 where that is what ``fit`` would choose.
    """
    bf16 = default_precision() == "bf16"

    def contender(library: str) -> Contender:
        ours = library == "rederived"

        def prepare() -> Callable[[], Tensor]:
            torch.manual_seed(0)
            module, loss = DOCUMENTED[library](size)
            optimizer = Adam(module.parameters(), lr=RATE, fused=True if ours else None)
            if ours and bf16:
                loss = partial(_in_bf16, loss)
            return _step(loss, optimizer, images(size))

        return Contender(library, prepare, dict if ours else None)

    return Group(
        DOCUMENTED_NAME, "rederived", tuple(map(contender, DOCUMENTED)), tolerance=0.0
    )


def recomputation(size: GlowSize) -> Group:
    """Train our model with activations kept, and with activations recomputed."""

    def work(recompute: bool) -> tuple[Flow, Callable[[], Tensor]]:
        flow = shared(size, recompute=recompute)
        x = images(size).to(torch.get_default_dtype())
        return flow, _step(lambda x: -flow.log_prob(x).mean(), _fused_adamw(flow), x)

    def findings(recompute: bool) -> Findings:
        with double_precision():
            flow, step = work(recompute)
            step()
            return {"after one step": rederive_glow(flow).weights()}

    return Group(
        RECOMPUTED,
        "kept",
        tuple(
            Contender(
                name,
                lambda recompute=recompute: work(recompute)[1],  # type: ignore[misc]
                partial(findings, recompute),
            )
            for name, recompute in (("kept", False), ("recomputed", True))
        ),
        tolerance=1e-8,
    )


def goals() -> list[Goal]:
    """Return what the library is meant to reach."""
    return [
        Goal(f"{LIKE}, ahead of the fastest peer", LIKE, PEERS, 1.08),
        Goal(f"{DOCUMENTED_NAME}, ahead of every peer", DOCUMENTED_NAME, PEERS, 1.4),
    ]


def about(size: GlowSize) -> dict[str, Any]:
    """Describe the benchmark, and the memory that a gradient needs at each depth."""
    depths = sorted({1, 2, 4, 8} | {size.steps})
    kept, recomputed = (
        {
            steps: saved_bytes(
                shared(replace(size, steps=steps), recompute=recompute).bijection,
                images(size),
            )
            for steps in depths
        }
        for recompute in (False, True)
    )
    precision = default_precision()
    return {
        "benchmark": "glow",
        "size": asdict(size),
        "threads": torch.get_num_threads(),
        "default_precision": precision,
        "saved_bytes_by_steps": {"kept": kept, "recomputed": recomputed},
        "note": (
            "like for like is additive couplings and fixed shuffles, the one model "
            "that all four libraries can be given with equal weights; as documented, "
            "models are of one architecture but not equal, and ours computes its "
            f"matrix products in {precision}"
        ),
    }


def shared(size: GlowSize, recompute: bool = False) -> Flow:
    """Return our flow with the weights that all libraries share, none of them zero."""
    generator = torch.Generator().manual_seed(3)
    flow = glow(
        size.event_shape,
        levels=size.levels,
        steps=size.steps,
        width=size.width,
        generator=generator,
        conditional=False,
        recompute=recompute,
    )
    for one in flow.parameters():
        nn.init.normal_(one, std=0.05, generator=generator)
    return flow


def images(size: GlowSize) -> Tensor:
    """Return the batch that all contenders get, uniform on [0, 1)."""
    generator = torch.Generator().manual_seed(1)
    shape = (size.batch, *size.event_shape)
    return torch.rand(shape, generator=generator, dtype=torch.float32)


def _fused_adamw(module: nn.Module) -> Optimizer:
    trained = [one for one in module.parameters() if one.requires_grad]
    return AdamW(trained, lr=RATE, fused=True)


def _in_bf16(loss: LossOf, x: Tensor) -> Tensor:
    """Return a loss with its matrix products in bfloat16, log-determinants apart."""
    with torch.autocast("cpu", torch.bfloat16):
        return loss(x)


def _step(
    loss: Callable[[Tensor], Tensor], optimizer: Optimizer, x: Tensor
) -> Callable[[], Tensor]:
    """Return a call that takes one optimizer step and returns the loss before it."""

    def step() -> Tensor:
        value = loss(x)
        optimizer.zero_grad(set_to_none=True)
        value.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return value.detach()

    return step
