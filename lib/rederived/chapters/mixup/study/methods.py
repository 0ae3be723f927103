"""From a config to its network, its loss, and what happens to each batch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from rederived.chapters.mixup.augment import random_crop, random_flip
from rederived.chapters.mixup.networks import (
    ResidualNet,
    WhitenedNet,
    preact_resnet18,
)
from rederived.chapters.mixup.objectives import (
    LinearityPenalty,
    mean_soft_cross_entropy,
)
from rederived.chapters.mixup.schedules import PairingSchedule
from rederived.chapters.mixup.study.config import MixupConfig
from rederived.chapters.mixup.study.data import CLASSES, Pictures
from rederived.chapters.mixup.transforms import mix, mixup, pair, partners, smooth
from rederived.networks import initialize, mlp
from rederived.training import (
    Batch,
    BatchTransform,
    Loss,
    OneCycle,
    Schedule,
    TransformForEpoch,
    generator,
)

_WEIGHTS = 30  # random stream of a seed
_PREPARED = 5_000  # pictures that the fixed first layer is computed from


def build(config: MixupConfig, pictures: Pictures, seed: int) -> nn.Module:
    """Build the network of a config with its starting weights.

    Args:
        config: what to build.
        pictures: what it will learn from.
        seed: decides the weights.
    """
    network = _network(config, pictures.train.pixels.shape[1:])
    initialize(network, "he", generator(seed, _WEIGHTS))
    if isinstance(network, WhitenedNet):
        network.prepare(pictures.scaled(pictures.train.pixels[:_PREPARED]))
    return network


def loss_of(config: MixupConfig) -> Loss:
    """Return the loss of a config's method."""
    if config.method == "penalty":
        return LinearityPenalty(config.strength)
    return mean_soft_cross_entropy


def transform_for_epoch(config: MixupConfig, pictures: Pictures) -> TransformForEpoch:
    """Return what happens to the batches of each epoch: scale, augment, mix."""
    schedule = PairingSchedule.for_epochs(config.epochs)

    def of_epoch(epoch: int) -> BatchTransform:
        on = mixes(config, schedule, epoch)

        def transform(batch: Batch, generator: torch.Generator) -> Batch:
            pixels, targets = batch
            x = pictures.scaled(pixels)
            if config.flip:
                x = random_flip(x, generator)
            x = random_crop(x, config.crop, generator)
            return change(config, (x, targets), on, generator)

        return transform

    return of_epoch


def mixes(config: MixupConfig, schedule: PairingSchedule, epoch: int) -> bool:
    """Return whether a config mixes the samples of an epoch, counted from zero."""
    if config.mixing == "published":
        return config.method == "mixup" or schedule.active(epoch)
    return config.mixing == "always" or schedule.active(epoch)


def change(
    config: MixupConfig, batch: Batch, on: bool, generator: torch.Generator
) -> Batch:
    """Return a batch as the method of a config changes it.

    Args:
        config: which method.
        batch: scaled pictures and one-hot targets.
        on: whether SamplePairing and mixup mix.
        generator: decides partners and weights.
    """
    x, targets = batch
    if config.method == "mixup" and on:
        return mixup(x, targets, generator, alpha=config.alpha)
    if config.method == "pairing" and on:
        partner = partners(len(x), generator)
        paired, own = pair(x, targets, partner)
        return paired, own if config.labels == "own" else mix(targets, partner, 0.5)
    if config.method == "smoothing":
        return x, smooth(targets, config.smoothing)
    if config.method == "penalty":
        return x, targets, torch.rand(len(x), generator=generator)
    return batch


@dataclass(frozen=True)
class TwoDrops:
    """Divide the rate by ten after a half and after three quarters of the steps.

    >>> [round(TwoDrops(8)(step), 4) for step in range(3, 7)]
    [1.0, 0.1, 0.1, 0.01]
    """

    total_steps: int

    def __call__(self, step: int) -> float:
        """Return the factor at a step."""
        total = self.total_steps
        return 0.1 ** ((2 * step >= total) + (4 * step >= 3 * total))


def schedule_of(config: MixupConfig, steps: int) -> Schedule:
    """Return the learning-rate schedule of a run of so many steps."""
    if config.schedule == "one-cycle":
        return OneCycle(steps, warmup=0.1)
    return TwoDrops(steps)


def _network(config: MixupConfig, shape: torch.Size) -> nn.Module:
    """Return the network of a config."""
    if config.network == "perceptron":
        sizes = [shape.numel(), config.width, config.width, CLASSES]
        return nn.Sequential(nn.Flatten(), *mlp(sizes))
    if config.network == "residual":
        widths = [config.width * 2**stage for stage in range(3)]
        net: nn.Module = ResidualNet(widths, 1, CLASSES, shape[0], stem_stride=2)
    elif config.network == "whitened":
        net = WhitenedNet(config.width, CLASSES)
    else:
        net = preact_resnet18(CLASSES)
    # NHWC is 1.1 to 1.4 times as fast here
    return net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
