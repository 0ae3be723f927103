"""Chapter 2, claim 15: adversarial autoencoders with and without their decoder."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import torch
from torch import Generator, Tensor, nn

from rederived.chapters.variational.ensembles import mlp
from rederived.chapters.variational.losses import discriminator_loss, generator_loss
from rederived.chapters.variational.study_ali import sliced
from rederived.chapters.variational.study_images.pictures import load_pictures
from rederived.datasets import points
from rederived.records import Measured, Study, Trial
from rederived.training import GeneratorState, fit_players, generator

_WEIGHTS, _DRAWS, _JUDGED = 50, 51, 52  # random streams of one seed
_CODES = 2  # numbers in a code
_LOOKS = 10  # judgements, evenly spread over the second half
_CHECKPOINT = 100  # rounds between checkpoints


@dataclass(frozen=True)
class AaeConfig:
    """A study of equation 34 on one law, at several weights of its second term.

    Attributes:
        data: the ring of 8 Gaussians, or pictures.
        decoder: a perceptron with two hidden layers, or an affine map.
        weights: of the squared error over the total variance of the data; lambda is
            this over that variance.  At 0 the decoder reads the codes and the encoder
            does not feel it.
        members: networks for each weight, with the same starts, data and noise.
        updates: steps of each player, in turn.
        batch_size: data points, and draws of the prior, in a batch.
        width: units of each of two hidden layers.
        learning_rate: of Adam (beta1 = 0.5).
        samples: codes judged each time.
    """

    data: Literal["ring", "fashion-mnist", "digits"]
    decoder: Literal["perceptron", "linear"] = "perceptron"
    weights: tuple[float, ...] = (0.0, 1.0, 10.0)
    members: int = 5
    updates: int = 3000
    batch_size: int = 64
    width: int = 32
    learning_rate: float = 1e-3
    samples: int = 1000


@dataclass(frozen=True)
class Source:
    """Where data come from.

    Attributes:
        size: numbers in a data point.
        variance: total variance of the data.
        names: of the data sets, with fingerprints.
        train: pictures to draw from, (n, size), or None for the ring.
        test: pictures to judge on.
    """

    size: int
    variance: float
    names: list[str]
    train: Tensor | None = None
    test: Tensor | None = None

    def draw(self, count: int, draws: Generator, *, judged: bool = False) -> Tensor:
        """Draw data points, (count, size); to be judged, from the test pictures."""
        pictures = self.test if judged else self.train
        if pictures is None:
            return points.ring(count, draws)
        return pictures[torch.randint(len(pictures), (count,), generator=draws)]


def source(config: AaeConfig) -> Source:
    """Load the data of a config."""
    if config.data == "ring":
        variance = points.RING_RADIUS**2 + 2 * points.RING_SCALE**2
        return Source(2, variance, ["ring of 8 Gaussians in the plane, drawn"])
    pictures = load_pictures(config.data)
    variance = float(pictures.train.var(0).sum())
    size = pictures.train.shape[1]
    return Source(size, variance, pictures.sources, pictures.train, pictures.test)


class Players(nn.Module):
    """Encoders, decoders, discriminators; network k has weight ``k // members``."""

    def __init__(self, config: AaeConfig, data: Source, seed: int) -> None:
        super().__init__()
        self.config, self.data, members = config, data, config.members
        networks, width = members * len(config.weights), config.width
        starts = generator(seed, _WEIGHTS)
        self.draws = GeneratorState(generator(seed, _DRAWS))
        hidden = (width, width) if config.decoder == "perceptron" else ()
        shared, ends = (networks, members), (data.size, width, width, _CODES)
        self.encoder = mlp(*shared, ends, starts)
        self.judge = mlp(*shared, (_CODES, width, width, 1), starts, leak=0.2)
        self.decoder = mlp(*shared, (_CODES, *hidden, data.size), starts)
        weights = torch.tensor(config.weights).repeat_interleave(members)
        self.register_buffer("weight", weights[:, None, None])
        # one optimizer: Adam leaves alone what has no gradient, the player who waits
        self.optimizer = torch.optim.Adam(
            self.parameters(), lr=config.learning_rate, betas=(0.5, 0.999), fused=True
        )

    weight: Tensor

    def batch(
        self, count: int, draws: Generator, *, judged: bool = False
    ) -> tuple[Tensor, Tensor]:
        """Draw data (networks, count, size) and codes of the prior."""
        members, weights = self.config.members, len(self.config.weights)
        x = self.data.draw(members * count, draws, judged=judged)
        z = torch.randn(members, count, _CODES, generator=draws)
        x = x.reshape(members, count, self.data.size)
        return x.repeat(weights, 1, 1), z.repeat(weights, 1, 1)

    def error(self, x: Tensor, codes: Tensor) -> Tensor:
        """Return E |x - G(z)|^2 over the total variance of the data, (networks,)."""
        decoded: Tensor = self.decoder(codes)
        return (x - decoded).square().sum(-1).mean(-1) / self.data.variance

    def losses(self, x: Tensor) -> Tensor:
        """Return E[-log D(E(x))] and the error, equation 34, (networks,).

        The gradient of the error reaches the encoder times the weight, and the decoder
        as it is; for Adam the factor would make no difference to the decoder.
        """
        codes = self.encoder(x)
        still = codes.detach()
        felt = still + self.weight * (codes - still)
        return generator_loss(self.judge(codes).squeeze(-1)) + self.error(x, felt)

    def round(self) -> None:
        """Give the discriminators one step, then encoders and decoders one."""
        size, draws = self.config.batch_size, self.draws.source
        x, z = self.batch(size, draws)
        with torch.no_grad():
            codes = self.encoder(x)
        logits = (self.judge(each).squeeze(-1) for each in (z, codes))
        self._step(discriminator_loss(*logits))
        self.judge.requires_grad_(False)
        x, _ = self.batch(size, draws)
        self._step(self.losses(x))
        self.judge.requires_grad_(True)

    @torch.no_grad()
    def judged(self, draws: Generator) -> Tensor:
        """Return distances of codes to the prior and errors, (2, networks)."""
        x, z = self.batch(self.config.samples, draws, judged=True)
        codes = self.encoder(x)
        return torch.stack([sliced(codes, z, draws), self.error(x, codes)])

    def _step(self, losses: Tensor) -> None:
        self.optimizer.zero_grad()
        torch.autograd.backward(losses.sum())
        self.optimizer.step()


