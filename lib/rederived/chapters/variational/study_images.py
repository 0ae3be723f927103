"""Chapter 2, claim 13 on images: does the proximity term stabilise DCGANs?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch
from torch import Generator, Tensor, nn

from rederived.chapters.variational.convolutions import Discriminators, Generators
from rederived.chapters.variational.ensembles import mlp
from rederived.chapters.variational.measures import summaries
from rederived.chapters.variational.studies.evaluator import CLASSES, Evaluator
from rederived.chapters.variational.studies.gan import Gan, GanConfig
from rederived.chapters.variational.studies.images import load_images
from rederived.chapters.variational.studies.train import train_gan
from rederived.records import Measured, Study, Trial
from rederived.training import generator

_WEIGHTS, _DRAWS, _MEASURED = 40, 41, 43  # random streams; 42 is the classifier's
_IMAGES = 9  # kept of each filmed member


@dataclass(frozen=True, kw_only=True)
class ImageGanConfig(GanConfig):
    """A GAN on images.

    Attributes:
        dataset: whose training images are used; those of 28 or 32 pixels are averaged
            to half of that, and all are padded with background to a side that is a
            multiple of 4.
        network: DCGANs, whose half-sized layer has ``width`` channels and each smaller
            one twice as many, or perceptrons with two hidden layers.
        depth: of a DCGAN, layers that halve or double the side.
        weights: of the mean square of G - G_old over the components of an image, as in
            the article's program; lambda is this over their number.
        classifier_epochs: passes of the classifier that measures samples.

    >>> ImageGanConfig(network="perceptron", width=64).batch_size
    32
    """

    dataset: Literal["fashion-mnist", "cifar10", "celeba", "digits"] = "fashion-mnist"
    network: Literal["convolutional", "perceptron"] = "convolutional"
    weights: tuple[float, ...] = (0.0, 5.0, 50.0)
    updates: int = 750
    batch_size: int = 32
    noise: int = 32
    width: int = 8
    depth: int = 2
    classifier_epochs: int = 4


def make_networks(
    config: ImageGanConfig, side: int, seed: int, colours: int = 1
) -> tuple[nn.Module, nn.Module]:
    """Return generators and discriminators at their start.

    Args:
        config: which networks.
        side: pixels of an image.
        seed: decides the starting weights.
        colours: channels of an image.
    """
    members, width, norm = config.members, config.width, config.batch_norm
    shared, starts = (len(config.weights) * members, members), generator(seed, _WEIGHTS)
    if config.network == "convolutional":
        generators = Generators(
            *shared, starts, noise=config.noise, channels=width, side=side,
            normalized=norm, colours=colours, depth=config.depth,
        )  # fmt: skip
        return generators, Discriminators(
            *shared, starts, channels=width, side=side,
            normalized=norm, colours=colours, depth=config.depth,
        )  # fmt: skip
    pixels = colours * side**2
    perceptrons = mlp(
        *shared, (config.noise, width, width, pixels), starts, normalized=(norm, norm)
    )
    discriminators = mlp(
        *shared, (pixels, width, width, 1), starts, leak=0.2, normalized=(False, norm)
    )
    return nn.Sequential(perceptrons, nn.Tanh()), discriminators


def measure(config: ImageGanConfig, trial: Trial) -> Measured:
    """Train one GAN for all weights and members, and measure images on the way.

    The game is played on a GPU if there is one; images are measured on the CPU.

    Arrays, with axes weights, members, measurements: those of ``Evaluator``
    (``covered`` are classes) and ``step_size`` (mean E |G - G_old|^2, sums over
    pixels); and ``frames``, images of the first members at a few of the measurements
    (0 to 255), ``frame_times``.  Metrics: means over members, see ``summaries``;
    ``frechet_distance@w``; of the classifier ``accuracy`` on real test images, and
    its measures of as many of them as there are samples, with ``_real``.

    Args:
        config: what to run.
        trial: its seed decides starts, data and noise.
    """
    images = load_images(config.dataset)
    evaluator = Evaluator(images, config.classifier_epochs, trial.directory)

    def data(count: int, generator: Generator) -> Tensor:
        rows = torch.randint(len(images.train), (count,), generator=generator)
        return images.train[rows]

    networks = make_networks(config, images.side, trial.seed, images.colours)
    if torch.cuda.is_available():
        for players in networks:
            players.cuda()
    gan = Gan(
        config,
        networks,
        data,
        generator(trial.seed, _DRAWS),
        unit=1 / (images.colours * images.side**2),
    )
    noise = gan.noise(config.samples, generator(trial.seed, _MEASURED))
    arrays = train_gan(gan, evaluator, noise, _IMAGES, trial)
    arrays["covered"] = arrays["covered"].astype("int16")
    arrays["frames"] = (127.5 * (arrays["frames"] + 1)).round().astype("uint8")
    covered, quality, distance = (
        torch.as_tensor(arrays[name])
        for name in ("covered", "high_quality_share", "frechet_distance")
    )
    metrics = summaries(config.weights, CLASSES, covered, quality)
    late = distance[..., config.measurements // 2 :].double().mean((1, 2))
    metrics |= {
        f"frechet_distance@{weight:g}": float(value)
        for weight, value in zip(config.weights, late, strict=True)
    }
    real = evaluator(images.test[: config.samples])
    metrics |= {f"{name}_real": float(value) for name, value in real.items()}
    metrics["accuracy"] = evaluator.classifier.accuracy(images.test, images.test_labels)
    return Measured(metrics=metrics, data=images.sources, arrays=arrays)


def _full() -> dict[str, ImageGanConfig]:
    """Return the full presets.

    Names say which networks, or that small DCGANs are trained on CIFAR-10, whether
    there is batch normalisation, how many batches each network has in turn, and
    whether the learning rate is five times as high.  ``celeba-norm-1`` is at the
    article's size, one pair of networks a seed: 50 passes, each measured at its end.
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
    found["celeba-norm-1"] = ImageGanConfig(
        dataset="celeba",
        weights=(0.0, 5.0),
        members=1,
        updates=50 * (162_770 // 64),
        measurements=50,
        batch_size=64,
        noise=100,
        width=64,
        depth=4,
        learning_rate=2e-4,
    )
    return found


_FULL = _full()

STUDY = Study(
    "gan-images",
    chapter=2,
    quick={
        "dcgan-norm-1": replace(
            _FULL["dcgan-norm-1"],
            dataset="digits",
            weights=(0.0, 5.0),
            members=2,
            updates=40,
            measurements=4,
            samples=200,
            width=4,
            classifier_epochs=10,
        )
    },
    full=_FULL,
    measure=measure,
    sources=Path(__file__).with_name("sources.yml"),
)
