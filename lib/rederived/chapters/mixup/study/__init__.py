"""Chapter 1: the same classifier with and without SamplePairing, mixup and others."""

from rederived.chapters.mixup.study.config import (
    DEVIATIONS,
    PUBLISHED,
    MixingConfig,
    presets,
)
from rederived.chapters.mixup.study.data import Pictures, load_pictures
from rederived.chapters.mixup.study.methods import build, change, rates_of, stages_of
from rederived.chapters.mixup.study.run import measure, plain, run

__all__ = [
    "DEVIATIONS",
    "PUBLISHED",
    "MixingConfig",
    "Pictures",
    "build",
    "change",
    "load_pictures",
    "measure",
    "plain",
    "presets",
    "rates_of",
    "run",
    "stages_of",
]
