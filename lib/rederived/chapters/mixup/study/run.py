"""``run(config)``: train one classifier, measure it once, return a Run."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from rederived.chapters.mixup.measures import Logits, linearity_gaps
from rederived.chapters.mixup.study.config import MixupConfig
from rederived.chapters.mixup.study.data import Part, Pictures, load_pictures
from rederived.chapters.mixup.study.methods import (
    build,
    loss_of,
    schedule_of,
    transform_for_epoch,
)
from rederived.chapters.mixup.transforms import mix, partners
from rederived.evaluation import calibration_error, fit_temperature
from rederived.records import Arrays, Measured, Trial
from rederived.training import TrainConfig, fit, generator

_GAPS, _SEGMENTS = 31, 32  # random streams of a seed
_MEASURED = 2_000  # test pictures between which the gap is measured
_SEGMENT_PICTURES = 500
_TRAINING_MEASURED = 10_000
_CHUNK = 500
_CONTRASTS = (0.5, 0.5**0.5, 2 / 3, (2 / 3) ** 0.5)
"""What mixing with one half and with uniform weights does to the variance, and to the
contrast, of a picture: factors of the scaled pixels."""
_WEIGHTS = torch.linspace(0.0, 1.0, 11)


def measure(config: MixupConfig, trial: Trial) -> Measured:
    """Train one seed of a config and measure it.

    The metrics: ``test_error``, ``validation_error`` and ``train_error`` (pictures
    as they are, neither augmented nor mixed), per cent; ``test_nll``,
    ``validation_nll`` and ``train_nll``, nats; ``test_calibration``, the expected
    calibration error, per cent; ``temperature``, the divisor of the logits chosen on
    validation pictures, ``scaled_nll`` and ``scaled_calibration``, those of the test
    pictures with it; ``gap_logits`` and ``gap_probabilities``, the mean
    squared residual of the mixing equation between test pictures, and ``relative_...``,
    the same over the variance of the values; ``gap_scaled`` and ``relative_scaled``,
    those of the probabilities with the temperature; ``error_at_S``, the test error on
    pictures whose contrast is multiplied by ``S``, per cent.

    The arrays: ``weights``, and ``first``, the mean probability of the class of the
    first picture on the way from the second to the first, pictures of two classes.

    Args:
        config: what to run.
        trial: its seed decides weights, order and mixing.
    """
    seed = trial.seed
    pictures = load_pictures(config)
    network = build(config, pictures, seed)
    steps = len(pictures.train.pixels) // config.batch_size * config.epochs
    history = fit(
        network,
        (pictures.train.pixels, pictures.train.targets),
        torch.optim.SGD(
            network.parameters(),
            config.learning_rate,
            momentum=0.9,
            weight_decay=config.weight_decay,
        ),
        TrainConfig(
            config.epochs, config.batch_size, seed, precision=_precision(config)
        ),
        loss=loss_of(config),
        schedule=schedule_of(config, steps),
        transform_for_epoch=transform_for_epoch(config, pictures),
        directory=trial.directory,
        label=trial.label,
    )
    metrics, arrays = measure_network(network, pictures, seed)
    metrics["training_seconds"] = sum(history.column("seconds"))
    return Measured(
        metrics=metrics,
        data=pictures.sources,
        history=history.rows,
        arrays=arrays,
        training=history.provenance(),
    )


def _precision(config: MixupConfig) -> Literal["auto", "float32"]:
    """Return the arithmetic: bf16, where there is any, for the two large networks."""
    large = config.network in ("whitened", "preact-resnet18")
    return "auto" if large else "float32"


@torch.no_grad()
def measure_network(
    network: nn.Module, pictures: Pictures, seed: int
) -> tuple[dict[str, float], Arrays]:
    """Return the metrics and the arrays of a trained network, see :func:`measure`."""
    network.eval()
    device = next(network.parameters()).device

    def logits(x: Tensor) -> Tensor:
        parts = torch.split(x, _CHUNK)
        return torch.cat([network(part.to(device)).cpu() for part in parts])

    first = slice(0, _TRAINING_MEASURED)
    seen = Part(pictures.train.pixels[first], pictures.train.labels[first])
    parts = {"train": seen, "validation": pictures.validation, "test": pictures.test}
    metrics: dict[str, float] = {}
    temperature = None
    for name, part in parts.items():
        if len(part.labels) == 0:
            continue
        scores = logits(pictures.scaled(part.pixels))
        wrong = (scores.argmax(1) != part.labels).double().mean()
        metrics[f"{name}_error"] = 100 * float(wrong)
        metrics[f"{name}_nll"] = float(functional.cross_entropy(scores, part.labels))
        if name == "validation":
            temperature = fit_temperature(scores, part.labels)
        if name == "test":
            error = calibration_error(scores.softmax(1), part.labels)
            metrics["test_calibration"] = 100 * error
            if temperature is not None:
                metrics |= _scaled(scores / temperature, part.labels, temperature)
    test = pictures.scaled(pictures.test.pixels[:_MEASURED])
    for name, gap in linearity_gaps(logits, test, generator(seed, _GAPS)).items():
        metrics |= {f"gap_{name}": gap.absolute, f"relative_{name}": gap.relative}
    if temperature is not None:
        calm = linearity_gaps(
            lambda x: logits(x) / temperature, test, generator(seed, _GAPS)
        )["probabilities"]
        metrics |= {"gap_scaled": calm.absolute, "relative_scaled": calm.relative}
    for contrast in _CONTRASTS:
        scores = logits(contrast * pictures.scaled(pictures.test.pixels))
        wrong = (scores.argmax(1) != pictures.test.labels).double().mean()
        metrics[f"error_at_{contrast:.2f}"] = 100 * float(wrong)
    arrays: Arrays = {
        "weights": _WEIGHTS.numpy(),
        "first": segment(logits, pictures, seed).numpy(),
    }
    return metrics, arrays


def _scaled(scaled: Tensor, labels: Tensor, temperature: float) -> dict[str, float]:
    """Return the temperature and the metrics of logits divided by it."""
    return {
        "temperature": temperature,
        "scaled_nll": float(functional.cross_entropy(scaled, labels)),
        "scaled_calibration": 100 * calibration_error(scaled.softmax(1), labels),
    }


def segment(logits: Logits, pictures: Pictures, seed: int) -> Tensor:
    """Return the mean probability of the first picture's class, ``(11,)``."""
    x = pictures.scaled(pictures.test.pixels[:_SEGMENT_PICTURES])
    labels = pictures.test.labels[: len(x)]
    partner = partners(len(x), generator(seed, _SEGMENTS))
    apart = labels != labels[partner]
    return torch.stack(
        [
            logits(mix(x, partner, float(weight)))
            .softmax(1)[torch.arange(len(x)), labels][apart]
            .mean()
            for weight in _WEIGHTS
        ]
    )
