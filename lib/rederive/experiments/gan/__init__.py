"""Chapter 2, claim 13: does the proximity term stabilise GANs on plane mixtures?"""

from rederive.experiments.gan.config import (
    DEVIATIONS,
    PUBLISHED,
    GanConfig,
    plain,
    presets,
)
from rederive.experiments.gan.measures import (
    collapsed,
    covered_modes,
    first_time,
    late,
)
from rederive.experiments.gan.run import run

__all__ = [
    "DEVIATIONS",
    "PUBLISHED",
    "GanConfig",
    "collapsed",
    "covered_modes",
    "first_time",
    "late",
    "plain",
    "presets",
    "run",
]
