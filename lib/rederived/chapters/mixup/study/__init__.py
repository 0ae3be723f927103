"""Chapter 1: the same classifier with and without SamplePairing, mixup and others."""

from pathlib import Path

from rederived.chapters.mixup.study.config import FULL, QUICK
from rederived.chapters.mixup.study.run import measure
from rederived.records import Study

__all__ = ["STUDY"]

STUDY = Study(
    "mixup",
    chapter=1,
    quick=QUICK,
    full=FULL,
    measure=measure,
    sources=Path(__file__).parents[1] / "sources.yml",
)
