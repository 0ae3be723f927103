"""A training step of Deep InfoMax, ours against the same model written plainly.

The plain one joins code and feature vectors before the first layer, runs true and false
pairs one after the other, pools after the activation and keeps torch's default layout
and optimizer.  Both have the same weights and agree on loss and gradients before any is
timed.  The encoder alone is a yardstick: what a step cannot go below.

Where the machine computes in bf16 our step is timed in it too, against the plain one in
float32.  Codes are then drawn in bf16, other codes, so the two are compared by the loss
alone, and loosely.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from rederived.chapters.infomax import (
    ConvEncoder,
    DeepInfoMax,
    InfoMaxWeights,
    deranged,
)
from rederived.networks import initialize
from torch import Tensor
from torch.nn import functional

from benchmarks.harness import Contender, Findings, Group, Work
from benchmarks.report import Goal

PACKAGES = ("torch", "numpy")


@dataclass(frozen=True)
class Size:
    """The article's CIFAR-10 model by default.

    Attributes:
        channels: of the encoder's blocks.
        codes: size of the code and of the hidden layers.
        side: height and width of a picture.
        batch: pictures a step.
    """

    channels: tuple[int, ...] = (64, 128, 256)
    codes: int = 256
    side: int = 32
    batch: int = 64


QUICK = Size(channels=(4, 8), codes=6, side=8, batch=4)


def groups(size: Size, precision: str) -> list[Group]:
    """Return the step in float32, and ours in bf16 where that is the precision.

    Args:
        size: of the model.
        precision: what the machine computes in, ``bf16`` or ``float32``.
    """
    joined = _contender("joined", size, plain_loss, fused=False)
    contenders = (
        _contender("rederived", size, own_loss, fused=True),
        joined,
        Contender("encoder alone", lambda: _encoder_step(size)),
    )
    found = [Group(_name(size), "rederived", contenders, tolerance=1e-3)]
    if precision == "bf16":
        ours = _contender("rederived", size, _in_bf16, fused=True)
        pair = tuple(replace(one, findings=_loss_alone(one)) for one in (ours, joined))
        found.append(Group(_bf16_name(size), "rederived", pair, tolerance=0.1))
    return found


def goals(size: Size, precision: str) -> list[Goal]:
    """Return what the library is meant to reach at the full size.

    Args:
        size: of the model.
        precision: with ``float32`` the goal of bf16 is left out, for want of a group.
    """
    found = [
        Goal("faster than the joined form", _name(size), ("joined",), 1.2),
        Goal("share of the encoder alone", _name(size), ("encoder alone",), 0.85),
    ]
    if precision == "bf16":
        found.append(
            Goal("bf16 against joined float32", _bf16_name(size), ("joined",), 2.0)
        )
    return found


def about(size: Size, precision: str) -> dict[str, Any]:
    """Describe the benchmark, and say so if the machine has no bf16."""
    note = "a step is loss, gradients and optimizer, the pictures being there"
    if precision != "bf16":
        note += (
            "; this machine does not compute in bf16, so the goal of twice the joined "
            "form's speed with it is not measured"
        )
    return {
        "benchmark": "infomax",
        "channels": list(size.channels),
        "codes": size.codes,
        "batch": size.batch,
        "default_precision": precision,
        "threads": torch.get_num_threads(),
        "note": note,
    }


def own_loss(model: DeepInfoMax, x: Tensor) -> Tensor:
    """Return the loss as the library computes it."""
    return model.loss(model.terms(x))


def _in_bf16(model: DeepInfoMax, x: Tensor) -> Tensor:
    """Return the library's loss, matrix products in bfloat16."""
    with torch.autocast("cpu", torch.bfloat16):
        return own_loss(model, x)


def plain_loss(model: DeepInfoMax, x: Tensor) -> Tensor:
    """Return the loss of a model as one would first write it."""
    grid, mean, log_variance = _plain_features(model.encoder, x)
    z = mean + (0.5 * log_variance).exp() * torch.randn(mean.shape)
    partner = deranged(len(x))
    local = grid.flatten(2).transpose(1, 2)
    scores = []
    for name, first, second in (
        ("global", z, z),
        ("local", local, z.unsqueeze(1).expand(-1, local.shape[1], -1)),
    ):
        judge = model.discriminator(name)
        own, other = judge(first, second), judge(first, second[partner])
        positive = functional.logsigmoid(own).mean()
        scores.append(positive + functional.logsigmoid(-other).mean())
    rate = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).mean()
    weights = model.weights
    loss: Tensor = -weights.global_weight * scores[0] - weights.local_weight * scores[1]
    return loss + weights.prior_weight * rate


def _plain_features(encoder: ConvEncoder, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return map, mean and log-variance, activation before pooling."""
    layers = list(encoder.local)
    for place in range(0, len(layers), 4):
        conv, norm, pool, _ = layers[place : place + 4]
        x = pool(functional.leaky_relu(norm(conv(x)), 0.2))
    top = x
    body = list(encoder.body)
    for conv, norm in (body[0:2], body[3:5]):
        top = functional.leaky_relu(norm(conv(top)), 0.2)
    top = top.flatten(2).max(2).values
    return x, encoder.mean(top), encoder.log_variance(top)


def _model(size: Size) -> DeepInfoMax:
    """Return the model with its starting weights, the same at every call."""
    encoder = ConvEncoder(size.channels, size.codes)
    grid = (size.side // 2 ** len(size.channels)) ** 2, size.channels[-1]
    model = DeepInfoMax(
        encoder, size.codes, grid, InfoMaxWeights(), width=size.codes, form="code"
    )
    initialize(model, "glorot", torch.Generator().manual_seed(0))
    return model


def _pictures(size: Size) -> Tensor:
    draw = torch.Generator().manual_seed(1)
    return torch.rand(size.batch, 3, size.side, size.side, generator=draw) - 0.5


def _contender(
    name: str, size: Size, loss: Callable[[DeepInfoMax, Tensor], Tensor], *, fused: bool
) -> Contender:
    """Return one way of computing the loss."""

    def prepare() -> Work:
        model, x = _model(size), _pictures(size)
        optimizer = torch.optim.Adam(model.parameters(), 1e-3, fused=fused or None)
        return lambda: _step(lambda: loss(model, x), optimizer)

    def findings() -> Findings:
        model, x = _model(size), _pictures(size)
        with torch.random.fork_rng():
            torch.manual_seed(2)
            value = loss(model, x)
        torch.autograd.backward(value)
        judge = model.discriminator("local").entry.weight.grad
        assert judge is not None
        return {"loss": value.detach(), "gradient": judge}

    return Contender(name, prepare, findings)


def _loss_alone(contender: Contender) -> Callable[[], Findings]:
    """Return a contender's findings without the gradient."""
    all_ = contender.findings
    assert all_ is not None
    return lambda: {"loss": all_()["loss"].float()}


def _encoder_step(size: Size) -> Work:
    """Return a step of the encoder without any discriminator."""
    encoder, x = _model(size).encoder, _pictures(size)
    optimizer = torch.optim.Adam(encoder.parameters(), 1e-3, fused=True)

    def loss() -> Tensor:
        seen = encoder(x)
        value: Tensor = seen.mean.square().mean() + seen.log_variance.square().mean()
        return value

    return lambda: _step(loss, optimizer)


def _step(loss: Callable[[], Tensor], optimizer: torch.optim.Optimizer) -> None:
    value = loss()
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(value)
    optimizer.step()


def _name(size: Size) -> str:
    return f"step of Deep InfoMax, batch {size.batch}"


def _bf16_name(size: Size) -> str:
    return f"{_name(size)}, ours in bf16"
