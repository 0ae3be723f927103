"""Two classes of points in the plane: interlocking half-moons, concentric rings."""

import math

import torch
from torch import Generator, Tensor

from rederived.datasets.points import moons_curve


def two_moons(
    n: int, generator: Generator, scale: float = 0.1
) -> tuple[Tensor, Tensor]:
    """Draw points of two half-moons and say which moon each is on.

    Args:
        n: number of points, the first half of which are on the upper moon.
        generator: source of the draws.
        scale: standard deviation of the noise in each coordinate, 0 or more.

    Returns:
        Points float32 ``(n, 2)`` and labels int64 ``(n,)``, 0 or 1.
    """
    labels = _halves(n, scale)
    position = torch.rand(n, generator=generator, dtype=torch.float32) + labels
    points = moons_curve(position)
    return points + scale * torch.randn(
        n, 2, generator=generator, dtype=torch.float32
    ), labels


def two_rings(
    n: int, generator: Generator, scale: float = 0.1
) -> tuple[Tensor, Tensor]:
    """Draw points of two circles about the origin, radii 1 (class 0) and 2 (class 1).

    Arguments and results as in :func:`two_moons`.
    """
    labels = _halves(n, scale)
    angle = 2 * math.pi * torch.rand(n, generator=generator, dtype=torch.float32)
    radius = torch.tensor([1.0, 2.0], dtype=torch.float32)[labels]
    points = radius[:, None] * torch.stack([angle.cos(), angle.sin()], 1)
    return points + scale * torch.randn(
        n, 2, generator=generator, dtype=torch.float32
    ), labels


def _halves(n: int, scale: float) -> Tensor:
    """Return labels, zeros first, or say what is wrong."""
    if n < 2 or not 0 <= scale < math.inf:
        raise ValueError(
            f"n is {n}, scale {scale}; give n >= 2 and a finite scale >= 0"
        )
    return (torch.arange(n) >= n // 2).long()
