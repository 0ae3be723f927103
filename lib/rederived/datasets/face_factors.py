"""The factors of the drawn faces: their names, ranges and colours."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Factor:
    """One factor of variation and its range."""

    name: str
    low: float
    high: float
    meaning: str  # what changes from the smallest value to the largest


HAIR_STYLES = ("crop", "bob", "long", "bun")

FACTORS: tuple[Factor, ...] = (
    Factor("turn", -1, 1, "pose: head turned to the left, to the right of the picture"),
    Factor(
        "tilt", -1, 1, "pose: head leaning by 0.30 radians to the left, to the right"
    ),
    Factor("skin", 0, 1, "skin from light to dark"),
    Factor("hair_style", 0, 3, "0 crop, 1 bob, 2 long, 3 bun"),
    Factor("hair_colour", 0, 1, "hair: black, brown, auburn, blond, grey"),
    Factor("eye_colour", 0, 1, "eyes: brown, green, blue"),
    Factor("eye_opening", 0, 1, "eyes from narrow to wide open, brows rising"),
    Factor("smile", -1, 1, "mouth from sad to smiling"),
    Factor("mouth_opening", 0, 1, "mouth from closed to open"),
    Factor("background", 0, 1, "hue of background and shirt, once round but for a gap"),
)

SKIN_PALETTE = torch.tensor(
    [[255, 226, 202], [240, 192, 150], [198, 136, 92], [128, 80, 52], [82, 50, 36]]
)
HAIR_PALETTE = torch.tensor(
    [[38, 30, 34], [98, 60, 38], [172, 78, 38], [232, 186, 98], [208, 208, 214]]
)
EYE_PALETTE = torch.tensor([[104, 60, 28], [70, 136, 70], [60, 120, 205]])


def column(name: str) -> int:
    """Return the column of the factor called ``name``.

    Raises:
        ValueError: if there is none; the message lists the names.
    """
    names = [factor.name for factor in FACTORS]
    if name not in names:
        raise ValueError(f"no factor is called {name!r}; use one of {', '.join(names)}")
    return names.index(name)


def check_factors(factors: Tensor) -> None:
    """Raise ``ValueError`` unless ``factors`` is float32 (N, F) within the ranges."""
    if factors.dtype != torch.float32 or factors.ndim != 2:
        raise ValueError(
            f"factors are {factors.dtype} of shape {tuple(factors.shape)}; "
            f"give float32 of shape (N, {len(FACTORS)})"
        )
    if factors.shape[1] != len(FACTORS):
        raise ValueError(f"{factors.shape[1]} factors; give {len(FACTORS)}")
    for factor, values in zip(FACTORS, factors.T, strict=True):
        if not bool(((values >= factor.low) & (values <= factor.high)).all()):
            raise ValueError(
                f"factor {factor.name!r} leaves [{factor.low}, {factor.high}]; clamp it"
            )


def palette(stops: Tensor, position: Tensor) -> Tensor:
    """Return colours along a palette of K equally spaced stops.

    Args:
        stops: Red, green, blue from 0 to 255, shape (K, 3).
        position: In [0, 1], shape (B,).

    Returns:
        Colours from 0 to 1, shape (B, 3), linear between neighbouring stops.
    """
    scaled = position * (len(stops) - 1)
    left = scaled.floor().long().clamp(max=len(stops) - 2)
    weight = (scaled - left)[:, None]
    return torch.lerp(stops[left].float(), stops[left + 1].float(), weight) / 255


def hue(position: Tensor, saturation: float, value: float) -> Tensor:
    """Return colours of one saturation and value (HSV), hue 0.85 x ``position`` turns.

    Args:
        position: In [0, 1], shape (B,); the ends differ, so that the hue can be read.
        saturation: In [0, 1].
        value: In [0, 1].

    Returns:
        Colours from 0 to 1, shape (B, 3).
    """
    offset = torch.tensor([5.0, 3.0, 1.0], dtype=torch.float32)
    k = (offset + 6 * 0.85 * position[:, None]).remainder(6)
    wedge = torch.minimum(k, 4 - k).clamp(0, 1)
    return value * (1 - saturation * wedge)
