"""Probes of frozen features: what a simple classifier reads from them."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from rederived.networks import initialize
from rederived.training import TrainConfig, fit

_UNITS, _DROPOUT = 200, 0.1
_EPOCHS, _BATCH, _RATE = 10, 256, 1e-3


def linear_probe(train: Tensor, labels: Tensor, test: Tensor) -> Tensor:
    """Return what logistic regression predicts for test features, int64 ``(T,)``.

    Args:
        train: features ``(N, d)``.
        labels: theirs, int64 ``(N,)``.
        test: features ``(T, d)``.

    >>> x = torch.tensor([[-2.0], [-1.0], [1.0], [2.0]])
    >>> linear_probe(x, torch.tensor([0, 0, 1, 1]), torch.tensor([[3.0]])).tolist()
    [1]
    """
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - slow

    probe = LogisticRegression(max_iter=1000)
    probe.fit(train.numpy(), labels.numpy())
    return torch.from_numpy(probe.predict(test.numpy()))


class HiddenProbe(nn.Module):
    """Two linear layers with batch normalisation, ReLU and dropout between them.

    Hjelm and others 2019, arXiv:1808.06670, section 4.2.

    Args:
        inputs: size of a feature.
        classes: number of labels.

    >>> HiddenProbe(4, 3).eval()(torch.zeros(2, 4)).shape
    torch.Size([2, 3])
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

    def forward(self, features: Tensor) -> Tensor:
        """Return the logits of the labels of features ``(B, inputs)``."""
        return self.layers(features)


def _cross_entropy(probe: HiddenProbe, features: Tensor, labels: Tensor) -> Tensor:
    return functional.cross_entropy(probe(features), labels)


def hidden_probe(
    train: Tensor, labels: Tensor, test: Tensor, seed: int, generator: torch.Generator
) -> Tensor:
    """Return what a trained :class:`HiddenProbe` predicts, int64 ``(T,)``.

    Args:
        train: features ``(N, d)``.
        labels: theirs, int64 ``(N,)``.
        test: features ``(T, d)``.
        seed: decides order and dropout.
        generator: draws the starting weights.
    """
    probe = HiddenProbe(train.shape[1], int(labels.max()) + 1)
    initialize(probe, "glorot", generator)
    fit(
        probe,
        (train, labels),
        torch.optim.Adam(probe.parameters(), _RATE),
        TrainConfig(_EPOCHS, min(_BATCH, len(train)), seed, precision="float32"),
        loss=_cross_entropy,
        label="probe",
    )
    probe.eval()
    with torch.no_grad():
        return probe(test).argmax(1)


def standardized(train: Tensor, test: Tensor) -> tuple[Tensor, Tensor]:
    """Return both less the training features' mean, over their deviation plus 1e-6.

    Raises:
        ValueError: for fewer than two training features, which have no deviation.

    >>> standardized(torch.tensor([[0.0], [2.0]]), torch.tensor([[1.0]]))[1].tolist()
    [[0.0]]
    """
    if len(train) < 2:
        raise ValueError(f"a deviation needs 2 training features, got {len(train)}")
    centre, spread = train.mean(0), train.std(0) + 1e-6
    return (train - centre) / spread, (test - centre) / spread


def accuracy(predicted: Tensor, labels: Tensor) -> float:
    """Return the share of right predictions.

    Raises:
        ValueError: if there is none, or the shapes differ.

    >>> accuracy(torch.tensor([0, 1]), torch.tensor([0, 2]))
    0.5
    """
    if len(labels) == 0:
        raise ValueError("there are no predictions to judge: give at least one")
    if predicted.shape != labels.shape:
        raise ValueError(
            f"predictions of shape {tuple(predicted.shape)} for labels of shape "
            f"{tuple(labels.shape)}: give one class for each label"
        )
    return float((predicted == labels).double().mean())
