"""Train NICE and measure it."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from rederived.chapters.nice.model import article_loss, nice, nice_as_article
from rederived.chapters.nice.study import analysis
from rederived.chapters.nice.study.config import NiceConfig
from rederived.chapters.nice.study.data import Pictures, load_pictures, with_noise
from rederived.flows import Dequantization, Flow, StandardLogistic
from rederived.networks import initialize
from rederived.records import Arrays, Measured, Trial
from rederived.training import (
    Batch,
    Exponential,
    OneCycle,
    Schedule,
    TrainConfig,
    constant,
    fit,
    generator,
)

_WEIGHTS, _HELD_OUT, _TEST, _SCALES = 10, 11, 12, 13  # random streams of one seed
_TEST_DRAWS = 4  # noise draws a test picture
_CHUNK = 1000  # pictures evaluated at a time


def negative_log_likelihood(flow: Flow, x: Tensor) -> Tensor:
    """Return the mean of ``-log q(x)`` over a batch ``(B, D)``, nats."""
    return -flow.log_prob(x).mean()


def build(config: NiceConfig, dimensions: int, seed: int) -> Flow:
    """Build the flow that a config describes, with its starting weights."""
    if config.form == "paper":
        flow = nice(
            dimensions,
            prior=StandardLogistic(),
            width=config.width,
            depth=config.depth,
            couplings=config.couplings,
            dropout=config.dropout,
        )
    else:
        flow = nice_as_article(
            dimensions,
            width=config.width,
            depth=config.depth,
            couplings=config.couplings,
            subtract=config.subtract,
        )
    initialize(flow, config.initialization, generator(seed, _WEIGHTS))
    if config.scale_start == "normal":
        deviation = math.sqrt(2 / (dimensions + 1))
        for name, parameter in flow.named_parameters():
            if name.endswith("log_scale"):
                draws = generator(seed, _SCALES)
                torch.nn.init.normal_(parameter, std=deviation, generator=draws)
    return flow


def measure(config: NiceConfig, trial: Trial) -> Measured:
    """Train one seed of a config and measure it.

    The metrics, nats per picture unless said otherwise:

    * ``train_log_likelihood``, ``held_out_log_likelihood``, ``test_log_likelihood``:
      of the chosen weights, with the training noise; ``test_standard_error``; and
      ``test_bits_per_dim`` where the noise fills the pixel's cell;
    * ``held_out_loss``, for the normal prior: the article's loss on noise-free
      held-out pictures;
    * with ``analyse``: the scores of ``rederived.chapters.nice.study.analysis``.

    Args:
        config: what to run.
        trial: its seed decides weights, order, noise and dropout.
    """
    seed = trial.seed
    pictures = load_pictures(config.dataset, config.held_out)
    dimensions = pictures.train.shape[1]
    flow = build(config, dimensions, seed)
    held_out = _held_out_view(config, pictures, seed)

    def noisy(batch: Batch, noise: torch.Generator) -> Batch:
        return (with_noise(batch[0], config.noise, pictures.levels, noise),)

    def evaluate(flow: Flow) -> dict[str, float]:
        return {"held_out": -float(log_likelihoods(flow, held_out).mean())}

    history = fit(
        flow,
        (pictures.train,),
        _optimizer(config, flow),
        _train_config(config, seed),
        loss=negative_log_likelihood,
        schedule=_schedule(config, len(pictures.train)),
        transform=noisy,
        evaluate=evaluate,
        monitor="held_out",
        directory=trial.directory,
        label=trial.label,
    )
    metrics = _likelihoods(config, flow, pictures, seed)
    arrays: Arrays = {"log_scales": analysis.log_scales(flow).numpy()}
    if config.analyse:
        more, figures = _analysis(config, flow, pictures, seed)
        metrics |= more
        arrays |= figures
    best = min(history.column("held_out"))
    metrics["parameters"] = float(sum(p.numel() for p in flow.parameters()))
    if config.form == "article":
        loss = article_loss(torch.tensor(-best, dtype=torch.float64), dimensions)
        metrics["held_out_loss"] = float(loss)
    metrics["training_seconds"] = sum(history.column("seconds"))
    return Measured(
        metrics=metrics,
        data=pictures.sources,
        history=history.rows,
        arrays=arrays,
        training=history.provenance(),
    )


@torch.no_grad()
def log_likelihoods(flow: Flow, x: Tensor) -> Tensor:
    """Return ``log q(x)`` of each event, ``(N,)``, in pieces that fit in memory."""
    device = next(flow.parameters()).device
    parts = [flow.log_prob(part.to(device)) for part in torch.split(x, _CHUNK)]
    return torch.cat(parts).cpu()


def _held_out_view(config: NiceConfig, pictures: Pictures, seed: int) -> Tensor:
    """Return what the weights are chosen on: noise-free for the article's form."""
    noise = "none" if config.form == "article" else config.noise
    return with_noise(
        pictures.held_out, noise, pictures.levels, generator(seed, _HELD_OUT)
    )


