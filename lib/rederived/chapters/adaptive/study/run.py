"""``run(config)``: one race, one seed, what it measured."""

from __future__ import annotations

from rederived.chapters.adaptive.study import digits, quadratics
from rederived.chapters.adaptive.study.config import DigitsRace, QuadraticRace
from rederived.records import Arrays, Measured, Trial


def measure(config: QuadraticRace | DigitsRace, trial: Trial) -> Measured:
    """Run one seed of a race; the metrics are those of the two modules.

    Args:
        config: which race.
        trial: its seed decides problems, weights and order.
    """
    arrays: Arrays = {}
    sources: list[str] = []
    if isinstance(config, QuadraticRace):
        metrics, arrays = quadratics.race(config, trial.seed)
    else:
        metrics, sources = digits.race(config, trial.seed)
    return Measured(
        metrics=metrics,
        data=sources,
        arrays=arrays,
    )
