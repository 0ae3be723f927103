"""The images of the studies: small, padded to a side that halves twice, in [-1, 1]."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from rederived import datasets
from rederived.datasets.catalogue import ImageName

_LARGEST = 14  # pixels a side; larger images are averaged in squares of 2 x 2


@dataclass(frozen=True)
class Images:
    """Training and test images of one data set.

    Attributes:
        train: flat images (n, colours side^2), -1 background to 1.
        labels: their classes, (n,), int64.
        test: flat images for looking at, never for training.
        test_labels: their classes.
        side: pixels.
        colours: 1 for grey images, 3 for coloured ones.
        sources: where they came from, with fingerprints.
    """

    train: Tensor
    labels: Tensor
    test: Tensor
    test_labels: Tensor
    side: int
    colours: int
    sources: list[str]


def small(pixels: Tensor) -> Tensor:
    """Average, pad and scale images (n, C, H, W) in [0, 1] to (n, C, S, S).

    An image of more than 14 pixels a side is averaged in squares of 2 x 2; then
    background is added at both sides until the side is a multiple of 4.
    """
    if pixels.shape[-1] > _LARGEST:
        pixels = functional.avg_pool2d(pixels, 2)
    missing = -pixels.shape[-1] % 4
    first, last = missing // 2, missing - missing // 2
    return 2 * functional.pad(pixels, (first, last, first, last)) - 1


def load_images(dataset: ImageName) -> Images:
    """Load a data set of images with ten classes."""
    parts = datasets.split(dataset)
    seen, unseen = small(parts.train.unit()), small(parts.test.unit())
    return Images(
        train=seen.flatten(1),
        labels=parts.train.labels,
        test=unseen.flatten(1),
        test_labels=parts.test.labels,
        side=seen.shape[-1],
        colours=seen.shape[1],
        sources=parts.sources,
    )
