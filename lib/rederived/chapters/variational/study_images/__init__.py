"""Chapter 2, claim 13 on pictures: does the proximity term stabilise small DCGANs?"""

from pathlib import Path

from rederived.chapters.variational.study_images.config import (
    FULL,
    QUICK,
    ImageGanConfig,
)
from rederived.chapters.variational.study_images.evaluator import (
    Evaluator,
    narrowed,
)
from rederived.chapters.variational.study_images.run import measure
from rederived.records import Study

__all__ = [
    "STUDY",
    "Evaluator",
    "ImageGanConfig",
    "narrowed",
]

STUDY = Study(
    "gan-images",
    chapter=2,
    quick=QUICK,
    full=FULL,
    measure=measure,
    sources=Path(__file__).parents[1] / "sources.yml",
)