class Sheet(nn.Module):
    """Players and the sums of what was judged so far, saved together."""

    def __init__(self, players: Players) -> None:
        super().__init__()
        self.players = players
        networks = len(players.weight)
        self.register_buffer("total", torch.zeros(2, networks))

    total: Tensor


def measure(config: AaeConfig, trial: Trial) -> Measured:
    """Train at all weights side by side, judge ten times in the second half.

    Arrays, with axes weights, members, means of the ten: ``codes``, the sliced
    Wasserstein distance of codes to the prior, in units of z; ``errors``, the squared
    error of the decoded over the total variance.  Pictures are judged on the test
    part.  Metrics: their means ``codes@w`` and ``error@w``, and ``floor``, the same
    distance between two samples of the prior.

    Args:
        config: what to run.
        trial: its seed decides starts, data and noise.
    """
    data, seed = source(config), trial.seed
    players = Players(config, data, seed)
    sheet = Sheet(players)
    half = config.updates // 2
    looks = {half + half * (k + 1) // _LOOKS for k in range(_LOOKS)}

    def play(round_: int) -> None:
        players.round()
        played = round_ + 1
        if played in looks:
            draws = generator(seed, _JUDGED, played)
            sheet.total += players.judged(draws) / len(looks)

    fit_players(
        sheet,
        players.optimizer,
        play,
        config.updates,
        identity=asdict(config) | {"seed": seed},
        checkpoint_every=_CHECKPOINT,
        directory=trial.directory,
        label=trial.label,
    )
    found = sheet.total.reshape(2, len(config.weights), config.members)
    draws = generator(seed, _JUDGED)
    one, other = torch.randn(2, 100, config.samples, _CODES, generator=draws)
    metrics = {"floor": float(sliced(one, other, draws).mean())}
    for name, table in zip(("codes", "error"), found, strict=True):
        for weight, row in zip(config.weights, table, strict=True):
            metrics[f"{name}@{weight:g}"] = float(row.mean())
    return Measured(
        metrics=metrics,
        data=data.names,
        arrays={"codes": found[0].numpy(), "errors": found[1].numpy()},
    )


_RING = AaeConfig("ring")
_FASHION = replace(_RING, data="fashion-mnist", updates=1500)

STUDY = Study(
    "aae",
    chapter=2,
    quick={"ring": replace(_RING, members=2, updates=200)},
    full={
        "ring": _RING,
        "ring-linear": replace(_RING, decoder="linear"),
        "fashion": _FASHION,
        "fashion-linear": replace(_FASHION, decoder="linear"),
    },
    measure=measure,
    sources=Path(__file__).with_name("sources.yml"),
)
