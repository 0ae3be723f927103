"""Chapter 7: one learning rate for all coordinates against one for each."""

from pathlib import Path

from rederived.chapters.adaptive.study import digits, quadratics
from rederived.chapters.adaptive.study.config import (
    FULL,
    QUICK,
    DigitsRace,
    QuadraticRace,
)
from rederived.records import Measured, Study, Trial

__all__ = ["STUDY"]


def measure(config: QuadraticRace | DigitsRace, trial: Trial) -> Measured:
    """Run one seed of a race; ``digits`` and ``quadratics`` say what is measured.

    Args:
        config: which race.
        trial: its seed decides problems, weights and order.
    """
    if isinstance(config, QuadraticRace):
        metrics, arrays = quadratics.race(config, trial.seed)
        return Measured(metrics=metrics, data=[], arrays=arrays)
    metrics, sources = digits.race(config, trial.seed)
    return Measured(metrics=metrics, data=sources)


STUDY = Study(
    "adaptive-learning-rates",
    chapter=7,
    quick=QUICK,
    full=FULL,
    measure=measure,
    sources=Path(__file__).parents[1] / "sources.yml",
)
