"""Chapter 1: the same classifier with and without SamplePairing, mixup and others."""

from pathlib import Path

from rederived.chapters.mixup.study.config import FULL, QUICK, MixingConfig
from rederived.chapters.mixup.study.data import Pictures, load_pictures
from rederived.chapters.mixup.study.methods import (
    build,
    change,
    rates_of,
    transform_for_epoch,
)
from rederived.chapters.mixup.study.run import measure
from rederived.records import Study

__all__ = [
    "STUDY",
    "MixingConfig",
    "Pictures",
    "build",
    "change",
    "load_pictures",
    "rates_of",
    "transform_for_epoch",
]

STUDY = Study(
    "mixup",
    chapter=1,
    quick=QUICK,
    full=FULL,
    measure=measure,
    sources=Path(__file__).parents[1] / "sources.yml",
)
