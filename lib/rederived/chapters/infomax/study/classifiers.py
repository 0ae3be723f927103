"""The published evaluation of frozen features: a classifier with one hidden layer."""

from __future__ import annotations

from torch import Tensor

from rederived.chapters.infomax.study.data import Pictures
from rederived.chapters.infomax.study.measures import Codes
from rederived.evaluation import accuracy, hidden_probe, standardized
from rederived.training import generator

_WEIGHTS = 26  # random stream


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
    """Train one probe and return its accuracy, per cent."""
    seen, asked = standardized(train, test)
    found = hidden_probe(
        seen, pictures.train_labels, asked, seed, generator(seed, _WEIGHTS)
    )
    return 100.0 * accuracy(found, pictures.test_labels)
