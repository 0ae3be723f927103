"""What a run of the GAN study is, and its presets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class GanConfig:
    """A study of one game at several weights of the proximity term.

    Attributes:
        data: ``"ring"`` of 8 or ``"grid"`` of 25 Gaussians.
        weights: lambda, one over the square of the unit of x.
        members: networks for each weight.
        batch_norm: in both hidden layers of the generator and the second of the
            discriminator.
        discriminator_batches: batches before the generator's turn, one step each.
        generator_batches: batches of the generator's turn; they share one old
            generator.
        steps_per_batch: generator steps on each batch, as in the article's program.
        updates: generator batches in all.
        batch_size: points in a batch.
        noise: dimension of z, standard normal.
        width: units of each of the two hidden layers of both networks.
        learning_rate: of Adam, both players.
        beta1: of Adam, both players.
        measurements: how often samples are judged, evenly spread.
        samples: points judged each time.
    """

    data: Literal["ring", "grid"]
    weights: tuple[float, ...] = (0.0, 0.25, 2.5, 25.0)
    members: int = 10
    batch_norm: bool = True
    discriminator_batches: int = 1
    generator_batches: int = 1
    steps_per_batch: int = 2
    updates: int = 2000
    batch_size: int = 64
    noise: int = 4
    width: int = 32
    learning_rate: float = 2e-3
    beta1: float = 0.5
    measurements: int = 25
    samples: int = 1000

    def __post_init__(self) -> None:
        """Refuse lengths that do not divide.

        Raises:
            ValueError: if the rounds of the game do not fill the measurements.
        """
        require_rounds(self.updates, self.generator_batches, self.measurements)


def require_rounds(updates: int, generator_batches: int, measurements: int) -> None:
    """Refuse a game whose rounds do not fill its measurements.

    Args:
        updates: generator batches of the whole game.
        generator_batches: of one round.
        measurements: equal parts of the game.

    Raises:
        ValueError: if the lengths do not divide.
    """
    if updates % (generator_batches * measurements):
        raise ValueError(
            f"{updates} updates are not {measurements} equal parts of "
            f"rounds of {generator_batches}: choose a multiple"
        )


def _full() -> dict[str, GanConfig]:
    """Return the full presets.

    Names say the data, whether there is batch normalisation, how many batches each
    player has in turn (the discriminator first where they differ), and whether the
    learning rate is five times as high.
    """
    found: dict[str, GanConfig] = {}
    mixtures: tuple[Literal["ring", "grid"], ...] = ("ring", "grid")
    for data in mixtures:
        for name, norm in (("norm", True), ("plain", False)):
            for batches in (1, 5):
                found[f"{data}-{name}-{batches}"] = GanConfig(
                    data,
                    batch_norm=norm,
                    discriminator_batches=batches,
                    generator_batches=batches,
                )
    for name in ("ring-norm-1", "ring-plain-1"):
        found[f"{name}-fast"] = replace(found[name], learning_rate=1e-2)
    for data in mixtures:
        for name, discriminator, generator in (("5-to-1", 5, 1), ("1-to-5", 1, 5)):
            found[f"{data}-plain-{name}"] = replace(
                found[f"{data}-plain-1"],
                weights=(0.0,),
                discriminator_batches=discriminator,
                generator_batches=generator,
            )
    return found


FULL = _full()
QUICK = {
    "ring-plain-1-fast": replace(
        FULL["ring-plain-1-fast"],
        weights=(0.0, 2.5),
        members=3,
        updates=300,
        measurements=6,
        samples=500,
    )
}
