"""``run(config)``: train one encoder, measure what its code says, return a Run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rederived import datasets
from rederived.chapters.information.autoregressive import AutoregressiveDecoder
from rederived.chapters.information.coordinates import (
    collapsed_coordinates,
    rate_by_coordinate,
)
from rederived.chapters.information.infomax import InfoMax
from rederived.chapters.information.study.config import InformationConfig
from rederived.evaluation import accuracy, kl_of_draws, linear_probe
from rederived.networks import initialize, mlp
from rederived.probability import draw_normal
from rederived.records import Arrays, Measured, Trial
from rederived.training import OneCycle, TrainConfig, fit, generator
from rederived.vae import (
    VAE,
    ElboTerms,
    NormalEncoder,
    information,
    log_likelihood,
)

_WEIGHTS, _TRACKED, _MEASURED, _TEST, _SAMPLES, _UNSEEN, _CURVE, _DRAWN = range(10, 18)
"""Random streams."""
_MEASURED_ROWS = 10_000  # training pictures whose codes are compared
_TRACKED_CODES, _MEASURED_CODES = 300, 2_000
_CURVE_ROWS = 2_000  # test pictures of the held-out curve
_SCORED = 300  # test pictures whose likelihood is estimated
_SHOWN = 49  # samples kept for figures


@dataclass(frozen=True)
class Pictures:
    """Flat binary pictures, float32 0 or 1, with their labels.

    Attributes:
        train: ``(N, D)``.
        train_labels: int64 ``(N,)``.
        test: ``(T, D)``.
        test_labels: int64 ``(T,)``.
        side: rows and columns of a picture.
        sources: where the pictures came from.
    """

    train: Tensor
    train_labels: Tensor
    test: Tensor
    test_labels: Tensor
    side: int
    sources: list[str]


def load_pictures(config: InformationConfig) -> Pictures:
    """Load and threshold the pictures of a config."""
    parts = datasets.split(config.dataset, rows=config.rows)
    train, test = (
        (part.unit().flatten(1) >= 0.5).float() for part in (parts.train, parts.test)
    )
    return Pictures(
        train=train,
        train_labels=parts.train.labels,
        test=test,
        test_labels=parts.test.labels,
        side=parts.train.pixels.shape[-1],
        sources=parts.sources,
    )


def build(config: InformationConfig, side: int, seed: int) -> VAE | InfoMax:
    """Build the model that a config describes, with its starting weights.

    Args:
        config: what to build.
        side: rows and columns of a picture.
        seed: decides the weights.
    """
    pixels, width = side * side, config.width
    encoder = NormalEncoder(mlp([pixels, width, width, 2 * config.latent_size]))
    model: VAE | InfoMax
    if config.objective == "infomax":
        discriminator = mlp([pixels + config.latent_size, width, width, 1])
        model = InfoMax(encoder, discriminator, 1.0, config.rate_weight)
    else:
        network = mlp([config.latent_size, width, width, pixels])
        decoder = AutoregressiveDecoder(network, side, side, config.context)
        model = VAE(encoder, decoder)
    initialize(model, "glorot", generator(seed, _WEIGHTS))
    return model


def negative_bound(vae: VAE, x: Tensor, beta: float) -> Tensor:
    """Return the mean of ``distortion + beta * rate`` over a batch ``(B, D)``, nats."""
    bound: ElboTerms = vae(x)
    return bound.loss(beta).mean()


def measure(config: InformationConfig, trial: Trial) -> Measured:
    """Train one seed of a config and measure it.

    The metrics, nats per picture unless said otherwise.  Of the training pictures (at
    most 10,000 of them), which the encoder has seen:
    ``rate``; ``information_lower`` (the mutual information under that distribution, at
    most ``information_cap``), ``information_upper`` (leave one out), ``aggregate_kl``;
    ``collapsed_coordinates``.  Of the test pictures: ``test_information_lower``,
    ``test_information_upper`` (bounds of the information under the distribution of
    the data, since the encoder has not seen them) and ``test_information_cap``;
    ``test_from_prior``, the divergence from the prior of the distribution of their
    codes, estimated from one draw a picture, and ``test_from_prior_chance``, what the
    estimate is for as many draws of the prior itself;
    ``probe_accuracy``, the share that a linear probe of the mean code classifies
    rightly, ``probe_untrained``, the same for the starting weights, and for a VAE
    ``test_negative_bound``, ``test_distortion``, ``test_rate`` (all with beta 1) and,
    on the first 300, ``scored_negative_bound`` and
    ``scored_negative_log_likelihood``, the latter by importance weights.  The
    history has the first kind after each epoch, and for a VAE
    ``test_negative_bound`` on the first 2,000 test pictures, always with the same
    draws.

    Args:
        config: what to run.
        trial: its seed decides weights, order and codes.
    """
    seed = trial.seed
    pictures = load_pictures(config)
    model = build(config, pictures.side, seed)
    untrained = _probe(model.encoder, pictures)
    measured = pictures.train[:_MEASURED_ROWS]

    def evaluate(model: VAE | InfoMax) -> dict[str, float]:
        row = _code_metrics(model.encoder, measured, seed, _TRACKED, _TRACKED_CODES)
        if isinstance(model, VAE):
            row["test_negative_bound"] = _held_out(model, pictures.test, seed)
        return row

    steps = len(pictures.train) // config.batch_size * config.epochs
    loss = partial(negative_bound, beta=config.beta)
    history = fit(
        model,
        (pictures.train,),
        torch.optim.Adam(model.parameters(), config.learning_rate, fused=True),
        TrainConfig(config.epochs, config.batch_size, seed, precision="float32"),
        loss=loss if isinstance(model, VAE) else None,
        schedule=OneCycle(steps),
        evaluate=evaluate,
        directory=trial.directory,
        label=trial.label,
    )
    metrics = _code_metrics(model.encoder, measured, seed, _MEASURED, _MEASURED_CODES)
    metrics |= _unseen(model.encoder, pictures.test, seed)
    metrics |= _from_prior(model.encoder, pictures.test, seed)
    metrics["probe_accuracy"] = _probe(model.encoder, pictures)
    metrics["probe_untrained"] = untrained
    arrays: Arrays = {"rates": _rates(model.encoder, measured)}
    if isinstance(model, VAE):
        metrics |= _bounds(model, pictures, config, seed)
        drawn = model.sample(_SHOWN, config.latent_size, generator(seed, _SAMPLES))
        arrays["samples"] = drawn.to(torch.uint8).numpy()
    metrics["training_seconds"] = sum(history.column("seconds"))
    return Measured(
        metrics=metrics,
        data=pictures.sources,
        history=history.rows,
        arrays=arrays,
        training=history.provenance(),
    )


@torch.no_grad()
def _codes(encoder: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return means and log-variances of the codes, on the CPU."""
    device = next(encoder.parameters()).device
    mean, log_variance = encoder(x.to(device))
    return mean.cpu(), log_variance.cpu()


