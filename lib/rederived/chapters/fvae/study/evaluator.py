"""How pictures are measured: by a small classifier trained on the real ones."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from rederived.chapters.fvae.study.data import Pictures, centred
from rederived.datasets.face_factors import FACTORS, column
from rederived.evaluation import FeatureClassifier, frechet_distance, moments
from rederived.training import generator

FEATURES = 64
_STARTS = 50  # random stream
_CHUNK = 500  # pictures looked at together
_STYLE = column("hair_style")
_SMOOTH = [i for i in range(len(FACTORS)) if i != _STYLE]
SMOOTH_NAMES = [FACTORS[i].name for i in _SMOOTH]
"""The factors that are numbers; the hair style is a class."""


class Evaluator:
    """Looks at pictures with a classifier trained on the real training pictures.

    It is the same for all runs on one data set: its seed is fixed.

    Args:
        pictures: the real ones.
        epochs: passes over the training part.
        directory: where the classifier's checkpoint goes.
    """

    def __init__(
        self, pictures: Pictures, epochs: int, directory: Path | None = None
    ) -> None:
        labels = pictures.labels[0]
        numbers = torch.zeros(len(labels), 0)
        if pictures.factors is not None:
            numbers = unit_factors(pictures.factors[0])
        self.classifier = classifier(
            pictures.shape, int(labels.max()) + 1, numbers.shape[1]
        )
        batch = min(64, len(labels))
        data = pictures.train, labels, numbers
        self.classifier.learn(data, epochs, batch, directory)
        self.real = moments(self.features(pictures.test))

    def features(self, pixels: Tensor) -> Tensor:
        """Return the features of uint8 pictures, ``(n, 64)``."""
        return self.classifier.extract(pixels)

    def classes(self, features: Tensor) -> Tensor:
        """Return class probabilities, ``(n, classes)``."""
        return self.classifier.probabilities(features)

    @torch.no_grad()
    def factors(self, features: Tensor) -> Tensor:
        """Return the factors of drawn faces as read from features, ``(n, F)``.

        Numbers are clamped to their ranges; the hair style is the likeliest.
        """
        assert self.classifier.factors is not None
        found = torch.empty(len(features), len(FACTORS))
        low, high = _ranges()
        numbers = (self.classifier.factors(features).clamp(-1, 1) + 1) / 2
        found[:, _SMOOTH] = low + (high - low) * numbers
        found[:, _STYLE] = self.classifier.classes(features).argmax(-1).float()
        return found.clamp(max=torch.tensor([f.high for f in FACTORS]))

    def distance(self, features: Tensor) -> float:
        """Return the Frechet distance to the test pictures' features."""
        return float(frechet_distance(*moments(features), *self.real))


class _Centre(nn.Module):
    """Grey levels to numbers in (-1, 1)."""

    def forward(self, pixels: Tensor) -> Tensor:
        return centred(pixels)


def classifier(
    shape: tuple[int, int, int], classes: int, factors: int
) -> FeatureClassifier:
    """Build convolutions with stride two, 64 features, then classes and factors.

    Args:
        shape: colours, height and width of a picture.
        classes: how many.
        factors: how many numbers besides, none if pictures are not drawn.
    """
    inputs, side = shape[:2]
    layers: list[nn.Module] = [_Centre()]
    for width in (16, 32, 64):
        layers += [nn.Conv2d(inputs, width, 3, 2, 1), nn.ReLU()]
        inputs, side = width, side // 2
    layers += [nn.Flatten(), nn.Linear(inputs * side * side, FEATURES), nn.ReLU()]
    return FeatureClassifier(
        nn.Sequential(*layers),
        nn.Linear(FEATURES, classes),
        nn.Linear(FEATURES, factors) if factors else None,
        generator=generator(0, _STARTS),
        chunk=_CHUNK,
    )


def unit_factors(factors: Tensor) -> Tensor:
    """Return the nine numbers among the factors, each scaled to [-1, 1]."""
    low, high = _ranges()
    return 2 * (factors[:, _SMOOTH] - low) / (high - low) - 1


def _ranges() -> tuple[Tensor, Tensor]:
    low = torch.tensor([FACTORS[i].low for i in _SMOOTH])
    high = torch.tensor([FACTORS[i].high for i in _SMOOTH])
    return low, high
