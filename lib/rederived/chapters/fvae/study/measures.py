"""What is measured of a trained model, on pictures that it never saw."""

from __future__ import annotations

import math
import time

import torch
from torch import Tensor

from rederived.chapters.fvae.study.data import CELLS, Pictures, centred, to_pixels
from rederived.chapters.fvae.study.evaluator import Evaluator, unit_factors
from rederived.chapters.fvae.study.models import ImageModel
from rederived.chapters.fvae.study.spectra import high_power
from rederived.datasets.face_factors import column
from rederived.datasets.faces import draw_faces
from rederived.evaluation import confident
from rederived.flows import Flow
from rederived.training import generator

TEMPERATURES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_NOISE, _CODES, _SAMPLES = 52, 53, 54  # random streams of one seed
_CHUNK = 100  # pictures looked at together
_READ = 2_000  # training pictures that a linear map is fitted on
_PENALTIES = tuple(10.0**power for power in range(-2, 5))


@torch.no_grad()
def bits(model: ImageModel, test: Tensor, samples: int, seed: int) -> dict[str, float]:
    """Return bits per dimension of dequantised pictures, and its standard error.

    Args:
        model: the model, on any device.
        test: uint8 pictures.
        samples: codes drawn for each picture; a flow needs none.
        seed: decides noise and codes.
    """
    noise = generator(seed, _NOISE)
    draws = 1 if isinstance(model.model, Flow) else samples
    tight, loose = [], []
    with torch.random.fork_rng():  # codes are drawn from torch's own stream
        torch.manual_seed(seed + _CODES)
        for part in torch.split(test, _CHUNK):
            x = CELLS(part.to(model.device), noise)
            nats = torch.stack([model.nats(x).double() for _ in range(draws)])
            loose.append(model.bits(nats.mean(0)))
            tight.append(model.bits(-(torch.logsumexp(-nats, 0) - math.log(draws))))
    each = torch.cat(tight).cpu()
    return {
        "bits_per_dim": float(each.mean()),
        "bits_per_dim_bound": float(torch.cat(loose).mean()),
        "bits_per_dim_error": float(each.std() / math.sqrt(len(each))),
    }


@torch.no_grad()
def draw(model: ImageModel, codes: Tensor) -> Tensor:
    """Return the pictures of codes, uint8, on the CPU."""
    parts = torch.split(codes, _CHUNK)
    seen = [to_pixels(model.decode(part.to(model.device))) for part in parts]
    return torch.cat(seen).cpu()


@torch.no_grad()
def encode(model: ImageModel, pixels: Tensor) -> Tensor:
    """Return the codes of uint8 pictures, on the CPU."""
    parts = torch.split(pixels, _CHUNK)
    codes = [model.encode(centred(part.to(model.device))) for part in parts]
    return torch.cat(codes).cpu()


@torch.no_grad()
def reconstruct(model: ImageModel, pixels: Tensor) -> Tensor:
    """Return uint8 pictures after encoding and decoding, uint8, on the CPU."""
    parts = torch.split(pixels, _CHUNK)
    again = [model.reconstruct(centred(part.to(model.device))) for part in parts]
    return to_pixels(torch.cat(again)).cpu()


def rms(first: Tensor, second: Tensor) -> float:
    """Return the root mean square difference of uint8 pictures, full range 1."""
    return float((first.double() - second.double()).square().mean().sqrt() / 255)


def residual(evaluator: Evaluator, pixels: Tensor, features: Tensor) -> float:
    """Return how far drawn faces are from those that the classifier reads in them."""
    again = draw_faces(evaluator.factors(features), pixels.shape[-1])
    return rms(pixels, again)


def plausibility(evaluator: Evaluator, pixels: Tensor, drawn: bool) -> dict[str, float]:
    """Return ``distance``, ``high_quality_share`` and, of drawn faces, ``residual``."""
    features = evaluator.features(pixels)
    found = {
        "distance": evaluator.distance(features),
        "high_quality_share": float(
            confident(evaluator.classes(features)).double().mean()
        ),
    }
    if drawn:
        found["residual"] = residual(evaluator, pixels, features)
    return found


def sample_measures(
    model: ImageModel, evaluator: Evaluator, pictures: Pictures, count: int, seed: int
) -> tuple[dict[str, float], dict[str, Tensor], Tensor]:
    """Measure samples at every temperature, from the same codes.

    Returns:
        Metrics at temperature 1 and of real pictures, curves by temperature, and the
        samples at temperature 1.
    """
    drawn = pictures.factors is not None
    codes = torch.randn(count, *model.code_shape, generator=generator(seed, _SAMPLES))
    sharp = high_power(pictures.test)
    rows, samples = [], pictures.test
    seconds = 0.0
    for temperature in TEMPERATURES:
        started = time.perf_counter()
        samples = draw(model, temperature * codes)
        seconds += time.perf_counter() - started
        row = plausibility(evaluator, samples, drawn)
        rows.append(row | {"sharpness": high_power(samples) / sharp})
    metrics = dict(rows[-1])
    metrics |= {
        f"{name}@0.8": value for name, value in rows[TEMPERATURES.index(0.8)].items()
    }
    real = plausibility(evaluator, pictures.held_out[:count], drawn)
    metrics |= {f"{name}_floor": value for name, value in real.items()}
    drawings = count * len(TEMPERATURES)
    metrics["sampling_milliseconds"] = 1000 * seconds / drawings
    curves = {f"{name}_at": torch.tensor([r[name] for r in rows]) for name in rows[0]}
    return metrics, curves, samples


