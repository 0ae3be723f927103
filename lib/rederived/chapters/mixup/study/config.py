"""What the runs of chapter 1 are: one frozen config, and its named presets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Method = Literal["plain", "pairing", "mixup", "smoothing", "penalty"]
Network = Literal["perceptron", "residual", "whitened", "preact-resnet18"]


@dataclass(frozen=True)
class MixupConfig:
    """A classifier, how its batches are changed, and on which pictures it is trained.

    Attributes:
        method: ``plain`` (empirical risk minimisation), ``pairing``, ``mixup``,
            ``smoothing`` (of the labels) or ``penalty`` (the linearity gap itself).
        alpha: mixup's weights follow Beta(alpha, alpha).
        smoothing: share of the label that is spread evenly.
        strength: of the penalty on the gap of the probabilities.
        mixing: when SamplePairing and mixup mix: ``published``, the former in turns and
            the latter always; or both ``always``; or both in ``turns``.
        labels: of SamplePairing: each sample's ``own``, or the ``mean`` of both.
        dataset: ``digits`` (embedded) or ``cifar10``.
        rows: how many of the training pictures are used, the first ones.
        validation: how many are held out for choices, the last ones.
        pool: side of the squares of pixels that are averaged first, 1 for none.
        flip: whether pictures are mirrored at random.
        crop: by how many pixels they are shifted at random, at most.
        network: ``perceptron`` (two hidden layers), ``residual`` (8 layers, its stem
            halving the picture), ``whitened`` (8 layers, the first of them fixed) or
            ``preact-resnet18``.
        width: hidden units, or channels of the first stage.
        epochs: passes over the pictures.
        batch_size: pictures a step.
        learning_rate: highest rate, stochastic gradient descent with momentum 0.9.
        weight_decay: of all parameters.
        schedule: ``one-cycle``, or ``steps``: a tenth after half of the run and again
            after three quarters.
    """

    method: Method = "plain"
    alpha: float = 1.0
    smoothing: float = 0.1
    strength: float = 1.0
    mixing: Literal["published", "always", "turns"] = "published"
    labels: Literal["own", "mean"] = "own"
    dataset: Literal["digits", "cifar10"] = "cifar10"
    rows: int = 1000
    validation: int = 2000
    pool: int = 1
    flip: bool = True
    crop: int = 0
    network: Network = "residual"
    width: int = 16
    epochs: int = 30
    batch_size: int = 50
    learning_rate: float = 0.1
    weight_decay: float = 5e-4
    schedule: Literal["one-cycle", "steps"] = "one-cycle"


ALPHAS = (0.1, 0.2, 0.5, 1.0, 2.0, 8.0)
"""What mixup is tried with on the digits."""

_CIFAR = MixupConfig(pool=2)
_DIGITS = replace(
    _CIFAR,
    dataset="digits",
    rows=500,
    pool=1,
    validation=237,
    flip=False,
    network="perceptron",
    width=128,
    epochs=40,
)
_LARGE = replace(
    _CIFAR, rows=10_000, pool=1, validation=5000, epochs=25, batch_size=100
)
_WHOLE = replace(_LARGE, rows=45_000, epochs=10)
_PAPER = replace(
    _CIFAR,
    rows=50_000,
    validation=0,
    pool=1,
    crop=4,
    network="preact-resnet18",
    width=64,
    epochs=200,
    batch_size=128,
    weight_decay=1e-4,
    schedule="steps",
)

_SHORT = replace(_PAPER, epochs=60)
_FAST = replace(
    _CIFAR,
    rows=45_000,
    validation=5000,
    pool=1,
    crop=2,
    network="whitened",
    width=128,
    batch_size=500,
    learning_rate=0.4,
)
LENGTHS = (8, 15, 30, 60, 120, 200)
"""Epochs of the wide fast network."""


def _methods(base: MixupConfig) -> dict[str, MixupConfig]:
    """Return the six methods that are compared."""
    return {
        "erm": base,
        "pairing": replace(base, method="pairing"),
        "mixup": replace(base, method="mixup"),
        "mixup-0.2": replace(base, method="mixup", alpha=0.2),
        "smoothing": replace(base, method="smoothing"),
        "penalty": replace(base, method="penalty", strength=4.0),
    }


def _large() -> dict[str, MixupConfig]:
    """Return the methods that are compared on more and larger pictures."""
    return (
        {
            f"{size}-{name}": config
            for size, base in (("large", _LARGE), ("whole", _WHOLE))
            for name, config in _methods(base).items()
            if (size, name) != ("whole", "mixup-0.2")
        }
        | {
            f"large-{name}-again": _methods(_LARGE)[name]  # other seeds, for a rule
            for name in ("mixup", "penalty")
        }
        | {
            f"whole-{epochs}-{name}": _methods(replace(_WHOLE, epochs=epochs))[name]
            for epochs in (15, 30)
            for name in ("erm", "mixup")
        }
    )


def _fast() -> dict[str, MixupConfig]:
    """Return the fast networks: a wide one by length, and one for two cores."""
    return {
        f"fast-{epochs}-{name}": config
        for epochs in LENGTHS
        for name, config in _methods(replace(_FAST, epochs=epochs)).items()
        if name != "mixup-0.2"
    } | {
        f"narrow-{name}": _methods(replace(_FAST, width=32, epochs=12))[name]
        for name in ("erm", "mixup")
    }


def _one_change(base: MixupConfig) -> dict[str, MixupConfig]:
    """Return SamplePairing and mixup with one difference between them undone."""
    pairing = replace(base, method="pairing")
    return {
        "pairing-always": replace(pairing, mixing="always"),
        "pairing-mean-labels": replace(pairing, labels="mean"),
        "mixup-turns": replace(base, method="mixup", mixing="turns"),
        "penalty-1": replace(base, method="penalty", strength=1.0),
        "penalty-0.25": replace(base, method="penalty", strength=0.25),
    }


def _digits(base: MixupConfig) -> dict[str, MixupConfig]:
    """Return the cheap studies: flips, and the distribution of the weights."""
    more = replace(base, rows=1200, epochs=15)
    found = {
        "digits-erm": base,
        "digits-all": more,
        "digits-all-flip": replace(more, flip=True),
    }
    for alpha in ALPHAS:
        found[f"digits-mixup-{alpha:g}"] = replace(base, method="mixup", alpha=alpha)
    return found


FULL = (
    _methods(_CIFAR)
    | {"erm-no-flip": replace(_CIFAR, flip=False)}
    | {"mixup-8": replace(_CIFAR, method="mixup", alpha=8.0)}
    | _one_change(_CIFAR)
    | _digits(_DIGITS)
    | _large()
    | _fast()
    | {
        "resnet18-short-erm": _SHORT,
        "resnet18-short-mixup": replace(_SHORT, method="mixup"),
        "resnet18-short-pairing": replace(_SHORT, method="pairing"),
        "resnet18-erm": _PAPER,
        "resnet18-mixup": replace(_PAPER, method="mixup"),
        "resnet18-pairing": replace(_PAPER, method="pairing", epochs=1000),
    }
)
QUICK = _methods(replace(_DIGITS, epochs=20))
