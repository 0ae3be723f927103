"""The pictures of chapter 5: their parts, and the noise that fills a level's cell."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from rederived import datasets
from rederived.chapters.fvae.study.config import FVaeConfig
from rederived.flows import Dequantization

CELLS = Dequantization(levels=256, low=-1.0, high=1.0)
"""A pixel ``k`` of 256 becomes ``2 (k + u) / 256 - 1``, u uniform."""


@dataclass(frozen=True)
class Pictures:
    """Pictures for training, for choices, and for the final measures.

    Attributes:
        train: uint8 ``(N, 3, S, S)``.
        held_out: uint8, what learning is watched on.
        test: uint8, touched once, after training.
        labels: of the three parts, int64.
        factors: of the three parts if the pictures are drawn, float32 ``(n, F)``.
        sources: where they came from, with fingerprints.
    """

    train: Tensor
    held_out: Tensor
    test: Tensor
    labels: tuple[Tensor, Tensor, Tensor]
    factors: tuple[Tensor, Tensor, Tensor] | None
    sources: list[str]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Colours, height and width."""
        colours, height, width = self.train.shape[1:]
        return colours, height, width


def load_pictures(config: FVaeConfig) -> Pictures:
    """Load a config's pictures; the last ones of the training part are held out.

    Raises:
        ValueError: if no picture would be left to train on.
    """
    split = datasets.split(
        config.dataset,
        rows=config.rows,
        held_out=config.held_out,
        test_rows=config.test_rows,
    )
    if len(split.train) < config.batch_size:
        raise ValueError(
            f"{len(split.train)} pictures do not fill a batch of {config.batch_size}: "
            "raise rows or hold fewer out"
        )
    first, second, third = split.train, split.held_out, split.test
    factors = None
    if (
        first.factors is not None
        and second.factors is not None
        and third.factors is not None
    ):
        factors = first.factors, second.factors, third.factors
    return Pictures(
        first.pixels,
        second.pixels,
        third.pixels,
        labels=(first.labels, second.labels, third.labels),
        factors=factors,
        sources=split.noted_sources,
    )


def centred(pixels: Tensor) -> Tensor:
    """Return the middle of each grey level's cell, float32 in (-1, 1)."""
    return CELLS.low + CELLS.cell_width * (pixels.to(torch.float32) + 0.5)


def to_pixels(values: Tensor) -> Tensor:
    """Return the grey level in whose cell each value in [-1, 1] lies, uint8."""
    if bool(values.isnan().any()):  # it would become black
        raise ValueError("a picture holds NaN: look at the model, or at its codes")
    levels = ((values - CELLS.low) / CELLS.cell_width).floor()
    return levels.clamp(0, CELLS.levels - 1).to(torch.uint8)
