"""From a config to its network, its objective, and what happens to each batch."""

from __future__ import annotations

import torch
from torch import nn

from rederived.chapters.mixup.augment import random_crop, random_flip
from rederived.chapters.mixup.networks import (
    ResidualNet,
    preact_resnet18,
)
from rederived.chapters.mixup.objectives import LinearityPenalty, SoftClassifier
from rederived.chapters.mixup.schedules import PAPER_CIFAR, PairingSchedule
from rederived.chapters.mixup.study.config import MixingConfig
from rederived.chapters.mixup.study.data import CLASSES, Pictures
from rederived.chapters.mixup.transforms import mixup, sample_pairing, smooth
from rederived.networks import initialize, mlp
from rederived.training import Batch, Prepare, Schedule, Stages, generator, one_cycle

_WEIGHTS = 30  # random stream of a seed


def build(config: MixingConfig, shape: torch.Size, seed: int) -> SoftClassifier:
    """Build the objective of a config with its starting weights.

    Args:
        config: what to build.
        shape: of a picture, ``(C, H, W)``.
        seed: decides the weights.
    """
    network = _network(config, shape)
    initialize(network, "he", generator(seed, _WEIGHTS))
    if config.method == "penalty":
        return LinearityPenalty(network, config.strength)
    return SoftClassifier(network)


def stages_of(config: MixingConfig, pictures: Pictures) -> Stages:
    """Return what happens to the batches of each epoch: scale, augment, mix."""
    schedule = PairingSchedule.for_epochs(config.epochs)
    if config.epochs == 1000:
        schedule = PAPER_CIFAR

    def stage(epoch: int) -> Prepare:
        on = schedule.active(epoch)

        def prepare(batch: Batch, draw: torch.Generator) -> Batch:
            pixels, targets = batch
            x = pictures.scaled(pixels)
            if config.flip:
                x = random_flip(x, draw)
            return change(
                config, (random_crop(x, config.crop, draw), targets), draw, on
            )

        return prepare

    return stage


def change(
    config: MixingConfig, batch: Batch, draw: torch.Generator, pairing: bool
) -> Batch:
    """Return a batch as the method of a config changes it.

    Args:
        config: which method.
        batch: scaled pictures and one-hot targets.
        draw: decides partners and weights.
        pairing: whether SamplePairing is on.
    """
    x, targets = batch
    if config.method == "mixup":
        return mixup(x, targets, draw, alpha=config.alpha)
    if config.method == "pairing" and pairing:
        return sample_pairing(x, targets, draw)
    if config.method == "smoothing":
        return x, smooth(targets, config.smoothing)
    if config.method == "penalty":
        return x, targets, torch.rand(len(x), generator=draw)
    return batch


def rates_of(config: MixingConfig, steps: int) -> Schedule:
    """Return the learning-rate schedule of a run of so many steps."""
    if config.schedule == "one-cycle":
        return one_cycle(steps, warmup=0.1)

    def factor(step: int) -> float:
        return 0.1 ** ((2 * step >= steps) + (4 * step >= 3 * steps))

    return factor


def _network(config: MixingConfig, shape: torch.Size) -> nn.Module:
    """Return the network of a config."""
    if config.network == "perceptron":
        sizes = [shape.numel(), config.width, config.width, CLASSES]
        return nn.Sequential(nn.Flatten(), *mlp(sizes))
    if config.network == "residual":
        widths = [config.width * 2**stage for stage in range(3)]
        net: nn.Module = ResidualNet(widths, 1, CLASSES, shape[0], stem_stride=2)
    else:
        net = preact_resnet18(CLASSES)
    # NHWC is 1.1 to 1.4 times as fast here
    placed: nn.Module = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return placed
