"""How much fine detail pictures have: their power by spatial frequency."""

from __future__ import annotations

import torch
from torch import Tensor

HIGH = 0.25
"""Cycles a pixel from which a frequency counts as high: half of the highest."""


def radial_spectrum(pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Return frequencies and the mean power at each, of grey pictures.

    The colours are averaged, the picture's mean is removed, and a Hann window keeps
    the edges of the frame out.  Frequencies are grouped in rings of width 1/S.

    Args:
        pixels: ``(n, 3, S, S)``, any real type.

    Returns:
        Frequencies in cycles a pixel, ``(S // 2,)``, and mean power, the same shape.
    """
    grey = pixels.double().mean(1)
    grey = grey - grey.mean((1, 2), keepdim=True)
    side = grey.shape[-1]
    window = torch.hann_window(side, periodic=False, dtype=grey.dtype)
    power = torch.fft.fft2(grey * window[:, None] * window).abs().square().mean(0)
    axis = torch.fft.fftfreq(side, dtype=grey.dtype)
    ring = (torch.hypot(axis[:, None], axis[None, :]) * side).round().long()
    rings = side // 2
    inside = (ring >= 1) & (ring <= rings)
    sums = torch.zeros(rings + 1, dtype=grey.dtype).index_add(
        0, ring[inside], power[inside]
    )
    counts = torch.bincount(ring[inside], minlength=rings + 1)
    return torch.arange(1, rings + 1) / side, sums[1:] / counts[1:]


def high_power(pixels: Tensor) -> float:
    """Return the mean power of the rings at a quarter cycle a pixel and above."""
    frequencies, power = radial_spectrum(pixels)
    return float(power[frequencies >= HIGH].mean())
