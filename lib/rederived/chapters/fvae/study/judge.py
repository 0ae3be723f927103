"""The judge of pictures: a small classifier trained on the real ones."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from rederived.chapters.fvae.study.data import Pictures, centred
from rederived.chapters.variational.study_images.judge import frechet_distance, moments
from rederived.datasets.face_factors import FACTORS, column
from rederived.training import Batch, OneCycle, TrainConfig, fit, generator

FEATURES = 64
_STARTS = 50  # random stream
_CHUNK = 500  # pictures looked at together
_STYLE = column("hair_style")
_SMOOTH = [i for i in range(len(FACTORS)) if i != _STYLE]
SMOOTH_NAMES = [FACTORS[i].name for i in _SMOOTH]
"""The factors that are numbers; the hair style is a class."""


class Reader(nn.Module):
    """Convolutions with stride two, 64 features, then classes and factors.

    Args:
        shape: colours, height and width of a picture.
        classes: how many.
        factors: how many numbers besides, none if pictures are not drawn.
        starts: draws the starting weights.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        classes: int,
        factors: int,
        starts: torch.Generator,
    ) -> None:
        super().__init__()
        inputs, side, layers = shape[0], shape[1], list[nn.Module]()
        for width in (16, 32, 64):
            layers += [nn.Conv2d(inputs, width, 3, 2, 1), nn.ReLU()]
            inputs, side = width, side // 2
        layers += [nn.Flatten(), nn.Linear(inputs * side * side, FEATURES), nn.ReLU()]
        self.features = nn.Sequential(*layers)
        self.classes = nn.Linear(FEATURES, classes)
        self.factors = nn.Linear(FEATURES, factors) if factors else None
        for parameter in self.parameters():
            if parameter.ndim > 1:
                nn.init.kaiming_normal_(parameter, generator=starts)
            else:
                nn.init.zeros_(parameter)

    def forward(self, x: Tensor, labels: Tensor, factors: Tensor) -> Tensor:
        """Return the cross-entropy, nats, plus the squared error of the factors."""
        features = self.features(x)
        loss = functional.cross_entropy(self.classes(features), labels)
        if self.factors is not None:
            error = (self.factors(features) - factors).square().sum(1).mean()
            loss = loss + error
        return loss


class Judge:
    """Looks at pictures with a reader trained on the real training pictures.

    It is the same for all runs on one data set: its seed is fixed.

    Args:
        pictures: the real ones.
        epochs: passes over the training part.
        directory: where the reader's checkpoint goes.
    """

    def __init__(
        self, pictures: Pictures, epochs: int, directory: Path | None = None
    ) -> None:
        labels = pictures.labels[0]
        numbers = torch.zeros(len(labels), 0)
        if pictures.factors is not None:
            numbers = unit_factors(pictures.factors[0])
        self.reader = Reader(
            pictures.shape,
            int(labels.max()) + 1,
            numbers.shape[1],
            generator(0, _STARTS),
        )
        batch = min(64, len(labels))

        def centre(rows: Batch, _: torch.Generator) -> Batch:
            return (centred(rows[0]), *rows[1:])

        fit(
            self.reader,
            (pictures.train, labels, numbers),
            torch.optim.Adam(self.reader.parameters(), 3e-3, fused=True),
            TrainConfig(epochs, batch, seed=0, precision="float32"),
            schedule=OneCycle(len(labels) // batch * epochs),
            transform=centre,
            directory=None if directory is None else directory / "judge",
            label="judge",
        )
        self.reader.to("cpu").eval()
        self.real = moments(self.features(pictures.test))

    @torch.no_grad()
    def features(self, pixels: Tensor) -> Tensor:
        """Return the features of uint8 pictures, ``(n, 64)``."""
        parts = [self.reader.features(centred(p)) for p in torch.split(pixels, _CHUNK)]
        return torch.cat(parts)

    @torch.no_grad()
    def classes(self, features: Tensor) -> Tensor:
        """Return class probabilities, ``(n, classes)``."""
        probabilities: Tensor = self.reader.classes(features).softmax(-1)
        return probabilities

    @torch.no_grad()
    def factors(self, features: Tensor) -> Tensor:
        """Return the factors of drawn faces as read from features, ``(n, F)``.

        Numbers are clamped to their ranges; the hair style is the likeliest.
        """
        assert self.reader.factors is not None
        found = torch.empty(len(features), len(FACTORS))
        low, high = _ranges()
        numbers = (self.reader.factors(features).clamp(-1, 1) + 1) / 2
        found[:, _SMOOTH] = low + (high - low) * numbers
        found[:, _STYLE] = self.reader.classes(features).argmax(-1).float()
        return found.clamp(max=torch.tensor([f.high for f in FACTORS]))

    def distance(self, features: Tensor) -> float:
        """Return the Frechet distance to the test pictures' features."""
        return float(frechet_distance(*moments(features), *self.real))


def unit_factors(factors: Tensor) -> Tensor:
    """Return the nine numbers among the factors, each scaled to [-1, 1]."""
    low, high = _ranges()
    return 2 * (factors[:, _SMOOTH] - low) / (high - low) - 1


def _ranges() -> tuple[Tensor, Tensor]:
    low = torch.tensor([FACTORS[i].low for i in _SMOOTH])
    high = torch.tensor([FACTORS[i].high for i in _SMOOTH])
    return low, high
