"""Chapter 7: one learning rate for all coordinates against one for each."""

from rederived.chapters.adaptive.study.config import (
    DEVIATIONS,
    PUBLISHED,
    DigitsRace,
    QuadraticRace,
    presets,
)
from rederived.chapters.adaptive.study.run import plain, run

__all__ = [
    "DEVIATIONS",
    "PUBLISHED",
    "DigitsRace",
    "QuadraticRace",
    "plain",
    "presets",
    "run",
]
