"""The work that NICE contenders are timed at, and what they must agree on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from rederived.flows import Flow
from rederived.networks import initialize
from torch import Tensor, nn
from torch.optim import Optimizer

from benchmarks.harness import Findings, Work
from benchmarks.nice_libraries import BUILDERS
from benchmarks.nice_model import NiceModel, Size

MakeOptimizer = Callable[[NiceModel], Optimizer]
Loss = Callable[[NiceModel, Tensor], Tensor]


def built(library: str, size: Size) -> NiceModel:
    """Build a library's NICE with the weights that all libraries share."""
    model = BUILDERS[library](size)
    model.load(_shared_weights(size))
    return model


def events(size: Size, batch: int) -> Tensor:
    """Return the batch that all contenders get, uniform on [0, 1)."""
    generator = torch.Generator().manual_seed(1)
    return torch.rand(batch, size.dimensions, generator=generator)


def training_step(
    model: NiceModel, loss: Loss, optimizer: Optimizer, x: Tensor, bf16: bool = False
) -> Callable[[], Tensor]:
    """Return a call that takes one optimizer step and returns the loss before it.

    Args:
        model: the model to train.
        loss: the objective, from model and batch to a number.
        optimizer: over the model's parameters.
        x: the batch, in the model's order of coordinates.
        bf16: whether matrix products run in bfloat16.
    """

    def step() -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            value = loss(model, x)
        optimizer.zero_grad(set_to_none=True)
        value.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return value.detach()

    return step


def sampling(model: NiceModel, count: int) -> Work:
    """Return a call that draws ``count`` events without recording gradients."""

    @torch.no_grad()
    def draw() -> Tensor:
        return model.sample(count)

    return draw


def after_one_step(
    library: str, size: Size, batch: int, loss: Loss, make_optimizer: MakeOptimizer
) -> Findings:
    """Find, in float64, log-densities and then all weights after one step."""
    with double_precision():
        model = built(library, size)
        x = model.arrange(events(size, batch).double())
        with torch.no_grad():
            log_prob = model.log_prob(x)
        training_step(model, loss, make_optimizer(model), x)()
        weights = torch.cat([one.flatten() for one in model.weights()])
    return {"log-density": log_prob, "weights after one step": weights}


def after_many_steps(step: Callable[[], Tensor], steps: int = 20) -> Findings:
    """Find the loss that training on one batch reaches, as it is timed."""
    losses = [step() for _ in range(steps)]
    return {f"loss after {steps} steps": losses[-1].reshape(1)}


def decoded(library: str, size: Size, count: int) -> Findings:
    """Find, in float64, the events that belong to given codes."""
    with double_precision(), torch.no_grad():
        model = built(library, size)
        codes = model.arrange(events(size, count).double())
        return {"events of given codes": model.restore(model.decode(codes))}


@contextmanager
def double_precision() -> Iterator[None]:
    """Let new tensors be float64."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def _shared_weights(size: Size) -> list[Tensor]:
    """Draw weights by Glorot's rule, and a diagonal scale that is not the identity."""
    generator = torch.Generator().manual_seed(3)
    model = BUILDERS["rederived"](size)
    assert isinstance(model.module, Flow)
    initialize(model.module, "glorot", generator)
    nn.init.normal_(model.log_scale, std=0.1, generator=generator)
    return model.weights()
