"""Pictures that a record keeps: samples, temperatures, interpolations."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from rederived.chapters.fvae.study.measures import (
    TEMPERATURES,
    draw,
    encode,
    reconstruct,
)
from rederived.chapters.fvae.study.models import ImageModel
from rederived.training import generator

_GRIDS = 57  # random stream
_COLUMNS, _SAMPLES, _ROWS, _STEPS, _SIDE = 4, 12, 2, 7, 5
_LARGE = 32  # pixels a side beyond which interpolations are kept at half size
_COARSE = 0b11111100  # six bits a colour: enough to look at, and less to keep


def sample_grids(
    model: ImageModel, test: Tensor, seed: int, *, drawn: bool
) -> dict[str, Tensor]:
    """Return uint8 pictures ``(..., 3, S, S)``, at six bits a colour.

    Args:
        model: the model.
        test: pictures whose codes are interpolated.
        seed: decides the codes of samples.
        drawn: whether pictures made from test pictures may be kept.
    """
    codes = torch.randn(_SAMPLES, *model.code_shape, generator=generator(seed, _GRIDS))
    few = codes[:_COLUMNS]
    found = {
        "samples": draw(model, codes),
        "samples_by_temperature": torch.stack(
            [draw(model, t * few) for t in TEMPERATURES]
        ),
    }
    if drawn:
        ends = encode(model, test[: max(2 * _ROWS, 4)])
        paths = [line(ends[2 * k], ends[2 * k + 1], _STEPS) for k in range(_ROWS)]
        found["line_interpolations"] = _small(
            torch.stack([draw(model, path) for path in paths])
        )
        between = _small(draw(model, square(ends[:4], _SIDE)))
        found["square_interpolations"] = between.reshape(
            _SIDE, _SIDE, *between.shape[1:]
        )
        real = test[:_COLUMNS]
        found["reconstructions"] = torch.stack([real, reconstruct(model, real)])
    return {name: value & _COARSE for name, value in found.items()}


def line(first: Tensor, last: Tensor, steps: int) -> Tensor:
    """Return codes on the line between two, ends included, ``(steps, *code)``."""
    weights = torch.linspace(0.0, 1.0, steps, dtype=first.dtype, device=first.device)
    return torch.lerp(first[None], last[None], weights.view(-1, *[1] * first.dim()))


def square(corners: Tensor, steps: int) -> Tensor:
    """Return a square of codes between four, row by row, ``(steps^2, *code)``.

    Args:
        corners: ``(4, *code)``: upper left, upper right, lower left, lower right.
        steps: codes along a side.
    """
    upper = line(corners[0], corners[1], steps)  # (steps, *code)
    lower = line(corners[2], corners[3], steps)
    return line(upper, lower, steps).flatten(0, 1)


def _small(pixels: Tensor) -> Tensor:
    """Average large pictures in squares of 2 x 2."""
    if pixels.shape[-1] <= _LARGE:
        return pixels
    flat = functional.avg_pool2d(pixels.flatten(0, -4).float(), 2).round()
    return flat.to(torch.uint8).reshape(*pixels.shape[:-3], *flat.shape[1:])
