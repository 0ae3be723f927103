"""The measures of generated pictures, by a classifier of the real ones."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from rederived.chapters.variational.study_images.pictures import Pictures
from rederived.evaluation import (
    FeatureClassifier,
    confident,
    frechet_distance,
    moments,
)
from rederived.networks import mlp
from rederived.training import generator

CLASSES = 10
_SHARE = 0.1  # of its fair share that a class needs to count as covered
_NARROW = 0.25  # of the real pictures' spread, below which a generator has collapsed
_STARTS = 42  # random stream
_FEATURES = 64
_BATCH = 200  # pictures a step


class Evaluator:
    """Counts classes and good samples, and measures a distance to real pictures.

    A sample is good if the classifier gives one class a probability of at least 0.9.
    A class is covered if it has at least a tenth of its fair share of the samples as
    good ones.  The distance is the Frechet distance of the classifier's 64 features
    between samples and training pictures.  The spread is the total variance of the
    samples' pixels over that of the training pictures.  The classifier is the same for
    all runs on one data set: its seed is fixed.

    Args:
        pictures: real ones; the classifier sees the training part only.
        epochs: passes over it.
        directory: where the classifier's checkpoint goes.
    """

    def __init__(
        self, pictures: Pictures, epochs: int, directory: Path | None = None
    ) -> None:
        self.classifier = FeatureClassifier(
            _features(pictures.side, pictures.colours),
            nn.Linear(_FEATURES, CLASSES),
            generator=generator(0, _STARTS),
        )
        self.classifier.learn(
            (pictures.train, pictures.labels), epochs, _BATCH, directory
        )
        self.real = moments(self.classifier.extract(pictures.train))
        self.variance = total_variance(pictures.train)

    def __call__(self, samples: Tensor) -> dict[str, Tensor]:
        """Measure samples (..., n, D), flat pictures.

        Returns:
            ``covered`` (classes), ``good`` (share of samples), ``distance`` and
            ``spread``, each (...).
        """
        flat = samples.reshape(-1, samples.shape[-1])
        features = self.classifier.extract(flat)
        probabilities = self.classifier.probabilities(features)
        shape = samples.shape[:-1]
        covered, good = covered_classes(probabilities.reshape(*shape, CLASSES))
        mean, covariance = moments(features.reshape(*shape, -1))
        distance = frechet_distance(mean, covariance, *self.real)
        return {
            "covered": covered.float(),
            "good": good,
            "distance": distance.float(),
            "spread": total_variance(samples) / self.variance,
        }


def covered_classes(probabilities: Tensor) -> tuple[Tensor, Tensor]:
    """Return how many classes samples cover, and the share of good samples.

    Args:
        probabilities: of the classes for each sample, (..., n, classes).
    """
    which, good = probabilities.argmax(-1), confident(probabilities)
    classes, count = probabilities.shape[-1], probabilities.shape[-2]
    counts = torch.zeros(*probabilities.shape[:-2], classes)
    counts.scatter_add_(-1, which, good.to(counts.dtype))
    enough = counts >= _SHARE * count / classes
    return enough.sum(-1), good.double().mean(-1)


def total_variance(flat: Tensor) -> Tensor:
    """Return the sum over pixels of the variance over samples (..., n, D), (...)."""
    return flat.var(-2).sum(-1)


def narrowed(spread: Tensor) -> Tensor:
    """Say where samples have less than a quarter of the spread of real pictures.

    Args:
        spread: total variance of samples over that of the real pictures.
    """
    return spread < _NARROW


def _features(side: int, colours: int) -> nn.Sequential:
    """Return 64 features of flat pictures.

    A perceptron for grey pictures; for coloured ones, which are harder to tell apart,
    three convolutions with two halvings between them.
    """
    if colours == 1:
        return mlp([side * side, 256, _FEATURES], end=nn.ReLU)
    return nn.Sequential(
        nn.Unflatten(1, (colours, side, side)),
        nn.Conv2d(colours, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(64, 128, 3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(128 * (side // 4) ** 2, _FEATURES),
        nn.ReLU(),
    )
