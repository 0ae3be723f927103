"""The pictures of chapter 6."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from rederived import datasets
from rederived.chapters.infomax.study.config import InfoMaxConfig
from rederived.datasets import Split
from rederived.training import generator as stream

_STRIPES = 25  # random stream
_TEST_ROWS = 1_000
_HELD_OUT = 2_000  # of the validation part of Tiny-ImageNet, where that is all
_SIDE, _STAMP = 16, 4  # pixels of a striped picture and of its stamp
_DIRECTIONS = 8
_CONTRAST, _NOISE = 0.25, 0.2


@dataclass(frozen=True)
class Pictures:
    """Pictures for training and for the test, float32 around zero, with labels.

    Attributes:
        train: ``(N, colours, H, W)``.
        train_labels: int64 ``(N,)``.
        test: ``(T, colours, H, W)``.
        test_labels: int64 ``(T,)``.
        sources: where the pictures came from.
    """

    train: Tensor
    train_labels: Tensor
    test: Tensor
    test_labels: Tensor
    sources: list[str]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Colours, height and width."""
        colours, height, width = self.train.shape[1:]
        return colours, height, width


def load_pictures(config: InfoMaxConfig) -> Pictures:
    """Load the pictures of a config and centre their pixels.

    Raises:
        ValueError: if the pictures of training would reach into those of the test.
    """
    if config.dataset == "stripes":
        train_rows, test_rows = (
            stripes(count, stream(_STRIPES, part))
            for part, count in enumerate((config.rows, _TEST_ROWS))
        )
        return Pictures(*train_rows, *test_rows, ["stripes, drawn by this module"])
    split = _split(config)
    return Pictures(
        train=_centred(split.train.pixels, split.train.levels, config.scale),
        train_labels=split.train.labels,
        test=_centred(split.test.pixels, split.test.levels, config.scale),
        test_labels=split.test.labels,
        sources=list(dict.fromkeys(split.noted_sources)),
    )


def _split(config: InfoMaxConfig) -> Split:
    """Return the parts; of ``tiny-imagenet-valid`` the last 2,000 are the test."""
    assert config.dataset != "stripes"
    if config.dataset != "tiny-imagenet-valid":
        final = "valid" if config.dataset == "tiny-imagenet" else "test"
        return datasets.split(config.dataset, rows=config.rows, test=final)
    images = datasets.load("tiny-imagenet", "valid")
    if config.rows + _HELD_OUT > len(images):
        raise ValueError(
            f"rows must leave {_HELD_OUT} of {len(images)} pictures for the "
            f"test, got {config.rows}"
        )
    return Split(images[: config.rows], images[:0], images[-_HELD_OUT:])


def _centred(pixels: Tensor, levels: int, scale: float) -> Tensor:
    """Return grey levels as numbers around zero."""
    return (pixels.float() / (levels - 1) - 0.5) * scale


def stripes(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw striped pictures with a stamp in the corner.

    The label is the direction of the stripes, one of eight; their phase and their
    distance vary, and there is noise.  The stamp is 16 random bits, new for each
    picture: enough to tell it from all others, and of no other use.

    Args:
        count: how many.
        generator: the source of all draws.

    Returns:
        float32 ``(count, 1, 16, 16)`` in [-1/2, 1/2], and int64 labels ``(count,)``.
    """
    labels = torch.randint(0, _DIRECTIONS, (count,), generator=generator)
    angle = (math.pi / _DIRECTIONS * labels)[:, None, None]
    phase, pitch = torch.rand(2, count, 1, 1, generator=generator)
    y, x = torch.meshgrid(*[torch.arange(_SIDE).float()] * 2, indexing="ij")
    along = x * angle.cos() + y * angle.sin()
    wave = torch.sin(2 * math.pi * (along / (4 + 2 * pitch) + phase))
    noise = torch.randn(wave.shape, generator=generator)
    pictures = (_CONTRAST * wave + _NOISE * noise).clamp(-0.5, 0.5)
    bits = torch.randint(0, 2, (count, _STAMP, _STAMP), generator=generator)
    pictures[:, :_STAMP, :_STAMP] = bits - 0.5
    return pictures.unsqueeze(1), labels
