"""Chapter 3, claim 11: which pixels are zero in every picture of a data set."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path

from torch import nn

from rederived import datasets
from rederived.datasets.catalogue import ImageName
from rederived.records import Config, Published, Run, provenance

PUBLISHED: dict[str, list[Published]] = {}
DEVIATIONS: dict[str, list[str]] = {}


@dataclass(frozen=True)
class BlankPixelsConfig:
    """Which data set is counted."""

    dataset: ImageName


def presets(profile: str) -> dict[str, BlankPixelsConfig]:
    """Return the named configs of a profile, ``quick`` or ``full``."""
    if profile == "quick":
        return {"digits": BlankPixelsConfig("digits")}
    return {
        "mnist": BlankPixelsConfig("mnist"),
        "fashion-mnist": BlankPixelsConfig("fashion-mnist"),
    }


def plain(config: BlankPixelsConfig) -> Config:
    """Return the config as plain values."""
    return asdict(config)


def run(
    config: BlankPixelsConfig, preset: str, seed: int = 0, directory: Path | None = None
) -> tuple[Run, nn.Module]:
    """Count the pixels that are zero in every picture; nothing is trained.

    The metrics: ``train``, ``test`` and ``both``, numbers of such pixels, and
    ``pixels``, how many a picture has.
    """
    del directory
    started = time.perf_counter()
    origin = provenance()
    parts = {name: datasets.load(config.dataset, name) for name in ("train", "test")}
    blank = {k: (v.pixels == 0).flatten(1).all(0) for k, v in parts.items()}
    metrics = {
        "train": float(blank["train"].sum()),
        "test": float(blank["test"].sum()),
        "both": float((blank["train"] & blank["test"]).sum()),
        "pixels": float(blank["train"].numel()),
    }
    result = Run(
        experiment="blank-pixels",
        preset=preset,
        seed=seed,
        config=plain(config),
        metrics=metrics,
        history=[],
        data=[f"{config.dataset}/{k} {v.source.fingerprint}" for k, v in parts.items()],
        provenance=origin | {"wall_seconds": round(time.perf_counter() - started)},
        arrays={name: mask.numpy() for name, mask in blank.items()},
    )
    return result, nn.Identity()
