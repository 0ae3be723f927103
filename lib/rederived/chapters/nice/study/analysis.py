"""What a trained flow's codes and samples look like, in numbers and small arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rederived.evaluation import frechet_distance, moments
from rederived.flows import AdditiveCoupling, DiagonalScale, Flow
from rederived.records import Arrays
from rederived.training import generator

if TYPE_CHECKING:
    from sklearn.neural_network import MLPClassifier

TEMPERATURES = (0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 1.0)
_SCORED = 2000  # samples scored at each temperature
_SHOWN = 100  # samples kept for figures at each temperature
_CLASSIFIER_EPOCHS = 8
_INTERPOLATED, _POSITIONS = 8, 9  # pairs of pictures and steps between them


def log_scales(flow: Flow) -> Tensor:
    """Return the flow's ``log s``, ``(D,)``; the code's deviations are ``1/s``."""
    (scale,) = (m for m in flow.modules() if isinstance(m, DiagonalScale))
    return scale.log_scale.detach()


def dependence(values: Tensor) -> tuple[float, float]:
    """Measure dependence between the coordinates of a sample.

    Args:
        values: ``(N, D)``; constant coordinates are left out.

    Returns:
        The mean absolute correlation between different coordinates, and the same of
        their squared deviations; both are zero in the limit for independent ones.
    """
    varying = values[:, values.std(0) > 1e-6].double()
    centred = varying - varying.mean(0)
    return _mean_correlation(centred), _mean_correlation(centred.square())


def _mean_correlation(values: Tensor) -> float:
    matrix = torch.corrcoef(values.T)
    count = len(matrix)
    off_diagonal = matrix.abs().sum() - matrix.diagonal().abs().sum()
    return float(off_diagonal / (count * (count - 1)))


@torch.no_grad()
def varying_outputs(flow: Flow, x: Tensor) -> float:
    """Return the share of all coupling networks' outputs that vary over the data.

    Zero says that every network is a constant, so that the flow is an affine map of
    each coordinate and models the coordinates as independent.

    Args:
        flow: a flow of additive couplings and maps without one.
        x: data, ``(N, D)``, at least two rows.
    """
    outputs: list[Tensor] = []
    handles = [
        coupling.shift.register_forward_hook(lambda _, __, m: outputs.append(m))
        for coupling in flow.modules()
        if isinstance(coupling, AdditiveCoupling)
    ]
    try:
        flow.bijection(x)
    finally:
        for handle in handles:
            handle.remove()
    spread = torch.cat([m.amax(0) - m.amin(0) for m in outputs])
    return float((spread > 1e-6).float().mean())


@dataclass(frozen=True)
class Evaluator:
    """A small classifier whose hidden layer serves as features of pictures."""

    network: MLPClassifier
    accuracy: float

    def features(self, pictures: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the hidden layer's activations, ``(N, 64)``."""
        weights, biases = self.network.coefs_[0], self.network.intercepts_[0]
        hidden: NDArray[np.float64] = np.maximum(pictures @ weights + biases, 0.0)
        return hidden

    def confidence(self, pictures: NDArray[np.float32]) -> float:
        """Return the mean probability of the most probable class."""
        return float(self.network.predict_proba(pictures).max(1).mean())


def train_evaluator(
    train: Tensor, labels: Tensor, test: Tensor, truth: Tensor
) -> Evaluator:
    """Train the classifier on pictures in [0, 1], ``(N, D)``, and test it."""
    from sklearn.neural_network import MLPClassifier  # noqa: PLC0415 - slow

    network = MLPClassifier((64,), random_state=0)
    for _ in range(_CLASSIFIER_EPOCHS):
        network.partial_fit(train.numpy(), labels.numpy(), classes=np.arange(10))
    return Evaluator(network, float(network.score(test.numpy(), truth.numpy())))


