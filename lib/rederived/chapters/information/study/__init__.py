"""Chapter 8: what a code says about the data, by the strength of the decoder."""

from rederived.chapters.information.study.config import (
    DEVIATIONS,
    PUBLISHED,
    InformationConfig,
    presets,
)
from rederived.chapters.information.study.run import build, plain, run

__all__ = [
    "DEVIATIONS",
    "PUBLISHED",
    "InformationConfig",
    "build",
    "plain",
    "presets",
    "run",
]
