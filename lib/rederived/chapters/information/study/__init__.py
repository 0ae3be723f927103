"""Chapter 8: what a code says about the data, by the strength of the decoder."""

from pathlib import Path

from rederived.chapters.information.study.config import FULL, QUICK, InformationConfig
from rederived.chapters.information.study.run import build, measure
from rederived.records import Study

__all__ = [
    "STUDY",
    "InformationConfig",
    "build",
]

STUDY = Study(
    "vae-information",
    chapter=8,
    quick=QUICK,
    full=FULL,
    measure=measure,
    sources=Path(__file__).parents[1] / "sources.yml",
)
