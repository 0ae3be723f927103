"""A training step of Deep InfoMax, ours against the same model written plainly.

The plain one joins code and feature vectors before the first layer, runs true and false
pairs one after the other, pools after the activation and keeps torch's default layout
and optimizer.  Both have the same weights and agree on loss and gradients before any is
timed.  The encoder alone is a yardstick: what a step cannot go below.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from rederive.infomax import ConvEncoder, DeepInfoMax, Weights, deranged, start
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


def groups(size: Size) -> list[Group]:
    """Return the one group."""
    contenders = (
        _contender("rederive", size, own_loss, fused=True),
        _contender("joined", size, plain_loss, fused=False),
        Contender("encoder alone", lambda: _encoder_step(size)),
    )
    return [Group(_name(size), "rederive", contenders, tolerance=1e-3)]


def goals(size: Size) -> list[Goal]:
    """Return what the library is meant to reach at the full size, in float32."""
    return [
        Goal("faster than the joined form", _name(size), ("joined",), 1.2),
        Goal("share of the encoder alone", _name(size), ("encoder alone",), 0.85),
    ]


def about(size: Size) -> dict[str, Any]:
    """Describe the benchmark."""
    return {
        "benchmark": "infomax",
        "channels": list(size.channels),
        "codes": size.codes,
        "batch": size.batch,
        "precision": "float32",
        "threads": torch.get_num_threads(),
        "note": "a step is loss, gradients and optimizer, the pictures being there",
    }


def own_loss(model: DeepInfoMax, x: Tensor) -> Tensor:
    """Return the loss as the library computes it."""
    return model.loss(model.terms(x))


def plain_loss(model: DeepInfoMax, x: Tensor) -> Tensor:
    """Return the loss of a model as one would first write it."""
    grid, mean, log_variance = _plain_features(model.encoder, x)
    z = mean + (0.5 * log_variance).exp() * torch.randn(mean.shape)
    partner = deranged(len(x))
    local = grid.flatten(2).transpose(1, 2)
    scores = []
    for name, first, second in (
        ("whole", z, z),
        ("local", local, z.unsqueeze(1).expand(-1, local.shape[1], -1)),
    ):
        judge = model.judge(name)
        own, other = judge(first, second), judge(first, second[partner])
        positive = functional.logsigmoid(own).mean()
        scores.append(positive + functional.logsigmoid(-other).mean())
    rate = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).mean()
    weights = model.weights
    loss: Tensor = -weights.whole * scores[0] - weights.local * scores[1]
    return loss + weights.rate * rate


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
        encoder, size.codes, grid, Weights(), width=size.codes, form="code"
    )
    start(model, torch.Generator().manual_seed(0))
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
        judge = model.judge("local").entry.weight.grad
        assert judge is not None
        return {"loss": value.detach(), "gradient": judge}

    return Contender(name, prepare, findings)


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
