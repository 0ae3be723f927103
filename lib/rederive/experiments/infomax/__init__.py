"""Chapter 6: features of one encoder, trained by Deep InfoMax and otherwise."""

from rederive.experiments.infomax.config import (
    DEVIATIONS,
    PUBLISHED,
    InfoMaxConfig,
    presets,
)
from rederive.experiments.infomax.objectives import build
from rederive.experiments.infomax.run import plain, run

__all__ = [
    "DEVIATIONS",
    "PUBLISHED",
    "InfoMaxConfig",
    "build",
    "plain",
    "presets",
    "run",
]