def feature_distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the Frechet distance between the features of two samples."""
    one, other = (moments(torch.from_numpy(part)) for part in (first, second))
    return float(frechet_distance(*one, *other))


def sample_scores(
    flow: Flow, evaluator: Evaluator, real: Tensor, seed: int
) -> tuple[dict[str, float], Arrays]:
    """Score and keep samples at each temperature.

    Args:
        flow: a trained flow over flat pictures in [0, 1].
        evaluator: the classifier.
        real: pictures to compare with, ``(N, D)`` in [0, 1].
        seed: decides the codes, the same at every temperature.

    Returns:
        ``frechet@T`` and ``confidence@T`` for each temperature, and the arrays
        ``samples`` (uint8, temperature by picture by pixel) and ``temperatures``.
    """
    target = evaluator.features(real.numpy())
    metrics: dict[str, float] = {}
    grids = []
    for temperature in TEMPERATURES:
        raw = flow.sample(_SCORED, generator(seed, 100), temperature)
        clipped = raw.clamp(0.0, 1.0)
        pictures = clipped.numpy()
        name = f"@{temperature:g}"
        metrics["frechet" + name] = feature_distance(
            evaluator.features(pictures), target
        )
        metrics["confidence" + name] = evaluator.confidence(pictures)
        grids.append((clipped[:_SHOWN] * 255).round().to(torch.uint8).numpy())
    arrays = {"samples": np.stack(grids), "temperatures": np.array(TEMPERATURES)}
    return metrics, arrays


def background(flow: Flow, blank: Tensor, seed: int) -> dict[str, float]:
    """Measure the samples where the training pictures are always black.

    Args:
        flow: a trained flow.
        blank: mask ``(D,)`` of pixels that are zero in every training picture.
        seed: decides the codes.

    Returns:
        ``background_raw`` and ``background_clipped``, mean grey values in [0, 1] at
        temperature 0.75, and ``positive_share``, the share of all pixels above zero.
    """
    raw = flow.sample(_SCORED, generator(seed, 101), 0.75)
    return {
        "background_raw": float(raw[:, blank].mean()),
        "background_clipped": float(raw[:, blank].clamp(0.0, 1.0).mean()),
        "positive_share": float((raw > 0).float().mean()),
    }


@torch.no_grad()
def interpolations(flow: Flow, seed: int) -> Arrays:
    """Interpolate between pairs of samples, in the code and in the pixels.

    The ends are samples, so that what is kept contains no picture of the data set.

    Args:
        flow: a trained flow.
        seed: decides the samples, drawn at temperature 0.75.

    Returns:
        uint8 ``interpolation_code`` and ``interpolation_pixels``, pair by step by
        pixel.
    """
    ends = flow.sample(2 * _INTERPOLATED, generator(seed, 102), 0.75)
    start, end = ends.clamp(0.0, 1.0).chunk(2)
    weight = torch.linspace(0.0, 1.0, _POSITIONS)[None, :, None]
    in_pixels = torch.lerp(start[:, None], end[:, None], weight)
    codes = [flow.bijection(part)[0] for part in (start, end)]
    path = torch.lerp(codes[0][:, None], codes[1][:, None], weight).flatten(0, 1)
    in_code = flow.bijection.inverse(path)[0].view_as(in_pixels)
    return {
        "interpolation_code": _bytes(in_code),
        "interpolation_pixels": _bytes(in_pixels),
    }


@torch.no_grad()
def midpoint_scores(
    flow: Flow, evaluator: Evaluator, pictures: Tensor
) -> dict[str, float]:
    """Compare halfway points, in the code and in the pixels, with real pictures.

    Args:
        flow: a trained flow.
        evaluator: the classifier.
        pictures: flat pictures in [0, 1], ``(N, D)``; the first half is paired with
            the second, and one left over is not used.

    Returns:
        ``midpoint_frechet_code`` and ``midpoint_frechet_pixels``: the distance of the
        halfway points' features from those of the pictures; and the mean confidence
        of the classifier, ``midpoint_confidence_code`` and ``_pixels``.
    """
    pairs = len(pictures) // 2
    start, end = pictures[:pairs], pictures[pairs : 2 * pairs]
    codes = [
        torch.cat([flow.bijection(part)[0] for part in torch.split(half, _SCORED)])
        for half in (start, end)
    ]
    middle = torch.lerp(codes[0], codes[1], 0.5)
    parts = [flow.bijection.inverse(part)[0] for part in torch.split(middle, _SCORED)]
    halfway = {
        "code": torch.cat(parts).clamp(0.0, 1.0),
        "pixels": torch.lerp(start, end, 0.5),
    }
    target = evaluator.features(pictures.numpy())
    metrics: dict[str, float] = {}
    for name, points in halfway.items():
        features = evaluator.features(points.numpy())
        metrics[f"midpoint_frechet_{name}"] = feature_distance(features, target)
        metrics[f"midpoint_confidence_{name}"] = evaluator.confidence(points.numpy())
    return metrics


def _bytes(values: Tensor) -> NDArray[np.uint8]:
    clipped = (values.clamp(0.0, 1.0) * 255).round().to(torch.uint8)
    return clipped.numpy()
