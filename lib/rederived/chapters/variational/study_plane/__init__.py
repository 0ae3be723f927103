"""Chapter 2, claim 13: does the proximity term stabilise GANs on plane mixtures?"""

from rederived.chapters.variational.study_plane.config import (
    DEVIATIONS,
    PUBLISHED,
    GanConfig,
    plain,
    presets,
)
from rederived.chapters.variational.study_plane.measures import (
    collapsed,
    covered_modes,
    first_time,
    late,
)
from rederived.chapters.variational.study_plane.run import run

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
