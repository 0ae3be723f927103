"""Chapter 3: NICE on the embedded digits and on MNIST."""

from rederive.experiments.nice.config import (
    DEVIATIONS,
    PUBLISHED,
    NiceConfig,
    presets,
)
from rederive.experiments.nice.run import build, plain, run

__all__ = [
    "DEVIATIONS",
    "PUBLISHED",
    "NiceConfig",
    "build",
    "plain",
    "presets",
    "run",
]
