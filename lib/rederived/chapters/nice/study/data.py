"""The pictures of chapter 3: their splits, and the noise that training adds."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import torch
from torch import Tensor

from rederived import datasets
from rederived.chapters.nice.study.config import Noise
from rederived.datasets.catalogue import ImageName
from rederived.flows import Dequantization

NOISE_WIDTH = 0.01
"""The width of the article's noise, in units of the full grey scale."""


@dataclass(frozen=True)
class Pictures:
    """Flat pictures for training, for choosing weights, and for the final figure.

    Attributes:
        train: uint8 ``(N, D)``.
        train_labels: int64 ``(N,)``.
        held_out: uint8 ``(M, D)``, what the weights are chosen on.
        test: uint8 ``(T, D)``, touched once, after training.
        test_labels: int64 ``(T,)``.
        levels: number of grey levels.
        sources: where the pictures came from.
    """

    train: Tensor
    train_labels: Tensor
    held_out: Tensor
    test: Tensor
    test_labels: Tensor
    levels: int
    sources: list[str]

    def unit(self, pixels: Tensor) -> Tensor:
        """Return grey levels as float32 in [0, 1]."""
        return pixels.to(torch.float32) / (self.levels - 1)


def load_pictures(dataset: ImageName, held_out: str) -> Pictures:
    """Load a data set and divide it.

    Args:
        dataset: a name of the catalogue.
        held_out: ``validation`` keeps the last sixth of the training images aside
            (50,000 / 10,000 on MNIST); ``test`` trains on all of them and chooses
            weights on the test images, as the article does.
    """
    aside = Fraction(1, 6) if held_out == "validation" else 0
    parts = datasets.split(dataset, held_out=aside)
    test = parts.test.pixels.flatten(1)
    chosen = parts.held_out.pixels.flatten(1) if aside else test
    return Pictures(
        train=parts.train.pixels.flatten(1),
        train_labels=parts.train.labels,
        held_out=chosen,
        test=test,
        test_labels=parts.test.labels,
        levels=parts.train.levels,
        sources=parts.sources,
    )


def with_noise(
    pixels: Tensor, noise: Noise, levels: int, generator: torch.Generator
) -> Tensor:
    """Turn grey levels into the real numbers that a model sees.

    ``dequantized`` fills the cell of each level, ``(k + u) / levels``; the others add
    to ``k / (levels - 1)``: nothing, or noise of width 0.01 that lies below zero, above
    zero or around it, or normal noise with the same variance as those.

    Args:
        pixels: integers, any shape.
        noise: which of these.
        levels: number of grey levels.
        generator: the source of randomness, on the CPU.

    Returns:
        float32, the shape of ``pixels``.
    """
    if noise == "dequantized":
        return Dequantization(levels)(pixels, generator)
    values = pixels.to(torch.float32) / (levels - 1)
    if noise == "none":
        return values
    if noise == "gaussian":
        draw = torch.randn(pixels.shape, generator=generator).to(pixels.device)
        return values + NOISE_WIDTH / 12**0.5 * draw
    offset = {"negative": -1.0, "positive": 0.0, "centred": -0.5}[noise]
    draw = torch.rand(pixels.shape, generator=generator).to(pixels.device)
    return values + NOISE_WIDTH * (draw + offset)
