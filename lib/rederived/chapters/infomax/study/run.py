"""``run(config)``: train one encoder, measure its codes, return a Run."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import nn

from rederived.chapters.infomax.study import classifiers, measures
from rederived.chapters.infomax.study.config import InfoMaxConfig
from rederived.chapters.infomax.study.data import Pictures, load_pictures
from rederived.chapters.infomax.study.objectives import build
from rederived.records import Config, Run, provenance
from rederived.training import History, Settings, fit


@dataclass(frozen=True)
class _Keep:
    """Where checkpoints go, and what the progress bar says."""

    directory: Path | None
    label: str


def plain(config: InfoMaxConfig) -> Config:
    """Return the config as plain JSON values, what its hash is made of."""
    return asdict(config) | {"channels": list(config.channels)}


def run(
    config: InfoMaxConfig, preset: str, seed: int = 0, directory: Path | None = None
) -> tuple[Run, nn.Module]:
    """Train one seed of a config and measure its encoder.

    The metrics are those of ``measures``, the first training pictures' neighbours are
    arrays; ``training_seconds`` is the time of the steps.

    Args:
        config: what to run.
        preset: its name, for the record.
        seed: decides weights, order, codes and partners.
        directory: where checkpoints go; an interrupted run there is continued.

    Returns:
        The run and the trained objective.
    """
    started = time.perf_counter()
    origin = provenance()
    pictures = load_pictures(config)
    classes = int(pictures.train_labels.max()) + 1
    objective, encoder = build(config, pictures.shape, classes, seed)
    if config.objective == "none":
        measures.settle(encoder, pictures.train)
        history = History([], "float32", "cpu")
    else:
        label = f"deep-infomax {preset} seed {seed}"
        history = _train(objective, config, pictures, seed, _Keep(directory, label))
    objective.eval()
    train = measures.encode(encoder, pictures.train)
    test = measures.encode(encoder, pictures.test)
    objective.to("cpu")
    metrics = measures.classification(train, test, pictures)
    if config.dataset != "stripes":  # published accuracies are of real pictures
        metrics |= classifiers.accuracies(train, test, pictures, seed)
    metrics |= measures.shape_of_codes(train, seed)
    metrics |= measures.corners(pictures.train / config.scale, seed)
    if config.objective == "infomax":
        metrics |= measures.scored(objective, pictures.test, seed)
    metrics["training_seconds"] = sum(history.column("seconds"))
    origin |= history.origin(started)
    result = Run(
        experiment="deep-infomax",
        preset=preset,
        seed=seed,
        config=plain(config),
        metrics=metrics,
        history=history.rows,
        data=pictures.sources,
        provenance=origin,
        arrays={name: rows.numpy() for name, rows in measures.shown(train).items()},
    )
    return result, objective


def _train(
    objective: nn.Module,
    config: InfoMaxConfig,
    pictures: Pictures,
    seed: int,
    keep: _Keep,
) -> History:
    """Take all steps of a config."""
    labelled = config.objective == "supervised"
    data = (pictures.train, pictures.train_labels) if labelled else (pictures.train,)
    return fit(
        objective,
        data,
        torch.optim.Adam(objective.parameters(), config.learning_rate, fused=True),
        # one precision for every record; batches are too small for bf16 to pay on a GPU
        Settings(config.epochs, config.batch_size, seed, precision="float32"),
        directory=keep.directory,
        label=keep.label,
    )
