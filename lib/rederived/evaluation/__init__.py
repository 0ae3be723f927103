"""Measures of models, of their features and of their samples."""

from rederived.evaluation.calibration import calibration_error, fit_temperature
from rederived.evaluation.classifier import FeatureClassifier, confident
from rederived.evaluation.draws import kl_of_draws
from rederived.evaluation.frechet import frechet_distance, moments
from rederived.evaluation.neighbours import Metric, nearest, overlap, vote
from rederived.evaluation.probes import (
    HiddenProbe,
    accuracy,
    hidden_probe,
    linear_probe,
    standardized,
)

__all__ = [
    "FeatureClassifier",
    "HiddenProbe",
    "Metric",
    "accuracy",
    "calibration_error",
    "confident",
    "fit_temperature",
    "frechet_distance",
    "hidden_probe",
    "kl_of_draws",
    "linear_probe",
    "moments",
    "nearest",
    "overlap",
    "standardized",
    "vote",
]
