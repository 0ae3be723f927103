"""Chapter 2, claim 13: does the proximity term stabilise GANs on plane mixtures?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch
from torch import Generator, Tensor

from rederived.chapters.variational.ensembles import mlp
from rederived.chapters.variational.measures import covered_modes, summaries
from rederived.chapters.variational.studies.gan import Gan, GanConfig
from rederived.chapters.variational.studies.train import train_gan
from rederived.datasets import points
from rederived.records import Measured, Study, Trial
from rederived.training import generator

_WEIGHTS, _DRAWS, _MEASURED = 20, 21, 22  # random streams of one seed
_POINTS = 128  # kept of each filmed member


@dataclass(frozen=True, kw_only=True)
class PlaneGanConfig(GanConfig):
    """A GAN of perceptrons with two hidden layers, on a mixture in the plane.

    Attributes:
        data: ``"ring"`` of 8 or ``"grid"`` of 25 Gaussians.
        weights: lambda, one over the square of the unit of x.

    >>> PlaneGanConfig(data="ring").weights
    (0.0, 0.25, 2.5, 25.0)
    """

    data: Literal["ring", "grid"]
    weights: tuple[float, ...] = (0.0, 0.25, 2.5, 25.0)


def mixture(data: str) -> tuple[Tensor, float]:
    """Return centres and deviation of the ring or the grid."""
    if data == "ring":
        return points.ring_centres(), points.RING_SCALE
    return points.grid_centres(), points.GRID_SCALE


def make_gan(config: PlaneGanConfig, seed: int) -> Gan:
    """Return the networks of a config at their start."""
    members, width, norm = config.members, config.width, config.batch_norm
    shared = len(config.weights) * members, members
    starts, centres_and_scale = generator(seed, _WEIGHTS), mixture(config.data)
    generators = mlp(
        *shared, (config.noise, width, width, 2), starts, normalized=(norm, norm)
    )
    discriminators = mlp(
        *shared, (2, width, width, 1), starts, leak=0.2, normalized=(False, norm)
    )

    def data(count: int, generator: Generator) -> Tensor:
        return points.gaussian_mixture(count, generator, *centres_and_scale)

    return Gan(config, (generators, discriminators), data, generator(seed, _DRAWS))


def measure(config: PlaneGanConfig, trial: Trial) -> Measured:
    """Train one GAN for all weights and members, and measure samples on the way.

    Arrays, with axes weights, members, measurements: ``covered`` (modes),
    ``high_quality_share`` (of samples), ``step_size`` (mean E |G - G_old|^2); and
    ``frames``, samples of the first members at a few of the measurements,
    ``frame_times``.  Metrics: means over members, see ``summaries``.

    Args:
        config: what to run.
        trial: its seed decides starts, data and noise.
    """
    gan, (centres, scale) = make_gan(config, trial.seed), mixture(config.data)
    noise = gan.noise(config.samples, generator(trial.seed, _MEASURED))

    def evaluate(samples: Tensor) -> dict[str, Tensor]:
        covered, quality = covered_modes(samples, centres, scale)
        return {"covered": covered.float(), "high_quality_share": quality}

    arrays = train_gan(gan, evaluate, noise, _POINTS, trial)
    arrays["covered"] = arrays["covered"].astype("int16")
    covered, quality = (
        torch.as_tensor(arrays[name]) for name in ("covered", "high_quality_share")
    )
    return Measured(
        metrics=summaries(config.weights, len(centres), covered, quality),
        data=[f"{config.data} of Gaussians, drawn"],
        arrays=arrays,
    )


def _full() -> dict[str, PlaneGanConfig]:
    """Return the full presets.

    Names say the data, whether there is batch normalisation, how many batches each
    network has in turn (the discriminator first where they differ), and whether the
    learning rate is five times as high or there are more weights and networks.
    """
    found: dict[str, PlaneGanConfig] = {}
    mixtures: tuple[Literal["ring", "grid"], ...] = ("ring", "grid")
    for data in mixtures:
        for name, norm in (("norm", True), ("plain", False)):
            for batches in (1, 5):
                found[f"{data}-{name}-{batches}"] = PlaneGanConfig(
                    data=data,
                    batch_norm=norm,
                    discriminator_batches=batches,
                    generator_batches=batches,
                )
    for name in ("ring-norm-1", "ring-plain-1"):
        found[f"{name}-fast"] = replace(found[name], learning_rate=1e-2)
    for name in ("ring-plain-5", "grid-plain-5"):
        found[f"{name}-weights"] = replace(
            found[name], weights=(0.0, 0.025, 0.08, 0.25, 0.8, 2.5, 8.0), members=16
        )
    for data in mixtures:
        for name, first, second in (("5-to-1", 5, 1), ("1-to-5", 1, 5)):
            found[f"{data}-plain-{name}"] = replace(
                found[f"{data}-plain-1"],
                weights=(0.0,),
                discriminator_batches=first,
                generator_batches=second,
            )
    return found


_FULL = _full()

STUDY = Study(
    "gan",
    chapter=2,
    quick={
        "ring-plain-1-fast": replace(
            _FULL["ring-plain-1-fast"],
            weights=(0.0, 2.5),
            members=3,
            updates=300,
            measurements=6,
            samples=500,
        )
    },
    full=_FULL,
    measure=measure,
    sources=Path(__file__).with_name("sources.yml"),
)
