"""Chapter 7: one learning rate for all coordinates against one for each."""

from rederive.experiments.adaptive_rates.config import (
    DEVIATIONS,
    PUBLISHED,
    DigitsRace,
    QuadraticRace,
    presets,
)
from rederive.experiments.adaptive_rates.run import plain, run

__all__ = [
    "DEVIATIONS",
    "PUBLISHED",
    "DigitsRace",
    "QuadraticRace",
    "plain",
    "presets",
    "run",
]
