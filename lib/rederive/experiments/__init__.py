"""Experiments: one module a chapter, found by name.

Every experiment offers ``presets(profile)``, ``plain(config)``, ``run(config, preset,
seed, directory)``, ``PUBLISHED`` and ``DEVIATIONS``; ``catalogue`` lists them.
"""

from rederive.experiments.cached import run_cached, run_preset
from rederive.experiments.catalogue import (
    Experiment,
    experiment,
    experiment_names,
    experiments_of,
)

__all__ = [
    "Experiment",
    "experiment",
    "experiment_names",
    "experiments_of",
    "run_cached",
    "run_preset",
]
