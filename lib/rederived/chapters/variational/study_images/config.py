"""What a run of the GAN study on pictures is, and its presets."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Literal

from rederived.chapters.variational.study_plane.config import require_rounds
from rederived.records import Config, Published

PUBLISHED: dict[str, list[Published]] = {}
"""The article shows sheets of samples and no number."""


@dataclass(frozen=True)
class ImageGanConfig:
    """A study of one game on pictures at several weights of the proximity term.

    Attributes:
        dataset: whose training pictures are used; those of 28 or 32 pixels are averaged
            to half of that, and all are padded with background to a side that is a
            multiple of 4.
        network: small DCGANs, or perceptrons with two hidden layers.
        weights: of the mean square of G - G_old over the components of a picture, as in
            the article's program; lambda is this over their number.
        members: networks for each weight.
        batch_norm: in both hidden layers of the generator and the second of the
            discriminator.
        discriminator_batches: batches before the generator's turn, one step each.
        generator_batches: batches of the generator's turn; they share one old
            generator.
        steps_per_batch: generator steps on each batch, as in the article's program.
        updates: generator batches in all.
        batch_size: pictures in a batch.
        noise: dimension of z, standard normal.
        width: units of each hidden layer, or channels of the half-sized layer; the
            quarter-sized one has twice as many.
        learning_rate: of Adam, both players.
        beta1: of Adam, both players.
        measurements: how often samples are judged, evenly spread.
        samples: pictures judged each time.
        judge_epochs: passes of the classifier that judges.
    """

    dataset: Literal["fashion-mnist", "cifar10", "digits"] = "fashion-mnist"
    network: Literal["convolutional", "perceptron"] = "convolutional"
    weights: tuple[float, ...] = (0.0, 5.0, 50.0)
    members: int = 10
    batch_norm: bool = True
    discriminator_batches: int = 1
    generator_batches: int = 1
    steps_per_batch: int = 2
    updates: int = 750
    batch_size: int = 32
    noise: int = 32
    width: int = 8
    learning_rate: float = 2e-3
    beta1: float = 0.5
    measurements: int = 25
    samples: int = 1000
    judge_epochs: int = 4

    def __post_init__(self) -> None:
        """Refuse lengths that do not divide.

        Raises:
            ValueError: if the rounds of the game do not fill the measurements.
        """
        require_rounds(self.updates, self.generator_batches, self.measurements)


def plain(config: ImageGanConfig) -> Config:
    """Return the config as plain values."""
    return asdict(config) | {"weights": list(config.weights)}


def presets(profile: str) -> dict[str, ImageGanConfig]:
    """Return the named configs of a profile, ``quick`` or ``full``.

    Names say which networks play, or that small DCGANs play on CIFAR-10, whether
    there is batch normalisation, how many batches each player has in turn, and whether
    the learning rate is five times as high.

    Raises:
        ValueError: if the profile has another name.
    """
    if profile not in ("quick", "full"):
        raise ValueError(f"profile is quick or full, got {profile!r}")
    found: dict[str, ImageGanConfig] = {}
    for name, norm in (("norm", True), ("plain", False)):
        for batches in (1, 5):
            found[f"dcgan-{name}-{batches}"] = ImageGanConfig(
                batch_norm=norm,
                discriminator_batches=batches,
                generator_batches=batches,
            )
    found["dcgan-norm-1-fast"] = replace(found["dcgan-norm-1"], learning_rate=1e-2)
    for name in ("norm-1", "plain-5"):
        found[f"perceptron-{name}"] = replace(
            found[f"dcgan-{name}"], network="perceptron", width=64, updates=1500
        )
    for name in ("norm-1", "plain-5"):
        found[f"cifar10-{name}"] = replace(
            found[f"dcgan-{name}"], dataset="cifar10", samples=500
        )
    if profile == "full":
        return found
    small = replace(
        found["dcgan-norm-1"],
        dataset="digits",
        weights=(0.0, 5.0),
        members=2,
        updates=40,
        measurements=4,
        samples=200,
        width=4,
        judge_epochs=10,
    )
    return {"dcgan-norm-1": small}


_GREY = (
    "Fashion-MNIST, averaged to 14 pixels and padded to 16, in place of CelebA at 64; "
    "one colour channel."
)
_COLOURED = (
    "A copy of CIFAR-10 with lossy (JPEG) pixels, averaged to 16 pixels, in place of "
    "CelebA at 64."
)
_SAME = [
    "Learning rate 2e-3 (fast: 1e-2) in place of 2e-4, and fewer than two epochs in "
    "place of 50.",
    "Batches of 32 in place of 64, noise of 32 numbers in place of 100.",
    "Ten networks for each weight, from the same ten starts, pictures and noise, "
    "trained side by side in one process.",
]
_DCGAN = (
    "Two convolutional layers of 8 and 16 channels in each player in place "
    "of four of 64 to 512, started as He and others do."
)
_NETWORKS = {
    "dcgan": _DCGAN,
    "cifar10": _DCGAN,
    "perceptron": "Perceptrons with two hidden layers of 64 units in place of a DCGAN.",
}
DEVIATIONS: dict[str, list[str]] = {
    name: [
        _COLOURED if name.startswith("cifar10") else _GREY,
        *_SAME,
        _NETWORKS[name.split("-")[0]],
    ]
    for name in presets("full")
}
