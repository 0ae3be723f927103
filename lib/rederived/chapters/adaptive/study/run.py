"""``run(config)``: one race, one seed, what it measured."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path

from torch import nn

from rederived.chapters.adaptive.study import digits, quadratics
from rederived.chapters.adaptive.study.config import DigitsRace, QuadraticRace
from rederived.records import Arrays, Config, Run, provenance


def plain(config: QuadraticRace | DigitsRace) -> Config:
    """Return the config as plain JSON values, what its hash is made of."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(config).items()
    }


def run(
    config: QuadraticRace | DigitsRace,
    preset: str,
    seed: int = 0,
    directory: Path | None = None,
) -> tuple[Run, nn.Module]:
    """Run one seed of a race; the metrics are those of the two modules.

    Args:
        config: which race.
        preset: its name, for the record.
        seed: decides problems, weights and order.
        directory: not used; a race takes less than a minute.

    Returns:
        The run, and no model worth keeping.
    """
    del directory
    started = time.perf_counter()
    origin = provenance()
    arrays: Arrays = {}
    sources: list[str] = []
    if isinstance(config, QuadraticRace):
        metrics, arrays = quadratics.race(config, seed)
    else:
        metrics, sources = digits.race(config, seed)
    result = Run(
        experiment="adaptive-learning-rates",
        preset=preset,
        seed=seed,
        config=plain(config),
        metrics=metrics,
        history=[],
        data=sources,
        provenance=origin | {"wall_seconds": round(time.perf_counter() - started)},
        arrays=arrays,
    )
    return result, nn.Identity()
