"""Chapter 2, claim 17: four losses of adversarial inference with small networks."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from rederived.chapters.variational.ensembles import mlp
from rederived.chapters.variational.inference import LOSSES
from rederived.chapters.variational.losses import discriminator_loss
from rederived.datasets import points
from rederived.records import Measured, Study, Trial
from rederived.training import GeneratorState, fit_players, generator

_WEIGHTS, _DRAWS, _JUDGED = 30, 31, 32  # random streams of one seed
_DIRECTIONS = 64  # of the sliced distance
_CHECKPOINT = 100  # rounds between checkpoints


@dataclass(frozen=True)
class AliConfig:
    """A study of the four losses on one law.

    Attributes:
        data: a correlated normal law, or the ring of 8 Gaussians.
        members: networks for each loss, with the same starts, data and noise.
        updates: steps of each player, in turn.
        batch_size: pairs of each kind in a batch.
        width: units of each of two hidden layers.
        learning_rate: of Adam (beta1 = 0.5).
        samples: points judged at the end.
    """

    data: Literal["gaussian", "ring"]
    members: int = 8
    updates: int = 2000
    batch_size: int = 64
    width: int = 32
    learning_rate: float = 1e-3
    samples: int = 1000


class Players(nn.Module):
    """Encoders, decoders and discriminators; network k has loss ``k // members``."""

    def __init__(self, config: AliConfig, seed: int) -> None:
        super().__init__()
        self.config, members = config, config.members
        networks, width = members * len(LOSSES), config.width
        starts = generator(seed, _WEIGHTS)
        self.draws = GeneratorState(generator(seed, _DRAWS))
        self.encoder, self.decoder = (
            mlp(networks, members, (2, width, width, 4), starts) for _ in range(2)
        )
        self.judge = mlp(networks, members, (4, width, width, 1), starts, leak=0.2)
        # one optimizer: Adam leaves alone what has no gradient, the player who waits
        self.optimizer = torch.optim.Adam(
            self.parameters(), lr=config.learning_rate, betas=(0.5, 0.999), fused=True
        )

    def repeated(self, draws: Tensor) -> Tensor:
        """Give every loss the same draws, (members, n, 2) to (networks, n, 2)."""
        return draws.repeat(len(LOSSES), 1, 1)

    def noise(self, count: int, draws: torch.Generator) -> Tensor:
        """Draw standard normal pairs for every member."""
        shape = self.config.members, count, 2
        return self.repeated(torch.randn(shape, generator=draws))

    def data(self, count: int, draws: torch.Generator) -> Tensor:
        """Draw data for every member."""
        members = self.config.members
        if self.config.data == "ring":
            flat = points.ring(members * count, draws)
            return self.repeated(flat.reshape(members, count, 2))
        root = torch.tensor([[1.0, 0.0], [0.8, 0.6]])  # correlation 0.8
        return self.noise(count, draws) @ root.T

    def pairs(self, count: int, draws: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return encoder's and decoder's pairs (x, z), each (networks, count, 4)."""
        x, z = self.data(count, draws), self.noise(count, draws)
        codes = _draw(self.encoder(x), self.noise(count, draws))
        made = _draw(self.decoder(z), self.noise(count, draws))
        return torch.cat([x, codes], -1), torch.cat([made, z], -1)

    def losses(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return each network's own loss of encoder and decoder, (networks,)."""
        on_real, on_fake = (self.judge(pair).squeeze(-1) for pair in (real, fake))
        x, z = fake.detach().chunk(2, -1)
        reduced = softplus(-on_real) + softplus(-on_fake)
        by_name = {
            "complete": reduced - _log_prob(self.encoder(x), z),
            "reduced": reduced,
            "minimax": -softplus(-on_real) - softplus(on_fake),
            "flipped": softplus(on_real) + softplus(-on_fake),
        }
        rows = torch.arange(len(on_real)) // self.config.members
        every = torch.stack([by_name[name].mean(-1) for name in LOSSES])
        return every.gather(0, rows[None])[0]

    def round(self) -> None:
        """Give the discriminators one step, then encoders and decoders one."""
        size, draws = self.config.batch_size, self.draws.source
        with torch.no_grad():
            real, fake = self.pairs(size, draws)
        logits = (self.judge(pair).squeeze(-1) for pair in (real, fake))
        self._step(discriminator_loss(*logits))
        self.judge.requires_grad_(False)
        self._step(self.losses(*self.pairs(size, draws)))
        self.judge.requires_grad_(True)

    def _step(self, losses: Tensor) -> None:
        self.optimizer.zero_grad()
        torch.autograd.backward(losses.sum())
        self.optimizer.step()


def measure(config: AliConfig, trial: Trial) -> Measured:
    """Train all four losses side by side and judge them at the end.

    Arrays, with axes losses (in the order of ``LOSSES``), members: ``samples`` and
    ``codes``, sliced Wasserstein distances of the decoder's samples to data and of
    the encoder's codes to the prior, in the units of x and z.  Metrics: their means
    ``samples@name`` and ``codes@name``.

    Args:
        config: what to run.
        trial: its seed decides starts, data and noise.
    """
    seed = trial.seed
    players = Players(config, seed)
    fit_players(
        players,
        players.optimizer,
        lambda _: players.round(),
        config.updates,
        identity=asdict(config) | {"seed": seed},
        checkpoint_every=_CHECKPOINT,
        directory=trial.directory,
        label=trial.label,
    )
    draws = generator(seed, _JUDGED)
    with torch.no_grad():
        real, fake = players.pairs(config.samples, draws)
        target = players.data(config.samples, draws)
        codes = players.noise(config.samples, draws)
    distances = {
        "samples": sliced(fake[..., :2], target, draws),
        "codes": sliced(real[..., 2:], codes, draws),
    }
    shape = len(LOSSES), config.members
    arrays = {name: found.reshape(shape) for name, found in distances.items()}
    metrics = {
        f"{what}@{name}": float(found[row].mean())
        for what, found in arrays.items()
        for row, name in enumerate(LOSSES)
    }
    return Measured(
        metrics=metrics,
        data=[f"{config.data} law in the plane, drawn"],
        arrays={name: found.numpy() for name, found in arrays.items()},
    )


def sliced(first: Tensor, second: Tensor, draws: torch.Generator) -> Tensor:
    """Return the sliced Wasserstein-1 distance of two samples (..., n, 2), (...)."""
    angle = math.pi * torch.rand(_DIRECTIONS, generator=draws)
    directions = torch.stack([angle.cos(), angle.sin()])
    ends = [(each @ directions).sort(-2).values for each in (first, second)]
    return (ends[0] - ends[1]).abs().mean((-2, -1))


def _draw(parameters: Tensor, noise: Tensor) -> Tensor:
    """Return mean + deviation * noise of (..., 4): means, raw log-deviations."""
    mean, log_deviation = _law(parameters)
    return mean + log_deviation.exp() * noise


def _log_prob(parameters: Tensor, value: Tensor) -> Tensor:
    """Return the log-density of the same law, (...), nats."""
    mean, log_deviation = _law(parameters)
    square = ((value - mean) * (-log_deviation).exp()).square()
    return -(0.5 * square + log_deviation + 0.5 * math.log(2 * math.pi)).sum(-1)


def _law(parameters: Tensor) -> tuple[Tensor, Tensor]:
    mean, raw = parameters.chunk(2, -1)
    return mean, 3 * torch.tanh(raw / 3)  # deviations between 0.05 and 20


STUDY = Study(
    "ali",
    chapter=2,
    quick={"gaussian": AliConfig("gaussian", members=2, updates=200)},
    full={"gaussian": AliConfig("gaussian"), "ring": AliConfig("ring")},
    measure=measure,
    sources=Path(__file__).with_name("sources.yml"),
)
