"""The judge of generated pictures: a classifier trained on the real ones."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from rederived.chapters.variational.study_images.pictures import Pictures
from rederived.training import OneCycle, TrainConfig, fit, generator

CLASSES = 10
CONFIDENT = 0.9  # probability of a class from which a sample counts as good
_SHARE = 0.1  # of its fair share that a class needs to count as covered
_NARROW = 0.25  # of the real pictures' spread, below which a generator has collapsed
_STARTS = 42  # random stream
_FEATURES = 64
_CHUNK = 10_000  # pictures looked at together


class Classifier(nn.Module):
    """A network with 64 features before the logits.

    A perceptron for grey pictures; for coloured ones, which are harder to tell apart,
    three convolutions with two halvings between them.

    Args:
        side: pixels of a picture.
        colours: channels of a picture, 1 or 3.
    """

    def __init__(self, side: int, colours: int = 1) -> None:
        super().__init__()
        self.features = _perceptron(side) if colours == 1 else _filters(side, colours)
        self.last = nn.Linear(_FEATURES, CLASSES)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """Return the cross-entropy of flat pictures (B, D), nats."""
        _, logits = self.seen(x)
        return functional.cross_entropy(logits, labels)

    def seen(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return features (B, 64) and logits (B, 10)."""
        features = self.features(x)
        return features, self.last(features)


class Judge:
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
        self.classifier = Classifier(pictures.side, pictures.colours)
        _start(self.classifier)
        batch = 200
        fit(
            self.classifier,
            (pictures.train, pictures.labels),
            torch.optim.Adam(self.classifier.parameters(), 3e-3, fused=True),
            TrainConfig(epochs, batch, seed=0, precision="float32"),
            schedule=OneCycle(len(pictures.train) // batch * epochs),
            directory=None if directory is None else directory / "judge",
            label="judge",
        )
        self.classifier.to("cpu").eval()
        self.real = moments(self.look(pictures.train)[0])
        self.variance = total_variance(pictures.train)

    @torch.no_grad()
    def look(self, flat: Tensor) -> tuple[Tensor, Tensor]:
        """Return features and class probabilities of flat pictures (n, D)."""
        parts = [self.classifier.seen(part) for part in torch.split(flat, _CHUNK)]
        features, logits = (torch.cat(column) for column in zip(*parts, strict=True))
        return features, logits.softmax(-1)

    def __call__(self, samples: Tensor) -> dict[str, Tensor]:
        """Judge samples (..., n, D), flat pictures.

        Returns:
            ``covered`` (classes), ``good`` (share of samples), ``distance`` and
            ``spread``, each (...).
        """
        flat = samples.reshape(-1, samples.shape[-1])
        features, probabilities = self.look(flat)
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

    def accuracy(self, flat: Tensor, labels: Tensor) -> float:
        """Return the share of pictures that the classifier gets right."""
        _, probabilities = self.look(flat)
        return float((probabilities.argmax(-1) == labels).double().mean())


def covered_classes(probabilities: Tensor) -> tuple[Tensor, Tensor]:
    """Return how many classes samples cover, and the share of good samples.

    Args:
        probabilities: of the classes for each sample, (..., n, classes).
    """
    most, which = probabilities.max(-1)
    good = most >= CONFIDENT
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


def moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean (..., d) and covariance (..., d, d) of (..., n, d), float64."""
    values = features.double()
    mean = values.mean(-2)
    rest = values - mean.unsqueeze(-2)
    return mean, rest.mT @ rest / (values.shape[-2] - 1)


def frechet_distance(
    mean: Tensor, covariance: Tensor, other_mean: Tensor, other_covariance: Tensor
) -> Tensor:
    """Return the squared Wasserstein-2 distance of two normal laws, (...).

    ``|m - m'|^2 + tr(C + C' - 2 (C^1/2 C' C^1/2)^1/2)``, Dowson and Landau 1982; on
    features of the Inception network it is the FID of Heusel and others 2017.

    Args:
        mean: (..., d).
        covariance: (..., d, d).
        other_mean: (d,).
        other_covariance: (d, d).
    """
    values, vectors = torch.linalg.eigh(other_covariance)
    root = (vectors * values.clamp(min=0).sqrt()) @ vectors.mT
    middle = torch.linalg.eigvalsh(root @ covariance @ root).clamp(min=0)
    traces = covariance.diagonal(dim1=-2, dim2=-1).sum(-1)
    traces = traces + other_covariance.diagonal().sum()
    square = (mean - other_mean).square().sum(-1)
    distance: Tensor = square + traces - 2 * middle.sqrt().sum(-1)
    return distance


def _perceptron(side: int) -> nn.Sequential:
    """Return 64 features of flat grey pictures."""
    return nn.Sequential(
        nn.Linear(side * side, 256), nn.ReLU(), nn.Linear(256, _FEATURES), nn.ReLU()
    )


def _filters(side: int, colours: int) -> nn.Sequential:
    """Return 64 features of flat coloured pictures."""
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


def _start(classifier: Classifier) -> None:
    """Draw starting weights from the judge's own stream."""
    draws = generator(0, _STARTS)
    for parameter in classifier.parameters():
        if parameter.ndim > 1:
            nn.init.kaiming_normal_(parameter, generator=draws)
        else:
            nn.init.zeros_(parameter)
