"""Chapter 6: features of one encoder, trained by Deep InfoMax and otherwise."""

from rederived.chapters.infomax.study.config import (
    DEVIATIONS,
    PUBLISHED,
    InfoMaxConfig,
    presets,
)
from rederived.chapters.infomax.study.objectives import build
from rederived.chapters.infomax.study.run import plain, run

__all__ = [
    "DEVIATIONS",
    "PUBLISHED",
    "InfoMaxConfig",
    "build",
    "plain",
    "presets",
    "run",
]
