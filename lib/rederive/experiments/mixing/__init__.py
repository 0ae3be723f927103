"""Chapter 1: the same classifier with and without SamplePairing, mixup and others."""

from rederive.experiments.mixing.config import (
    DEVIATIONS,
    PUBLISHED,
    MixingConfig,
    presets,
)
from rederive.experiments.mixing.data import Pictures, load_pictures
from rederive.experiments.mixing.methods import build, change, rates_of, stages_of
from rederive.experiments.mixing.run import measure, plain, run

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
