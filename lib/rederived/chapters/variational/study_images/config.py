"""What a run of the GAN study on pictures is, and its presets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from rederived.chapters.variational.study_plane.config import require_rounds


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


def _full() -> dict[str, ImageGanConfig]:
    """Return the full presets.

    Names say which networks play, or that small DCGANs play on CIFAR-10, whether
    there is batch normalisation, how many batches each player has in turn, and whether
    the learning rate is five times as high.
    """
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
    return found


FULL = _full()
QUICK = {
    "dcgan-norm-1": replace(
        FULL["dcgan-norm-1"],
        dataset="digits",
        weights=(0.0, 5.0),
        members=2,
        updates=40,
        measurements=4,
        samples=200,
        width=4,
        judge_epochs=10,
    )
}
