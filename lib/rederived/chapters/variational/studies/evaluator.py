"""What is measured of generated images, by a classifier of the real ones."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn

from rederived.chapters.variational.measures import count_covered
from rederived.chapters.variational.studies.images import Images
from rederived.evaluation import (
    FeatureClassifier,
    confident,
    frechet_distance,
    moments,
)
from rederived.networks import mlp
from rederived.training import generator

CLASSES = 10
_STARTS = 42  # random stream
_FEATURES = 64
_BATCH = 200  # images a step


class Evaluator:
    """Counts classes and high-quality samples, measures a distance to real images.

    A sample is of high quality if the classifier gives one class a probability of at
    least 0.9.  A class is covered if it has at least a tenth of its fair share of the
    samples, of high quality.  The distance is the Frechet distance of the classifier's
    64 features between samples and training images.  The classifier is the same for
    all runs on one data set: its seed is fixed.

    Args:
        images: real ones; the classifier sees the training part only.
        epochs: passes over it.
        directory: where the classifier's checkpoint goes.

    >>> from rederived.chapters.variational.studies.images import load_images
    >>> images = load_images("digits")
    >>> found = Evaluator(images, epochs=1)(images.test[:100])
    >>> sorted(found)
    ['covered', 'frechet_distance', 'high_quality_share', 'variance_ratio']
    """

    def __init__(
        self, images: Images, epochs: int, directory: Path | None = None
    ) -> None:
        self.classifier = FeatureClassifier(
            _features(images.side, images.colours),
            nn.Linear(_FEATURES, CLASSES),
            generator=generator(0, _STARTS),
        )
        self.classifier.learn((images.train, images.labels), epochs, _BATCH, directory)
        self.real = moments(self.classifier.extract(images.train))
        self.variance = total_variance(images.train)

    def __call__(self, samples: Tensor) -> dict[str, Tensor]:
        """Measure samples (..., n, D), flat images.

        Returns:
            ``covered`` (classes), ``high_quality_share``, ``frechet_distance`` and
            ``variance_ratio`` (total variance over that of the training images), each
            (...).
        """
        features = self.classifier.extract(samples.flatten(0, -2))
        probabilities = self.classifier.probabilities(features)
        shape = samples.shape[:-1]  # (..., n)
        classes, quality = covered_classes(probabilities.reshape(*shape, CLASSES))
        mean, covariance = moments(features.reshape(*shape, -1))
        distance = frechet_distance(mean, covariance, *self.real)
        return {
            "covered": classes.float(),
            "high_quality_share": quality,
            "frechet_distance": distance.float(),
            "variance_ratio": total_variance(samples) / self.variance,
        }


def covered_classes(probabilities: Tensor) -> tuple[Tensor, Tensor]:
    """Return how many classes samples cover, and the share of high-quality samples.

    Args:
        probabilities: of the classes for each sample, (..., n, classes).
    """
    which, good = probabilities.argmax(-1), confident(probabilities)
    classes = probabilities.shape[-1]
    return count_covered(which, good, classes), good.double().mean(-1)


def total_variance(flat: Tensor) -> Tensor:
    """Return the sum over pixels of the variance over samples (..., n, D), (...)."""
    return flat.var(-2).sum(-1)


def _features(side: int, colours: int) -> nn.Sequential:
    """Return 64 features of flat images.

    A perceptron for grey images; for coloured ones, which are harder to tell apart,
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
