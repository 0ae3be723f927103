"""The images of the studies, padded to a side that halves twice, in [-1, 1]."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from rederived import datasets
from rederived.datasets.catalogue import ImageName

_AVERAGED = range(15, 33)  # pixels a side; such images are averaged in squares of 2 x 2
_WITHOUT_CLASSES = ("celeba",)  # their labels are persons
_GROUPS = 10  # as many as the other data sets have classes
_COARSE = 8  # pixels a side of what decides the group


@dataclass(frozen=True)
class Images:
    """Training and test images of one data set.

    Attributes:
        train: flat images (n, colours side^2), -1 background to 1.
        labels: their classes or groups, (n,), int64.
        test: flat images for looking at, never for training.
        test_labels: those of the test images.
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

    An image of 15 to 32 pixels a side is averaged in squares of 2 x 2; then
    background is added at both sides until the side is a multiple of 4.
    """
    if pixels.shape[-1] in _AVERAGED:
        pixels = functional.avg_pool2d(pixels, 2)
    missing = -pixels.shape[-1] % 4
    first, last = missing // 2, missing - missing // 2
    return 2 * functional.pad(pixels, (first, last, first, last)) - 1


def groups(train: Tensor, test: Tensor) -> tuple[Tensor, Tensor]:
    """Put images without classes into ten groups of similar ones, in place of classes.

    They are the groups of k-means on the training images averaged to 8 x 8 pixels,
    where a group that no sample falls into is a lost mode (Richardson and Weiss 2018).

    Args:
        train: images (n, C, S, S), with S a multiple of 8; at least ten.
        test: more images, each put into the nearest group.

    Returns:
        The groups of both, from 0 to 9, int64.
    """
    from sklearn.cluster import KMeans  # noqa: PLC0415 - it takes a second

    coarse = [
        functional.adaptive_avg_pool2d(part, _COARSE).flatten(1).numpy()
        for part in (train, test)
    ]
    found = KMeans(_GROUPS, n_init=1, random_state=0).fit(coarse[0])
    first, second = (torch.from_numpy(found.predict(part)).long() for part in coarse)
    return first, second


def load_images(dataset: ImageName) -> Images:
    """Load a data set of images with ten classes, or with ten groups in their place."""
    parts = datasets.split(dataset)
    seen, unseen = small(parts.train.unit()), small(parts.test.unit())
    labels, test_labels = parts.train.labels, parts.test.labels
    if dataset in _WITHOUT_CLASSES:
        labels, test_labels = groups(seen, unseen)
    return Images(
        train=seen.flatten(1),
        labels=labels,
        test=unseen.flatten(1),
        test_labels=test_labels,
        side=seen.shape[-1],
        colours=seen.shape[1],
        sources=parts.sources,
    )
