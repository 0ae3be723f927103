"""What the runs of chapter 8 are: one frozen config, and its named presets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class InformationConfig:
    """An encoder, what it is trained with, and on which pictures.

    Attributes:
        dataset: ``digits`` (embedded) or ``mnist``; pixels become 0 or 1 at half the
            grey scale.
        rows: how many of the training pictures are used, the first ones.
        objective: ``bound`` (a VAE) or ``infomax`` (a discriminator, no decoder).
        context: rows and columns back that a pixel sees in the decoder; 0 makes pixels
            independent given the code.
        beta: the weight of the rate in the VAE's loss.
        rate_weight: the weight of the rate beside the InfoMax term of weight 1.
        latent_size: numbers in a code.
        width: units of each of the two hidden layers of every network.
        epochs: passes over the pictures.
        batch_size: pictures a step.
        learning_rate: highest rate of the one-cycle schedule, Adam.
        importance_samples: codes a test picture for the estimate of its likelihood.
    """

    dataset: Literal["digits", "mnist"] = "mnist"
    rows: int = 10_000
    objective: Literal["bound", "infomax"] = "bound"
    context: int = 0
    beta: float = 1.0
    rate_weight: float = 0.01
    latent_size: int = 4
    width: int = 128
    epochs: int = 6
    batch_size: int = 100
    learning_rate: float = 3e-3
    importance_samples: int = 50


_MNIST = InformationConfig()
_DIGITS = replace(
    _MNIST, dataset="digits", rows=1437, width=64, epochs=30,
)  # fmt: skip


def _study(
    base: InformationConfig, contexts: dict[str, int]
) -> dict[str, InformationConfig]:
    """Return decoders of growing strength, two other weights, and larger codes."""
    decoders = {
        name: replace(base, context=context) for name, context in contexts.items()
    }
    return decoders | {
        "beta-low": replace(base, beta=0.1),
        "beta-high": replace(base, beta=4.0),
        "features-vae": replace(base, latent_size=4 * base.latent_size),
        "features-infomax": replace(
            base, latent_size=4 * base.latent_size, objective="infomax"
        ),
    }


_DECODERS = _study(_MNIST, {"reach-0": 0, "reach-1": 1, "reach-3": 3, "reach-all": 27})
_LENGTHS = {"60k": 40, "60k-twice": 80}
"""Epochs on all 60,000 pictures; the second asks whether the first were enough."""
_LONG = {
    f"{length}-{name}": replace(config, rows=60_000, epochs=epochs)
    for length, epochs in _LENGTHS.items()
    for name, config in _DECODERS.items()
    if not name.startswith("features")
}
FULL = _DECODERS | _LONG
QUICK = _study(_DIGITS, {"reach-0": 0, "reach-1": 1, "reach-all": 7})
