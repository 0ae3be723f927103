"""Chapter 7: one learning rate for all coordinates against one for each."""

from pathlib import Path

from rederived.chapters.adaptive.study.config import (
    FULL,
    QUICK,
    DigitsRace,
    QuadraticRace,
)
from rederived.chapters.adaptive.study.run import measure
from rederived.records import Study

__all__ = [
    "STUDY",
    "DigitsRace",
    "QuadraticRace",
]

STUDY = Study(
    "adaptive-learning-rates",
    chapter=7,
    quick=QUICK,
    full=FULL,
    measure=measure,
    sources=Path(__file__).parents[1] / "sources.yml",
)
