"""Pictures of a run: training, validation and test, and their scale."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

from rederived import datasets
from rederived.chapters.mixup.study.config import MixupConfig

CLASSES = 10


@dataclass(frozen=True)
class Part:
    """Pictures, uint8 ``(N, C, H, W)``, and their labels, int64 ``(N,)``."""

    pixels: Tensor
    labels: Tensor

    @property
    def targets(self) -> Tensor:
        """The labels one-hot, float32 ``(N, 10)``."""
        return functional.one_hot(self.labels, CLASSES).float()


@dataclass(frozen=True)
class Pictures:
    """What a run sees.

    Attributes:
        train: pictures to learn from.
        validation: pictures to choose by; empty if none are held out.
        test: pictures to test on.
        mean: of each channel of the training pictures, ``(C, 1, 1)``, grey levels.
        deviation: of each channel, likewise.
        sources: where the pictures came from.
    """

    train: Part
    validation: Part
    test: Part
    mean: Tensor
    deviation: Tensor
    sources: list[str]

    def scaled(self, pixels: Tensor) -> Tensor:
        """Return pictures as float32, each channel with mean 0 and deviation 1."""
        mean, deviation = (s.to(pixels.device) for s in (self.mean, self.deviation))
        return (pixels.float() - mean) / deviation


def load_pictures(config: MixupConfig) -> Pictures:
    """Load the pictures of a config.

    Raises:
        ValueError: if training and validation pictures would overlap.
    """
    train, test = (_load(config.dataset, part) for part in ("train", "test"))
    if config.rows + config.validation > len(train):
        raise ValueError(
            f"{config.rows} training and {config.validation} validation pictures "
            f"overlap: there are {len(train)}"
        )
    kept = len(train) - config.validation
    seen = pooled(train.pixels[: config.rows], config.pool)
    channels = seen.float().transpose(0, 1).flatten(1)
    return Pictures(
        Part(seen, train.labels[: config.rows]),
        Part(pooled(train.pixels[kept:], config.pool), train.labels[kept:]),
        Part(pooled(test.pixels, config.pool), test.labels),
        channels.mean(1)[:, None, None],
        torch.std(channels, 1)[:, None, None],
        [s.identity for s in (train.source, test.source)]
        + sorted({s.note for s in (train.source, test.source)} - {""}),
    )


def pooled(pixels: Tensor, side: int) -> Tensor:
    """Return pictures with squares of pixels averaged, rounded to uint8."""
    if side == 1:
        return pixels
    return functional.avg_pool2d(pixels.float(), side).round().to(torch.uint8)


@lru_cache(maxsize=2)
def _load(name: str, split: str) -> datasets.Images:
    """Load a split once a process: decoding takes longer than a small run."""
    found = datasets.load(name, split)
    assert isinstance(found, datasets.Images)
    return found