def great_circle(first: Tensor, second: Tensor) -> Tensor:
    """Return the middle of the arc between codes, at the mean of their lengths.

    Args:
        first: codes ``(n, *code)``.
        second: as many, none of them opposite to its partner.
    """
    flat, other = first.flatten(1), second.flatten(1)  # (n, d)
    lengths = flat.norm(dim=1, keepdim=True), other.norm(dim=1, keepdim=True)
    middle = flat / lengths[0] + other / lengths[1]
    middle = middle / middle.norm(dim=1, keepdim=True) * (sum(lengths) / 2)
    return middle.reshape(first.shape)


def midpoints(
    model: ImageModel, evaluator: Evaluator, test: Tensor, pairs: int
) -> dict[str, float]:
    """Return the residual of pictures halfway between two.

    Halfway on the line and on the great circle between their codes, and in pixels;
    also the length of the line's middle, over the mean of its ends'.
    """
    first, second = test[:pairs], test[pairs : 2 * pairs]
    ends = encode(model, first), encode(model, second)
    line = (ends[0] + ends[1]) / 2
    lengths = [codes.flatten(1).norm(dim=1) for codes in (*ends, line)]
    found = {
        "midpoint_length": float((2 * lengths[2] / (lengths[0] + lengths[1])).mean())
    }
    halfway = {
        "midpoint_residual": draw(model, line),
        "midpoint_residual_circle": draw(model, great_circle(*ends)),
        "midpoint_residual_pixels": ((first.int() + second.int()) // 2).byte(),
    }
    return found | {
        name: residual(evaluator, pixels, evaluator.features(pixels))
        for name, pixels in halfway.items()
    }


def linear_probe(
    inputs: tuple[Tensor, Tensor, Tensor], pictures: Pictures
) -> dict[str, float]:
    """Read factors from codes by ridge regression, its penalty chosen on held-out ones.

    Args:
        inputs: codes of the first training, held-out and test pictures, ``(n, d)``.
        pictures: whose factors and labels are read.
    """
    assert pictures.factors is not None
    mean = inputs[0].mean(0)
    train, held_out, test = ((part - mean).double() for part in inputs)
    targets = [
        torch.cat([unit_factors(factors), _styles(factors)], 1)[: len(part)].double()
        for factors, part in zip(pictures.factors, inputs, strict=True)
    ]
    middle = targets[0].mean(0)
    values, vectors = torch.linalg.eigh(train @ train.T)
    inside = vectors.T @ (targets[0] - middle)
    scale = values.mean().clamp(min=1e-12)

    def predict(part: Tensor, penalty: float) -> Tensor:
        weights = vectors @ (inside / (values + penalty * scale)[:, None])
        return part @ (train.T @ weights) + middle

    errors = [
        float((predict(held_out, penalty) - targets[1]).square().mean())
        for penalty in _PENALTIES
    ]
    penalty = _PENALTIES[errors.index(min(errors))]
    found, wanted = predict(test, penalty), targets[2]
    numbers = slice(0, -4)
    error = (found - wanted)[:, numbers].square().mean(0)
    shares = 1 - error / wanted[:, numbers].var(0, correction=0)
    right = found[:, -4:].argmax(1) == wanted[:, -4:].argmax(1)
    return {
        "factors_read": float(shares.mean()),
        "style_read": float(right.double().mean()),
    }


def probe_codes(model: ImageModel, pictures: Pictures) -> dict[str, float]:
    """Return what a linear map reads from codes, and from pixels."""
    parts = pictures.train[:_READ], pictures.held_out, pictures.test
    first, second, third = (encode(model, part).flatten(1) for part in parts)
    found = linear_probe((first, second, third), pictures)
    flat = centred(parts[0]), centred(parts[1]), centred(parts[2])
    pixels = linear_probe(
        (flat[0].flatten(1), flat[1].flatten(1), flat[2].flatten(1)), pictures
    )
    return found | {f"{name}_pixels": value for name, value in pixels.items()}


def _styles(factors: Tensor) -> Tensor:
    styles = factors[:, column("hair_style")].long()
    return (styles[:, None] == torch.arange(4)).float()
