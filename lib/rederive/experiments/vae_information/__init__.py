"""Chapter 8: what a code says about the data, by the strength of the decoder."""

from rederive.experiments.vae_information.config import (
    DEVIATIONS,
    PUBLISHED,
    InformationConfig,
    presets,
)
from rederive.experiments.vae_information.run import build, plain, run

__all__ = [
    "DEVIATIONS",
    "PUBLISHED",
    "InformationConfig",
    "build",
    "plain",
    "presets",
    "run",
]
