"""Chapter 4: titles of Chinese texts, with and without attention and prior."""

from rederived.chapters.titles.study.config import (
    DEVIATIONS,
    PUBLISHED,
    TitlesConfig,
    presets,
)
from rederived.chapters.titles.study.data import load_corpus
from rederived.chapters.titles.study.run import build, plain, restore, run

__all__ = [
    "DEVIATIONS",
    "PUBLISHED",
    "TitlesConfig",
    "build",
    "load_corpus",
    "plain",
    "presets",
    "restore",
    "run",
]
