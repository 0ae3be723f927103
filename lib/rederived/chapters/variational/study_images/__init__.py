"""Chapter 2, claim 13 on pictures: does the proximity term stabilise small DCGANs?"""

from rederived.chapters.variational.study_images.config import (
    DEVIATIONS,
    PUBLISHED,
    ImageGanConfig,
    plain,
    presets,
)
from rederived.chapters.variational.study_images.judge import (
    Judge,
    frechet_distance,
    narrowed,
)
from rederived.chapters.variational.study_images.run import run

__all__ = [
    "DEVIATIONS",
    "PUBLISHED",
    "ImageGanConfig",
    "Judge",
    "frechet_distance",
    "narrowed",
    "plain",
    "presets",
    "run",
]
