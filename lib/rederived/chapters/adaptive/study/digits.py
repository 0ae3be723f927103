"""The race on handwritten digits: a small network, real gradients, mini-batches."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import SGD, Optimizer

from rederived import datasets
from rederived.chapters.adaptive.optimizers import Adam, RMSprop, ScalarRMSprop
from rederived.chapters.adaptive.study.config import DigitsRace
from rederived.networks import initialize, mlp
from rederived.training import TrainConfig, TrainingDivergedError, fit, generator

METHODS = ("gradient descent", "scalar", "vector", "adam")
ONE_RATE = ("gradient descent", "scalar")
_WEIGHTS = 20  # random stream of a seed
_INPUTS = 7, 21  # random stream of the factors and the rotation, for all seeds


@dataclass(frozen=True)
class Part:
    """Pictures ``(N, 64)``, float32, and their labels ``(N,)``."""

    x: Tensor
    y: Tensor


class Classifier(nn.Module):
    """One hidden layer; ``forward`` is the mean negative log-likelihood, nats.

    >>> model = Classifier(64, 8, torch.Generator().manual_seed(0))
    >>> round(model(torch.zeros(2, 64), torch.tensor([3, 5])).item(), 4)  # log 10
    2.3026
    """

    def __init__(self, inputs: int, width: int, generator: torch.Generator) -> None:
        super().__init__()
        self.layers = mlp([inputs, width, 10])
        initialize(self.layers, "lecun", generator)

    @torch.no_grad()
    def undo(self, change: Tensor) -> None:
        """Make the model answer for inputs ``x @ change`` as it did for ``x``.

        Args:
            change: an invertible matrix (inputs, inputs).
        """
        first = self.get_submodule("layers.0")
        assert isinstance(first, nn.Linear)
        weight = first.weight.double() @ torch.linalg.inv(change.double()).T
        first.weight.copy_(weight)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the mean of ``-log q(y | x)`` over a batch."""
        return functional.cross_entropy(self.layers(x), y)


def race(config: DigitsRace, seed: int) -> tuple[dict[str, float], list[str]]:
    """Choose each optimizer's rate on validation pictures and measure it on test ones.

    The metrics, by method: ``rate``, the one chosen; ``validation``, ``test`` and
    ``train``, mean negative log-likelihoods in nats; ``test_error``, the share of wrong
    answers; and ``validation METHOD@RATE`` and ``test METHOD@RATE`` for every rate, of
    which those that diverged are left out.

    Returns:
        The metrics, and the sources of the data.
    """
    train, validation, test, sources = parts(config)
    change = input_map(config.inputs)
    metrics: dict[str, float] = {}
    for method in METHODS:
        best = float("inf")
        for rate in learning_rates(config, method):
            model = Classifier(64, config.width, generator(seed, _WEIGHTS))
            model.undo(change)
            optimizer = optimizer_of(method, model, rate, config.decay)
            train_config = TrainConfig(
                config.epochs, config.batch_size, seed=seed, precision="float32"
            )
            label = f"{method}@{rate:.2g}"
            try:
                fit(model, (train.x, train.y), optimizer, train_config, label=label)
            except TrainingDivergedError:
                continue
            loss, _ = measure(model, validation)
            metrics[f"validation {label}"] = loss
            metrics[f"test {label}"] = measure(model, test)[0]
            if loss < best:
                best = loss
                metrics |= {f"rate {method}": rate, f"validation {method}": loss}
                metrics |= _test_metrics(method, model, train, test)
    return metrics, sources


def learning_rates(config: DigitsRace, method: str) -> list[float]:
    """Return the learning rates that an optimizer may choose from."""
    factor = config.one_rate_factor if method in ONE_RATE else 1.0
    return [factor * 10.0**exponent for exponent in config.exponents]


def optimizer_of(method: str, model: nn.Module, rate: float, decay: float) -> Optimizer:
    """Return a fresh optimizer over the model's parameters."""
    parameters = list(model.parameters())
    if method == "gradient descent":
        return SGD(parameters, lr=rate)
    if method == "adam":
        return Adam(parameters, lr=rate)
    if method == "scalar":
        return ScalarRMSprop(parameters, lr=rate, decay=decay)
    return RMSprop(parameters, lr=rate, decay=decay)


def parts(config: DigitsRace) -> tuple[Part, Part, Part, list[str]]:
    """Return training, validation (its last sixth) and test pictures, and sources."""
    split = datasets.split("digits", held_out=Fraction(1, 6))
    change = input_map(config.inputs)
    train, validation, test = (
        Part(part.pixels.flatten(1).float() / 16 @ change, part.labels)
        for part in (split.train, split.held_out, split.test)
    )
    return train, validation, test, split.sources


def input_map(inputs: str) -> Tensor:
    """Return the 64 x 64 matrix that rows of pixels are multiplied by.

    Raises:
        ValueError: for an unknown kind of inputs.
    """
    if inputs not in {"plain", "scaled", "rotated"}:
        raise ValueError(f"inputs must be plain, scaled or rotated, got {inputs!r}")
    if inputs == "plain":
        return torch.eye(64)
    draw = generator(*_INPUTS)
    exponents = torch.linspace(-1.0, 1.0, 64)[torch.randperm(64, generator=draw)]
    scale = torch.diag(torch.pow(10.0, exponents))
    if inputs == "scaled":
        return scale
    noise = torch.randn(64, 64, dtype=torch.float64, generator=draw)
    return scale @ torch.linalg.qr(noise).Q.float()


@torch.no_grad()
def measure(model: Classifier, part: Part) -> tuple[float, float]:
    """Return the mean negative log-likelihood, nats, and the share of wrong answers."""
    wrong = model.layers(part.x).argmax(1) != part.y
    return float(model(part.x, part.y)), float(wrong.double().mean())


def _test_metrics(
    method: str, model: Classifier, train: Part, test: Part
) -> dict[str, float]:
    """Return the metrics of the best rate so far."""
    loss, error = measure(model, test)
    return {
        f"train {method}": measure(model, train)[0],
        f"test {method}": loss,
        f"test_error {method}": error,
    }
