"""Measures of models and of their samples."""

from rederived.evaluation.neighbours import Metric, nearest, overlap, vote

__all__ = [
    "Metric",
    "nearest",
    "overlap",
    "vote",
]
