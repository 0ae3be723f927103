"""Train one of the three models and measure it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from rederived.chapters.fvae.memory import gradient_bytes
from rederived.chapters.fvae.model import FVAE
from rederived.chapters.fvae.study import measures
from rederived.chapters.fvae.study.config import FVaeConfig
from rederived.chapters.fvae.study.data import CELLS, Pictures, load_pictures
from rederived.chapters.fvae.study.evaluator import Evaluator
from rederived.chapters.fvae.study.models import (
    ImageModel,
    build,
    start_from_data,
    step_seconds,
)
from rederived.chapters.fvae.study.sample_grids import sample_grids
from rederived.chapters.fvae.study.spectra import high_power, radial_spectrum
from rederived.flows import Flow
from rederived.records import Arrays, Measured, Trial
from rederived.training import (
    Batch,
    History,
    OneCycle,
    TrainConfig,
    constant,
    fit,
    generator,
)

_HELD_OUT, _START = 55, 56  # random streams of one seed
_WATCHED = 200  # held-out pictures looked at after each epoch
_START_ROWS = 256


def measure(config: FVaeConfig, trial: Trial) -> Measured:
    """Train one seed of a config and measure it; see the package for what is measured.

    Args:
        config: what to run.
        trial: its seed decides weights, order, noise and codes.
    """
    seed = trial.seed
    pictures = load_pictures(config)
    model = build(config, pictures.shape, seed)
    if config.data_dependent_init:
        first = pictures.train[:_START_ROWS]
        start_from_data(model, CELLS(first, generator(seed, _START)))
    example = CELLS(pictures.train[: config.batch_size], generator(seed, _START))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device).eval()
    example = example.to(device)
    saved = gradient_bytes(model, lambda: model(example))
    step = step_seconds(model, example)
    history = _train(model, config, pictures, trial)
    model.to(device).eval()
    seconds = history.column("seconds")
    metrics = {
        "parameters": float(sum(p.numel() for p in model.parameters())),
        "seconds_per_epoch": sum(seconds) / max(1, len(seconds)),
        "training_seconds": sum(seconds),
        "step_milliseconds": 1000 * step,
        "saved_megabytes": saved / 1e6,
    }
    evaluator = Evaluator(pictures, config.evaluator_epochs, trial.directory)
    more, arrays = _measure(model, evaluator, config, pictures, seed)
    return Measured(
        metrics=metrics | more,
        data=pictures.sources,
        history=history.rows,
        arrays=arrays,
        training=history.provenance(),
    )


def _train(
    model: ImageModel,
    config: FVaeConfig,
    pictures: Pictures,
    trial: Trial,
) -> History:
    """Take all steps of a config; new noise in every grey level's cell at each."""
    seed = trial.seed
    watched = CELLS(pictures.held_out[:_WATCHED], generator(seed, _HELD_OUT))

    def noisy(batch: Batch, noise: torch.Generator) -> Batch:
        return (CELLS(batch[0], noise),)

    def evaluate(current: nn.Module) -> dict[str, float]:
        device = next(current.parameters()).device
        parts = [current(part.to(device)) for part in torch.split(watched, 100)]
        return {"held_out": float(torch.stack(parts).mean())}

    steps = len(pictures.train) // config.batch_size * config.epochs
    return fit(
        model,
        (pictures.train,),
        _optimizer(model, config),
        TrainConfig(
            config.epochs,
            config.batch_size,
            seed,
            clip_norm=config.clip_norm,
            average_decay=config.average_decay,
            precision="float32",  # for every record, so that they can be compared
            checkpoint_every=100,
        ),
        schedule=OneCycle(steps) if config.schedule == "one-cycle" else constant,
        transform=noisy,
        evaluate=evaluate,
        directory=trial.directory,
        label=trial.label,
    )


def _optimizer(model: ImageModel, config: FVaeConfig) -> torch.optim.Optimizer:
    """Return Adam, with a rate of their own for the two logarithms of deviations."""
    named = list(model.named_parameters())
    rate = config.learning_rate
    groups: list[dict[str, Any]] = [
        {"params": [p for name, p in named if "log_sigma" not in name]}
    ]
    scales = [p for name, p in named if "log_sigma" in name]
    if scales:
        groups.append({"params": scales, "lr": rate * config.scale_rate})
    return torch.optim.Adam(groups, rate, fused=True)


def _measure(
    model: ImageModel,
    evaluator: Evaluator,
    config: FVaeConfig,
    pictures: Pictures,
    seed: int,
) -> tuple[dict[str, float], Arrays]:
    """Measure a trained model; pictures are kept of drawn faces, else samples only."""
    test = pictures.test
    metrics = measures.bits(model, test, config.importance_samples, seed)
    more, found, samples = measures.sample_measures(
        model, evaluator, pictures, config.samples, seed
    )
    again = measures.reconstruct(model, test)
    metrics |= more | _deviations(model)
    metrics["reconstruction_rms"] = measures.rms(again, test)
    metrics["reconstruction_sharpness"] = high_power(again) / high_power(test)
    metrics |= _evaluator_measures(evaluator, pictures)
    if pictures.factors is not None:
        metrics |= measures.probe_codes(model, pictures)
        metrics |= measures.midpoints(
            model, evaluator, test, pairs=min(config.samples, len(test) // 2)
        )
    for name, pixels in (("real", test), ("samples", samples)):
        found["spectrum_frequencies"], found[f"spectrum_{name}"] = radial_spectrum(
            pixels
        )
    found["spectrum_reconstructions"] = radial_spectrum(again)[1]
    found["temperatures"] = torch.tensor(measures.TEMPERATURES)
    found |= sample_grids(model, test, seed, drawn=pictures.factors is not None)
    return metrics, {name: value.numpy() for name, value in found.items()}


def _evaluator_measures(evaluator: Evaluator, pictures: Pictures) -> dict[str, float]:
    """Return how well the evaluator itself knows the test pictures."""
    features = evaluator.features(pictures.test)
    right = evaluator.classes(features).argmax(-1) == pictures.labels[2]
    found = {"evaluator_accuracy": float(right.double().mean())}
    if pictures.factors is not None:
        found["evaluator_residual"] = measures.residual(
            evaluator, pictures.test, features
        )
    return found


def _deviations(model: ImageModel) -> dict[str, float]:
    """Return the trained deviations; of many the one with the mean logarithm."""
    found = {}
    if isinstance(model.model, FVAE):
        found["sigma_1"] = _exp(model.model.log_sigma_1)
    if not isinstance(model.model, Flow):
        found["sigma_2"] = _exp(model.model.log_sigma_2.mean())
    return found


def _exp(value: Tensor) -> float:
    return float(value.detach().exp())