def _code_metrics(
    encoder: nn.Module, x: Tensor, seed: int, stream: int, count: int
) -> dict[str, float]:
    """Measure the codes of some pictures."""
    mean, log_variance = _codes(encoder, x)
    points = min(count, len(x))
    found = information(mean, log_variance, generator(seed, stream), points)
    return {
        "rate": found.rate,
        "information_lower": found.lower,
        "information_upper": found.upper,
        "information_cap": found.cap,
        "information_error": found.standard_error,
        "aggregate_kl": found.aggregate_kl,
        "collapsed_coordinates": float(collapsed_coordinates(mean, log_variance)),
    }


def _unseen(encoder: nn.Module, x: Tensor, seed: int) -> dict[str, float]:
    """Bound the information of the codes of pictures that the encoder has not seen."""
    found = _code_metrics(encoder, x, seed, _UNSEEN, _MEASURED_CODES)
    names = ("information_lower", "information_upper", "information_cap")
    return {f"test_{name}": found[name] for name in names}


def _from_prior(encoder: nn.Module, x: Tensor, seed: int) -> dict[str, float]:
    """Estimate the divergence of the aggregate from the prior, and its placebo's."""
    draw = generator(seed, _DRAWN)
    codes = draw_normal(*_codes(encoder, x), draw)
    prior = torch.randn(codes.shape, generator=draw)
    return {
        "test_from_prior": kl_of_draws(codes),
        "test_from_prior_chance": kl_of_draws(prior),
    }


@torch.no_grad()
def _held_out(vae: VAE, x: Tensor, seed: int) -> float:
    """Return the negative bound on the first test pictures, for a curve."""
    device = next(vae.parameters()).device
    bound: ElboTerms = vae(x[:_CURVE_ROWS].to(device), generator(seed, _CURVE))
    return float(bound.loss().mean())


def _rates(encoder: nn.Module, x: Tensor) -> NDArray[np.float32]:
    """Return the rate of each coordinate, falling."""
    rates = rate_by_coordinate(*_codes(encoder, x))
    falling: NDArray[np.float32] = rates.sort(descending=True).values.numpy()
    return falling


def _probe(encoder: nn.Module, pictures: Pictures) -> float:
    """Return the test accuracy of a linear classifier of the mean code."""
    seen, _ = _codes(encoder, pictures.train[:_MEASURED_ROWS])
    asked, _ = _codes(encoder, pictures.test)
    found = linear_probe(seen, pictures.train_labels[:_MEASURED_ROWS], asked)
    return accuracy(found, pictures.test_labels)


@torch.no_grad()
def _bounds(
    vae: VAE, pictures: Pictures, config: InformationConfig, seed: int
) -> dict[str, float]:
    """Measure the bound and its gap on test pictures."""
    draw = generator(seed, _TEST)
    bound = vae(pictures.test, draw)
    scored = pictures.test[:_SCORED]
    several = [vae(scored, draw).loss() for _ in range(10)]
    likelihood = log_likelihood(vae, scored, config.importance_samples, draw)
    return {
        "test_negative_bound": float(bound.loss().mean()),
        "test_distortion": float(bound.distortion.mean()),
        "test_rate": float(bound.rate.mean()),
        "scored_negative_bound": float(torch.stack(several).mean()),
        "scored_negative_log_likelihood": -float(likelihood.mean()),
    }
