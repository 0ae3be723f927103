"""Chapter 3: NICE on the embedded digits and on MNIST."""

from pathlib import Path

from rederived.chapters.nice.study.config import FULL, QUICK, NiceConfig
from rederived.chapters.nice.study.run import build, measure
from rederived.records import Study

__all__ = [
    "STUDY",
    "NiceConfig",
    "build",
]

STUDY = Study(
    "nice",
    chapter=3,
    quick=QUICK,
    full=FULL,
    measure=measure,
    sources=Path(__file__).parents[1] / "sources.yml",
)
