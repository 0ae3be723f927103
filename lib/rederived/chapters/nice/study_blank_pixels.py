"""Chapter 3, claim 11: which pixels are zero in every picture of a data set."""

from __future__ import annotations

from dataclasses import dataclass

from rederived import datasets
from rederived.datasets.catalogue import ImageName
from rederived.records import Measured, Study, Trial


@dataclass(frozen=True)
class BlankPixelsConfig:
    """Which data set is counted."""

    dataset: ImageName


def measure(config: BlankPixelsConfig, _: Trial) -> Measured:
    """Count the pixels that are zero in every picture; nothing is trained.

    The metrics: ``train``, ``test`` and ``both``, numbers of such pixels, ``pixels``,
    how many a picture has, and ``surprising``, how many test pictures have ink where no
    training picture has any.  The arrays: the masks ``train`` and ``test`` of the blank
    pixels, ``(D,)``, and ``test_power``, the mean over the test pictures of the squared
    grey value in [0, 1] of each pixel.
    """
    parts = {name: datasets.load(config.dataset, name) for name in ("train", "test")}
    blank = {k: (v.pixels == 0).flatten(1).all(0) for k, v in parts.items()}
    test = parts["test"].unit().flatten(1).double()
    metrics = {
        "train": float(blank["train"].sum()),
        "test": float(blank["test"].sum()),
        "both": float((blank["train"] & blank["test"]).sum()),
        "pixels": float(blank["train"].numel()),
        "surprising": float((test[:, blank["train"]] > 0).any(1).sum()),
    }
    return Measured(
        metrics=metrics,
        data=[part.source.identity for part in parts.values()],
        arrays={name: mask.numpy() for name, mask in blank.items()}
        | {"test_power": test.square().mean(0).numpy()},
    )


STUDY = Study(
    "blank-pixels",
    chapter=3,
    quick={"digits": BlankPixelsConfig("digits")},
    full={
        "mnist": BlankPixelsConfig("mnist"),
        "fashion-mnist": BlankPixelsConfig("fashion-mnist"),
    },
    measure=measure,
)
