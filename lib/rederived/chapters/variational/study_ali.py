"""Chapter 2, claim 17: four losses of adversarial inference with small networks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Generator, Tensor
from torch.nn.functional import softplus

from rederived.chapters.variational.ensembles import mlp
from rederived.chapters.variational.inference import LOSSES
from rederived.chapters.variational.studies.adversarial import (
    AdversarialConfig,
    AdversarialModel,
    sliced_wasserstein,
    train,
)
from rederived.datasets import points
from rederived.records import Measured, Study, Trial
from rederived.training import GeneratorState, generator

_WEIGHTS, _DRAWS, _MEASURED = 30, 31, 32  # random streams of one seed


@dataclass(frozen=True, kw_only=True)
class AliConfig(AdversarialConfig):
    """A study of the four losses on one distribution.

    Attributes:
        data: a correlated normal distribution, or the ring of 8 Gaussians.

    >>> AliConfig(data="ring").members
    8
    """

    data: Literal["gaussian", "ring"]


class Ali(AdversarialModel):
    """Encoders, decoders and discriminators; network k has loss ``k // members``.

    >>> rng = torch.Generator().manual_seed(0)
    >>> real, fake = Ali(AliConfig(data="ring", members=2), seed=0).pairs(5, rng)
    >>> real.shape, fake.shape
    (torch.Size([8, 5, 4]), torch.Size([8, 5, 4]))
    """

    def __init__(self, config: AliConfig, seed: int) -> None:
        super().__init__()
        self.config, members, width = config, config.members, config.width
        shared, starts = (members * len(LOSSES), members), generator(seed, _WEIGHTS)
        self.random = GeneratorState(generator(seed, _DRAWS))
        self.encoder = mlp(*shared, (2, width, width, 4), starts)
        self.decoder = mlp(*shared, (2, width, width, 4), starts)
        self.discriminators = mlp(*shared, (4, width, width, 1), starts, leak=0.2)
        self.optimizer = self.adam(config.learning_rate)

    def noise(self, count: int, generator: Generator) -> Tensor:
        """Draw normal pairs for every member, the same for each loss, (N, count, 2)."""
        drawn = torch.randn(self.config.members, count, 2, generator=generator)
        return drawn.repeat(len(LOSSES), 1, 1)

    def data(self, count: int, generator: Generator) -> Tensor:
        """Draw data for every member, the same for each loss, (N, count, 2)."""
        if self.config.data == "ring":
            flat = points.ring(self.config.members * count, generator)
            return flat.reshape(-1, count, 2).repeat(len(LOSSES), 1, 1)
        root = torch.tensor([[1.0, 0.0], [0.8, 0.6]])  # correlation 0.8
        return self.noise(count, generator) @ root.T

    def pairs(self, count: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """Return encoder's and decoder's pairs (x, z), each (N, count, 4)."""
        x, z = self.data(count, generator), self.noise(count, generator)
        codes = _draw(self.encoder(x), self.noise(count, generator))
        made = _draw(self.decoder(z), self.noise(count, generator))
        return torch.cat([x, codes], -1), torch.cat([made, z], -1)

    def pair(self) -> tuple[Tensor, Tensor]:
        """Draw a batch of pairs."""
        return self.pairs(self.config.batch_size, self.random.source)

    def losses(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return each network's own loss of encoder and decoder, (N,)."""
        on_real, on_fake = self.logits(real), self.logits(fake)
        x, z = fake.detach().chunk(2, -1)
        reduced = softplus(-on_real) + softplus(-on_fake)
        by_name = {
            "complete": reduced - _log_prob(self.encoder(x), z),
            "reduced": reduced,
            "minimax": -softplus(-on_real) - softplus(on_fake),
            "flipped": softplus(on_real) + softplus(-on_fake),
        }
        rows = torch.arange(len(on_real)) // self.config.members
        every = torch.stack([by_name[name].mean(-1) for name in LOSSES])  # (4, N)
        return every.gather(0, rows[None])[0]

    def next_losses(self) -> Tensor:
        """Return the losses on a new batch, (N,)."""
        return self.losses(*self.pair())


def measure(config: AliConfig, trial: Trial) -> Measured:
    """Train all four losses side by side and measure them at the end.

    Arrays, with axes losses (in the order of ``LOSSES``), members: ``sample_distance``
    and ``code_distance``, sliced Wasserstein distances of the decoder's samples to data
    and of the encoder's codes to the prior, in the units of x and z.  Metrics: their
    means ``sample_distance@name`` and ``code_distance@name``.

    Args:
        config: what to run.
        trial: its seed decides starts, data and noise.
    """
    model = Ali(config, trial.seed)
    train(model, config, trial)
    rng = generator(trial.seed, _MEASURED)
    with torch.no_grad():
        real, fake = model.pairs(config.samples, rng)
        data, prior = model.data(config.samples, rng), model.noise(config.samples, rng)
    distances = {
        "sample_distance": sliced_wasserstein(fake[..., :2], data, rng),
        "code_distance": sliced_wasserstein(real[..., 2:], prior, rng),
    }
    tables = {
        name: found.reshape(len(LOSSES), config.members)
        for name, found in distances.items()
    }
    return Measured(
        metrics={
            f"{what}@{name}": float(row.mean())
            for what, table in tables.items()
            for name, row in zip(LOSSES, table, strict=True)
        },
        data=[f"{config.data} law in the plane, drawn"],
        arrays={name: table.numpy() for name, table in tables.items()},
    )


def _draw(parameters: Tensor, noise: Tensor) -> Tensor:
    """Return mean + deviation * noise of (..., 4): means, raw log-deviations."""
    mean, log_deviation = _normal(parameters)
    return mean + log_deviation.exp() * noise


def _log_prob(parameters: Tensor, value: Tensor) -> Tensor:
    """Return the log-density of the same distribution, (...), nats."""
    mean, log_deviation = _normal(parameters)
    square = ((value - mean) * (-log_deviation).exp()).square()
    return -(0.5 * square + log_deviation + 0.5 * math.log(2 * math.pi)).sum(-1)


def _normal(parameters: Tensor) -> tuple[Tensor, Tensor]:
    mean, raw = parameters.chunk(2, -1)
    return mean, 3 * torch.tanh(raw / 3)  # deviations between 0.05 and 20


STUDY = Study(
    "ali",
    chapter=2,
    quick={"gaussian": AliConfig(data="gaussian", members=2, updates=200)},
    full={"gaussian": AliConfig(data="gaussian"), "ring": AliConfig(data="ring")},
    measure=measure,
    sources=Path(__file__).with_name("sources.yml"),
)