def _likelihoods(
    config: NiceConfig, flow: Flow, pictures: Pictures, seed: int
) -> dict[str, float]:
    """Measure the chosen weights on all three parts, with the training noise."""
    noise = generator(seed, _TEST)
    train = pictures.train[: len(pictures.held_out)]
    names = {"train": train, "held_out": pictures.held_out}
    metrics = {
        f"{name}_log_likelihood": float(
            log_likelihoods(
                flow, with_noise(part, config.noise, pictures.levels, noise)
            ).mean()
        )
        for name, part in names.items()
    }
    draws = [
        log_likelihoods(
            flow, with_noise(pictures.test, config.noise, pictures.levels, noise)
        )
        for _ in range(_TEST_DRAWS)
    ]
    each = torch.stack(draws).mean(0)
    metrics["test_log_likelihood"] = float(each.mean())
    metrics["test_standard_error"] = float(each.std() / math.sqrt(len(each)))
    if config.noise == "dequantized":
        metrics["test_bits_per_dim"] = Dequantization(pictures.levels).bits_per_dim(
            metrics["test_log_likelihood"], pictures.test.shape[1]
        )
    return metrics


def _analysis(
    config: NiceConfig, flow: Flow, pictures: Pictures, seed: int
) -> tuple[dict[str, float], Arrays]:
    """Score codes and samples of the trained flow."""
    train, test = pictures.unit(pictures.train), pictures.unit(pictures.test)
    evaluator = analysis.train_evaluator(
        train, pictures.train_labels, test, pictures.test_labels
    )
    metrics, arrays = analysis.sample_scores(flow, evaluator, test, seed)
    metrics["evaluator_accuracy"] = evaluator.accuracy
    metrics |= analysis.background(flow, (train == 0).all(0), seed)
    metrics |= analysis.midpoint_scores(flow, evaluator, test)
    metrics["varying_outputs"] = analysis.varying_outputs(flow, test[:_CHUNK])
    noisy = with_noise(
        pictures.test, config.noise, pictures.levels, generator(seed, _TEST, 1)
    )
    with torch.no_grad():
        codes = torch.cat(
            [flow.bijection(part)[0] for part in torch.split(noisy, _CHUNK)]
        )
    for name, values in (("pixels", test), ("codes", codes)):
        first, second = analysis.dependence(values)
        metrics[f"correlation_{name}"] = first
        metrics[f"square_correlation_{name}"] = second
    return metrics, arrays | analysis.interpolations(flow, seed)


def _optimizer(config: NiceConfig, flow: Flow) -> torch.optim.Optimizer:
    scales = [p for n, p in flow.named_parameters() if n.endswith("log_scale")]
    networks = [p for n, p in flow.named_parameters() if not n.endswith("log_scale")]
    groups = [
        {"params": networks, "weight_decay": config.weight_decay},
        {
            "params": scales,
            "weight_decay": 0.0,
            "lr": config.learning_rate * config.scale_rate,
        },
    ]
    rule = torch.optim.AdamW if config.optimizer == "adamw" else torch.optim.Adam
    return rule(
        groups,
        lr=config.learning_rate,
        betas=config.betas,
        eps=config.epsilon,
        fused=True,
    )


def _train_config(config: NiceConfig, seed: int) -> TrainConfig:
    return TrainConfig(
        epochs=config.epochs,
        batch_size=config.batch_size,
        seed=seed,
        clip_norm=config.clip_norm,
        average_decay=config.average_decay,
        precision=config.precision,
        compiled="gpu",
    )


def _schedule(config: NiceConfig, rows: int) -> Schedule:
    steps = rows // config.batch_size * config.epochs
    if config.schedule == "one-cycle":
        return OneCycle(steps)
    if config.schedule == "cosine":
        return OneCycle(steps, warmup=0.05)
    if config.schedule == "exponential":
        return Exponential(decay=1.0005, floor=0.1)
    return constant
