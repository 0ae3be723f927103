"""Chapter 2, claim 15: adversarial autoencoders with and without their decoder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch
from torch import Generator, Tensor

from rederived.chapters.variational.ensembles import mlp
from rederived.chapters.variational.losses import generator_loss
from rederived.chapters.variational.studies.adversarial import (
    AdversarialConfig,
    AdversarialModel,
    sliced_wasserstein,
    train,
)
from rederived.chapters.variational.studies.images import load_images
from rederived.datasets import points
from rederived.records import Measured, Study, Trial
from rederived.training import GeneratorState, generator

_WEIGHTS, _DRAWS, _MEASURED = 50, 51, 52  # random streams of one seed
_CODE = 2  # numbers in a code
_MEASUREMENTS = 10  # evenly spread over the second half


@dataclass(frozen=True, kw_only=True)
class AaeConfig(AdversarialConfig):
    """A study of equation 34 on one distribution, at weights of its second term.

    Attributes:
        data: the ring of 8 Gaussians, or images.
        decoder: a perceptron with two hidden layers, or an affine map.
        weights: of the squared error over the total variance of the data; lambda is
            this over that variance.  At 0 the decoder reads the codes and the encoder
            does not feel it.

    >>> AaeConfig(data="ring").weights
    (0.0, 1.0, 10.0)
    """

    data: Literal["ring", "fashion-mnist", "digits"]
    decoder: Literal["perceptron", "linear"] = "perceptron"
    weights: tuple[float, ...] = (0.0, 1.0, 10.0)
    members: int = 5
    updates: int = 3000


@dataclass(frozen=True)
class AaeData:
    """Where data come from.

    Attributes:
        size: numbers in a data point.
        variance: total variance of the data.
        names: of the data sets, with fingerprints.
        train: images to draw from, (n, size), or None for the ring.
        test: images to measure on.

    >>> data = load_data(AaeConfig(data="digits"))
    >>> data.draw(3, torch.Generator().manual_seed(0)).shape
    torch.Size([3, 64])
    """

    size: int
    variance: float
    names: list[str]
    train: Tensor | None = None
    test: Tensor | None = None

    def draw(self, count: int, generator: Generator, *, test: bool = False) -> Tensor:
        """Draw data points, (count, size)."""
        images = self.test if test else self.train
        if images is None:
            return points.ring(count, generator)
        return images[torch.randint(len(images), (count,), generator=generator)]


def load_data(config: AaeConfig) -> AaeData:
    """Load the data of a config."""
    if config.data == "ring":
        variance = points.RING_RADIUS**2 + 2 * points.RING_SCALE**2
        return AaeData(2, variance, ["ring of 8 Gaussians in the plane, drawn"])
    images = load_images(config.data)
    size, variance = images.train.shape[1], float(images.train.var(0).sum())
    return AaeData(size, variance, images.sources, images.train, images.test)


class Aae(AdversarialModel):
    """Encoders, decoders, discriminators; network k has weight ``k // members``.

    >>> config = AaeConfig(data="ring", members=2)
    >>> model = Aae(config, load_data(config), seed=0)
    >>> model.losses(torch.zeros(6, 5, 2)).shape
    torch.Size([6])
    """

    weight: Tensor
    measured: Tensor
    """Means so far of what ``evaluate`` returns."""

    def __init__(self, config: AaeConfig, data: AaeData, seed: int) -> None:
        super().__init__()
        self.config, self.data, members = config, data, config.members
        networks, width = members * len(config.weights), config.width
        starts = generator(seed, _WEIGHTS)
        self.random = GeneratorState(generator(seed, _DRAWS))
        hidden = (width, width) if config.decoder == "perceptron" else ()
        shared = networks, members
        self.encoder = mlp(*shared, (data.size, width, width, _CODE), starts)
        self.discriminators = mlp(*shared, (_CODE, width, width, 1), starts, leak=0.2)
        self.decoder = mlp(*shared, (_CODE, *hidden, data.size), starts)
        weights = torch.tensor(config.weights).repeat_interleave(members)
        self.register_buffer("weight", weights[:, None, None])
        self.register_buffer("measured", torch.zeros(2, networks))
        self.optimizer = self.adam(config.learning_rate)

    def batch(
        self, count: int, generator: Generator, *, test: bool = False
    ) -> tuple[Tensor, Tensor]:
        """Draw data (networks, count, size) and codes of the prior."""
        members, weights = self.config.members, len(self.config.weights)
        x = self.data.draw(members * count, generator, test=test)
        z = torch.randn(members, count, _CODE, generator=generator)
        x = x.reshape(members, count, self.data.size)
        return x.repeat(weights, 1, 1), z.repeat(weights, 1, 1)

    def pair(self) -> tuple[Tensor, Tensor]:
        """Draw codes of the prior, and the codes of data."""
        x, z = self.batch(self.config.batch_size, self.random.source)
        return z, self.encoder(x)

    def error(self, x: Tensor, codes: Tensor) -> Tensor:
        """Return E |x - G(z)|^2 over the total variance of the data, (networks,)."""
        square = (x - self.decoder(codes)).square().sum(-1)
        return square.mean(-1) / self.data.variance

    def losses(self, x: Tensor) -> Tensor:
        """Return E[-log D(E(x))] and the error, equation 34, (networks,).

        The gradient of the error reaches the encoder times the weight, and the decoder
        as it is; for Adam the factor would make no difference to the decoder.
        """
        codes = self.encoder(x)
        still = codes.detach()
        felt = still + self.weight * (codes - still)
        return generator_loss(self.logits(codes)) + self.error(x, felt)

    def next_losses(self) -> Tensor:
        """Return the losses on a new batch, (networks,)."""
        x, _ = self.batch(self.config.batch_size, self.random.source)
        return self.losses(x)

    @torch.no_grad()
    def evaluate(self, generator: Generator) -> Tensor:
        """Return distances of codes to the prior and errors, (2, networks)."""
        x, z = self.batch(self.config.samples, generator, test=True)
        codes = self.encoder(x)
        distance = sliced_wasserstein(codes, z, generator)
        return torch.stack([distance, self.error(x, codes)])


def measure(config: AaeConfig, trial: Trial) -> Measured:
    """Train at all weights side by side, measure ten times in the second half.

    Arrays, with axes weights, members, means of the ten: ``code_distance``, the sliced
    Wasserstein distance of codes to the prior, in units of z; ``error``, the squared
    error of the decoded over the total variance.  Images are those of the test part.
    Metrics: their means ``code_distance@w`` and ``error@w``, and ``floor``, the same
    distance between two samples of the prior.

    Args:
        config: what to run.
        trial: its seed decides starts, data and noise.
    """
    data, half = load_data(config), config.updates // 2
    model = Aae(config, data, trial.seed)
    due = {half + half * (k + 1) // _MEASUREMENTS for k in range(_MEASUREMENTS)}

    def evaluate(done: int) -> None:
        if done in due:
            found = model.evaluate(generator(trial.seed, _MEASURED, done))
            model.measured += found / len(due)

    train(model, config, trial, evaluate)
    distance, error = model.measured.reshape(2, len(config.weights), config.members)
    rng = generator(trial.seed, _MEASURED)
    one, other = torch.randn(2, 100, config.samples, _CODE, generator=rng)
    metrics = {"floor": float(sliced_wasserstein(one, other, rng).mean())}
    for name, table in (("code_distance", distance), ("error", error)):
        for weight, row in zip(config.weights, table, strict=True):
            metrics[f"{name}@{weight:g}"] = float(row.mean())
    return Measured(
        metrics=metrics,
        data=data.names,
        arrays={"code_distance": distance.numpy(), "error": error.numpy()},
    )


_RING = AaeConfig(data="ring")
_FASHION = AaeConfig(data="fashion-mnist", updates=1500)

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
