"""Chapter 6: features of one encoder, trained by Deep InfoMax and otherwise."""

from pathlib import Path

from rederived.chapters.infomax.study.config import FULL, QUICK, InfoMaxConfig
from rederived.chapters.infomax.study.objectives import build
from rederived.chapters.infomax.study.run import measure
from rederived.records import Study

__all__ = [
    "STUDY",
    "InfoMaxConfig",
    "build",
]

STUDY = Study(
    "deep-infomax",
    chapter=6,
    quick=QUICK,
    full=FULL,
    measure=measure,
    sources=Path(__file__).parents[1] / "sources.yml",
)
