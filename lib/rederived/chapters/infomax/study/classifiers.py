"""The published evaluation of frozen features: a classifier with one hidden layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from rederived.chapters.infomax.networks import start
from rederived.chapters.infomax.study.data import Pictures
from rederived.chapters.infomax.study.measures import Codes
from rederived.training import TrainConfig, fit, generator

_WEIGHTS = 26  # random stream
_UNITS, _DROPOUT = 200, 0.1
_EPOCHS, _BATCH, _RATE = 10, 256, 1e-3


class HiddenClassifier(nn.Module):
    """Two linear layers with batch normalisation, ReLU and dropout between them.

    Hjelm and others 2019, arXiv:1808.06670, section 4.2.

    Args:
        inputs: size of a feature.
        classes: number of labels.
    """

    def __init__(self, inputs: int, classes: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(inputs, _UNITS),
            nn.BatchNorm1d(_UNITS),
            nn.ReLU(),
            nn.Dropout(_DROPOUT),
            nn.Linear(_UNITS, classes),
        )

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """Return the mean cross-entropy of features ``(B, inputs)``, nats."""
        return functional.cross_entropy(self.layers(features), labels)

    @torch.no_grad()
    def predict(self, features: Tensor) -> Tensor:
        """Return the most probable label of each feature ``(N, inputs)``, int64."""
        found: Tensor = self.layers(features).argmax(1)
        return found


def accuracies(
    train: Codes, test: Codes, pictures: Pictures, seed: int
) -> dict[str, float]:
    """Return what the classifier gets right of the test pictures, per cent.

    ``classifier`` sees the mean code, ``classifier_map`` the local features of all
    places; both are standardised with the training pictures' mean and deviation.

    Args:
        train: features of the training pictures.
        test: features of the test pictures.
        pictures: the labels of both.
        seed: decides starting weights, order and dropout.
    """
    return {
        "classifier": _accuracy(train.mean, test.mean, pictures, seed),
        "classifier_map": _accuracy(train.map, test.map, pictures, seed),
    }


def _accuracy(train: Tensor, test: Tensor, pictures: Pictures, seed: int) -> float:
    """Train one classifier and return its accuracy, per cent."""
    centre, spread = train.mean(0), train.std(0) + 1e-6
    labels = pictures.train_labels
    judge = HiddenClassifier(train.shape[1], int(labels.max()) + 1)
    start(judge, generator(seed, _WEIGHTS))
    fit(
        judge,
        ((train - centre) / spread, labels),
        torch.optim.Adam(judge.parameters(), _RATE),
        TrainConfig(_EPOCHS, min(_BATCH, len(train)), seed, precision="float32"),
        label="classifier",
    )
    judge.to("cpu").eval()
    right = judge.predict((test - centre) / spread) == pictures.test_labels
    return 100.0 * float(right.double().mean())
