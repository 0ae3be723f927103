"""How far a classifier's probabilities are from the shares of right answers."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

_ROUNDING = 1e-3  # how far a sum of probabilities of low precision may be from one


def calibration_error(probabilities: Tensor, labels: Tensor, bins: int = 15) -> float:
    """Return the expected calibration error, Guo and others 2017, arXiv:1706.04599.

    Samples are sorted into equal bins by the probability of the predicted class; the
    error is the mean over the samples of the difference, in their bin, between the
    share of right answers and the mean probability.

    Args:
        probabilities: ``(N, K)``, rows sum to one.
        labels: int64 ``(N,)``.
        bins: of the interval from 0 to 1.

    Raises:
        ValueError: if there is no sample or no bin, a row is no distribution, or a
            label none of the classes.

    >>> calibration_error(torch.tensor([[0.75, 0.25]]), torch.tensor([0]))
    0.25
    """
    _check(probabilities, labels)
    if bins < 1:
        raise ValueError(f"bins must be at least 1, got {bins}")
    off = (probabilities.double().sum(1) - 1).abs()
    if bool((probabilities < 0).any()) or bool((off > _ROUNDING).any()):
        raise ValueError(
            f"row {int(off.argmax())} of probabilities is no distribution: give the "
            "softmax of logits"
        )
    confidence, predicted = probabilities.max(1)
    right = (predicted == labels).double()
    place = (confidence.double() * bins).ceil().long().sub(1).clamp(0, bins - 1)
    excess = torch.zeros(bins, dtype=torch.float64, device=labels.device)
    excess.index_add_(0, place, right - confidence.double())
    return float(excess.abs().sum() / len(labels))


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """Return the divisor of the logits that minimises the cross-entropy.

    One number for all samples, between ``e^-4`` and ``e^4``: more than 1 for a
    classifier that is too sure of itself, less than 1 for one that is too modest, and
    ``e^-4`` for one that is always right.  Guo and others 2017, arXiv:1706.04599.

    Args:
        logits: of held-out samples, ``(N, K)``.
        labels: int64 ``(N,)``.

    Raises:
        ValueError: if there is no sample, a logit is not finite, or a label none of
            the classes.

    >>> logits = torch.tensor([[8.0, 0.0], [8.0, 0.0], [8.0, 0.0], [8.0, 0.0]])
    >>> fit_temperature(logits, torch.tensor([0, 0, 0, 1])) > 1  # too sure
    True
    """
    from scipy.optimize import minimize_scalar  # noqa: PLC0415 - slow to import

    _check(logits, labels)
    scores = logits.double()
    own = scores.gather(1, labels.long().unsqueeze(1))
    if bool((own == scores.amax(1, keepdim=True)).all()):  # rounding makes the loss 0
        return math.exp(-4.0)

    def loss(log_temperature: float) -> float:
        scaled = scores / math.exp(log_temperature)
        return float(functional.cross_entropy(scaled, labels.long()))

    found = minimize_scalar(loss, bounds=(-4.0, 4.0), method="bounded")
    return math.exp(float(found.x))


def _check(values: Tensor, labels: Tensor) -> None:
    """Raise unless each row of finite values has the label of a column."""
    if len(labels) == 0:
        raise ValueError("there are no samples: calibration needs at least one")
    if values.ndim != 2 or labels.shape != values.shape[:1]:
        raise ValueError(
            f"values of shape {tuple(values.shape)} and labels of shape "
            f"{tuple(labels.shape)}: give (N, K) and (N,)"
        )
    if not bool(values.isfinite().all()):
        raise ValueError("a probability or logit is NaN or infinite: look at the model")
    classes = values.shape[1]
    inside = (labels >= 0) & (labels < classes) & (labels == labels.long())
    if not bool(inside.all()):
        wrong = labels[~inside][0].item()
        raise ValueError(f"labels must be 0 to {classes - 1}, got {wrong}")
