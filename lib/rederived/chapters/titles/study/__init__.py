"""Chapter 4: titles of Chinese texts, with and without attention and prior."""

from pathlib import Path

from rederived.chapters.titles.study.config import FULL, QUICK, TitlesConfig
from rederived.chapters.titles.study.data import load_corpus
from rederived.chapters.titles.study.run import build, measure, restore
from rederived.records import Study

__all__ = [
    "STUDY",
    "TitlesConfig",
    "build",
    "load_corpus",
    "restore",
]

STUDY = Study(
    "titles",
    chapter=4,
    quick=QUICK,
    full=FULL,
    measure=measure,
    sources=Path(__file__).parents[1] / "sources.yml",
)
