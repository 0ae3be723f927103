"""Chapter 4: titles of Chinese texts, with and without attention and prior."""

from rederive.experiments.titles.config import (
    DEVIATIONS,
    PUBLISHED,
    TitlesConfig,
    presets,
)
from rederive.experiments.titles.data import load_corpus
from rederive.experiments.titles.run import build, plain, restore, run

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
