"""Chapter 3: NICE on the embedded digits and on MNIST."""

from rederived.chapters.nice.study.config import (
    DEVIATIONS,
    PUBLISHED,
    NiceConfig,
    presets,
)
from rederived.chapters.nice.study.run import build, plain, run

__all__ = [
    "DEVIATIONS",
    "PUBLISHED",
    "NiceConfig",
    "build",
    "plain",
    "presets",
    "run",
]
