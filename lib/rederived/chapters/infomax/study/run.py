"""``run(config)``: train one encoder, measure its codes, return a Run."""

from __future__ import annotations

import torch
from torch import nn

from rederived.chapters.infomax.study import measures
from rederived.chapters.infomax.study.config import InfoMaxConfig
from rederived.chapters.infomax.study.data import Pictures, load_pictures
from rederived.chapters.infomax.study.objectives import bound_per_pixel, build
from rederived.records import Measured, Trial
from rederived.training import History, TrainConfig, fit


def measure(config: InfoMaxConfig, trial: Trial) -> Measured:
    """Train one seed of a config and measure its encoder.

    The metrics are those of ``measures``, the first training pictures' neighbours are
    arrays; ``training_seconds`` is the time of the steps.

    Args:
        config: what to run.
        trial: its seed decides weights, order, codes and partners.
    """
    seed = trial.seed
    pictures = load_pictures(config)
    classes = int(pictures.train_labels.max()) + 1
    objective, encoder = build(config, pictures.shape, classes, seed)
    if config.objective == "none":
        measures.update_batchnorm_statistics(encoder, pictures.train)
        history = History([], "float32", "cpu")
    else:
        history = _train(objective, config, pictures, trial)
    objective.eval()
    train = measures.encode(encoder, pictures.train)
    test = measures.encode(encoder, pictures.test)
    metrics = measures.classification(train, test, pictures)
    if config.dataset != "stripes":  # published accuracies are of real pictures
        metrics |= measures.hidden_classification(train, test, pictures, seed)
    if config.objective != "contrast" and config.encoder == "article":
        metrics |= measures.shape_of_codes(train, seed)  # the other codes have no noise
    metrics |= measures.corners(pictures.train / config.scale, seed)
    if config.objective in ("infomax", "contrast"):
        metrics |= measures.scored(objective, pictures.test, seed)
    metrics["training_seconds"] = sum(history.column("seconds"))
    return Measured(
        metrics=metrics,
        data=pictures.sources,
        history=history.rows,
        arrays={name: rows.numpy() for name, rows in measures.shown(train).items()},
        training=history.provenance(),
    )


def _train(
    objective: nn.Module,
    config: InfoMaxConfig,
    pictures: Pictures,
    trial: Trial,
) -> History:
    """Take all steps of a config."""
    labelled = config.objective == "supervised"
    data = (pictures.train, pictures.train_labels) if labelled else (pictures.train,)
    return fit(
        objective,
        data,
        torch.optim.Adam(objective.parameters(), config.learning_rate, fused=True),
        # one precision for every record; batches are too small for bf16 to pay on a GPU
        TrainConfig(
            config.epochs,
            config.batch_size,
            trial.seed,
            precision="float32",
            # the others read draws in the middle of a step, which cannot be fused
            compiled="gpu" if config.objective == "contrast" else "no",
        ),
        loss=bound_per_pixel if config.objective == "vae" else None,
        directory=trial.directory,
        label=trial.label,
    )
