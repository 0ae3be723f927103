"""What is measured of a trained encoder: its codes, their neighbours, its scores."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rederived.chapters.infomax.contrast import ContrastiveInfoMax, Encoder
from rederived.chapters.infomax.estimates import deranged, js_estimate
from rederived.chapters.infomax.objective import DeepInfoMax
from rederived.chapters.infomax.study.data import Pictures
from rederived.evaluation import (
    accuracy,
    hidden_probe,
    linear_probe,
    nearest,
    overlap,
    standardized,
    vote,
)
from rederived.probability import draw_normal
from rederived.training import generator
from rederived.vae import information

_CODES, _SCORES, _CORNERS, _PROBE = 22, 23, 24, 26  # random streams
_CHUNK = 500  # pictures encoded at a time
_VOTERS, _SHOWN = 10, 10
_MEASURED = 2_000  # pictures whose information and scores are measured
_BATCH = 64  # pictures among which all pairs are scored
_CORNER, _CORNER_NOISE = 8, 0.1
_LOOKED_UP = 10_000  # pictures among which a corner is looked up


@dataclass(frozen=True)
class Codes:
    """What is measured of the features of some pictures.

    Attributes:
        mean: of the distributions of their codes, ``(N, d)``.
        log_variance: of the same, ``(N, d)``.
        map: their local features, ``(N, places * channels)``.
    """

    mean: Tensor
    log_variance: Tensor
    map: Tensor


@torch.no_grad()
def encode(encoder: Encoder, x: Tensor) -> Codes:
    """Return codes and map, on the CPU; the encoder is in evaluation mode."""
    device = next(encoder.parameters()).device
    seen = [encoder(part.to(device)) for part in torch.split(x, _CHUNK)]
    return Codes(
        torch.cat([one.mean for one in seen]).cpu(),
        torch.cat([one.log_variance for one in seen]).cpu(),
        torch.cat([one.map.flatten(1) for one in seen]).cpu(),
    )


@torch.no_grad()
def update_batchnorm_statistics(encoder: Encoder, x: Tensor, passes: int = 50) -> None:
    """Let batch normalisation of untrained weights see some pictures."""
    encoder.train()
    for part in torch.split(x[: passes * 64], 64):
        encoder(part)
    encoder.eval()


def classification(train: Codes, test: Codes, pictures: Pictures) -> dict[str, float]:
    """Return accuracies on test pictures, per cent.

    ``probe``: logistic regression of the mean code, standardised; ``knn_cosine`` and
    ``knn_euclid``: vote of the ten nearest training pictures; ``overlap``: the share
    of neighbours that both metrics name.
    """
    seen, asked = standardized(train.mean, test.mean)
    labels = pictures.train_labels
    predicted = linear_probe(seen, labels, asked)
    lists = {
        metric: nearest(test.mean, train.mean, _VOTERS, metric)
        for metric in ("cosine", "euclid")
    }
    found = {
        "probe": _per_cent(predicted == pictures.test_labels),
        "overlap": _per_cent(overlap(*lists.values())),
    }
    for metric, list_ in lists.items():
        right = vote(list_, labels) == pictures.test_labels
        found[f"knn_{metric}"] = _per_cent(right)
    return found


def hidden_classification(
    train: Codes, test: Codes, pictures: Pictures, seed: int
) -> dict[str, float]:
    """Return what a classifier with one hidden layer gets right, per cent.

    ``classifier`` sees the mean code, ``classifier_map`` the local features of all
    places; both are standardised with the training pictures' mean and deviation.

    Args:
        train: features of the training pictures.
        test: features of the test pictures.
        pictures: the labels of both.
        seed: decides starting weights, order and dropout.
    """
    return {
        "classifier": _accuracy(train.mean, test.mean, pictures, seed),
        "classifier_map": _accuracy(train.map, test.map, pictures, seed),
    }


def _accuracy(train: Tensor, test: Tensor, pictures: Pictures, seed: int) -> float:
    """Train one probe and return its accuracy, per cent."""
    seen, asked = standardized(train, test)
    found = hidden_probe(
        seen, pictures.train_labels, asked, seed, generator(seed, _PROBE)
    )
    return 100.0 * accuracy(found, pictures.test_labels)


def shape_of_codes(codes: Codes, seed: int) -> dict[str, float]:
    """Return how the codes are distributed, and how much they say.

    ``code_mean`` and ``code_sd``: root mean square over the coordinates of the mean
    and of the standard deviation of codes drawn for all pictures; ``noise_sd``: the
    same of the encoder's own deviation; ``rate``, ``information_lower`` and its cap,
    nats, for the first 2,000 pictures.
    """
    z = draw_normal(codes.mean, codes.log_variance, generator(seed, _CODES))
    some = min(_MEASURED, len(z))
    found = information(
        codes.mean[:some], codes.log_variance[:some], generator(seed, _CODES)
    )
    return {
        "code_mean": float(z.mean(0).square().mean().sqrt()),
        "code_sd": float(z.var(0).mean().sqrt()),
        "noise_sd": float(codes.log_variance.exp().mean().sqrt()),
        "rate": found.rate,
        "information_lower": found.lower,
        "information_cap": found.cap,
    }


@torch.no_grad()
def scores(model: DeepInfoMax, x: Tensor, seed: int) -> dict[str, float]:
    """Return lower bounds of JS on test pictures, nats, deranged partners.

    ``js_global``, ``js_local`` and ``js_among``, between places of one picture; where
    the global discriminator compares codes, ``js_redrawn`` is its bound if the two
    codes of a pair are drawn independently.
    """
    draw = generator(seed, _SCORES)
    x = x[:_MEASURED].to(next(model.parameters()).device)
    terms = model.terms(x, draw)
    found = {
        f"js_{name}": float(0.5 * score + torch.tensor(2.0).log())
        for name, score in (
            ("global", terms.global_score),
            ("local", terms.local_score),
            ("among", terms.inter_location_score),
        )
        if score is not None
    }
    if model.form == "code" and terms.global_score is not None:
        seen = model.encoder(x)
        first, second = (
            draw_normal(seen.mean, seen.log_variance, draw) for _ in range(2)
        )
        partner = deranged(len(x), draw).to(x.device)
        pairs = model.discriminator("global").pairs(first, second, partner)
        found["js_redrawn"] = float(js_estimate(*pairs))
    return found


def corners(x: Tensor, seed: int) -> dict[str, float]:
    """Return how many pictures an 8x8 corner identifies, per cent.

    The upper left corner, with normal noise of a tenth of the grey scale, is looked up
    among the corners of the first 10,000 pictures.
    """
    x = x[:_LOOKED_UP]
    corner = x[..., :_CORNER, :_CORNER].flatten(1)
    noise = torch.randn(corner.shape, generator=generator(seed, _CORNERS))
    found = nearest(corner + _CORNER_NOISE * noise, corner, 1, "euclid")[:, 0]
    return {"corner_identified": _per_cent(found == torch.arange(len(x)))}


def shown(codes: Codes) -> dict[str, Tensor]:
    """Return the neighbours of the first pictures, themselves included, int64."""
    return {
        f"neighbours_{metric}": nearest(
            codes.mean[:_SHOWN], codes.mean, _VOTERS, metric
        )
        for metric in ("cosine", "euclid")
    }


def scored(model: nn.Module, x: Tensor, seed: int) -> dict[str, float]:
    """Return the scores of a model that has discriminators, else nothing."""
    if isinstance(model, ContrastiveInfoMax):
        return all_pairs_scores(model, x)
    return scores(model, x, seed) if isinstance(model, DeepInfoMax) else {}


@torch.no_grad()
def all_pairs_scores(model: ContrastiveInfoMax, x: Tensor) -> dict[str, float]:
    """Return ``js_local`` or ``nce_local`` on test pictures, nats, batches of 64."""
    device = next(model.parameters()).device
    some = len(x[:_MEASURED]) // _BATCH * _BATCH
    batches = torch.split(x[:some].to(device), _BATCH)
    found = torch.stack([model.estimate(batch) for batch in batches]).mean()
    return {f"{model.bound}_local": float(found)}


def _per_cent(right: Tensor) -> float:
    return 100.0 * float(right.double().mean())
