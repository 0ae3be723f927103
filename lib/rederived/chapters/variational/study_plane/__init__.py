"""Chapter 2, claim 13: does the proximity term stabilise GANs on plane mixtures?"""

from pathlib import Path

from rederived.chapters.variational.study_plane.config import FULL, QUICK, GanConfig
from rederived.chapters.variational.study_plane.measures import (
    collapsed,
    covered_modes,
    first_time,
    late,
)
from rederived.chapters.variational.study_plane.run import measure
from rederived.records import Study

__all__ = [
    "STUDY",
    "GanConfig",
    "collapsed",
    "covered_modes",
    "first_time",
    "late",
]

STUDY = Study(
    "gan",
    chapter=2,
    quick=QUICK,
    full=FULL,
    measure=measure,
    sources=Path(__file__).parents[1] / "sources.yml",
)
