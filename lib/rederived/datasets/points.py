"""Points in the plane with a known density, for pictures of what a model learns."""

import math

import torch
from torch import Generator, Tensor

RING_RADIUS, RING_SCALE = 2.0, 0.1
GRID_SPACING, GRID_SCALE = 1.0, 0.1


def ring_centres(modes: int = 8, radius: float = RING_RADIUS) -> Tensor:
    """Return ``modes`` points on a circle, from angle 0 on, float32 of (modes, 2)."""
    angle = torch.arange(modes, dtype=torch.float64) * (2 * math.pi / modes)
    return (radius * torch.stack([angle.cos(), angle.sin()], dim=1)).float()


def grid_centres(side: int = 5, spacing: float = GRID_SPACING) -> Tensor:
    """Return a square grid about the origin, row by row, float32 of (side**2, 2)."""
    axis = (torch.arange(side, dtype=torch.float32) - (side - 1) / 2) * spacing
    return torch.cartesian_prod(axis, axis)


def gaussian_mixture(
    n: int, generator: Generator, centres: Tensor, scale: float
) -> Tensor:
    """Draw from the mixture of equal isotropic Gaussians about ``centres``.

    Args:
        n: Number of points.
        generator: Source of the draws.
        centres: Means, shape (K, 2).
        scale: Standard deviation of each coordinate, more than 0.

    Returns:
        float32 of shape (n, 2).
    """
    _check(n, centres, scale)
    component = torch.randint(len(centres), (n,), generator=generator)
    noise = torch.randn(n, 2, generator=generator)
    return centres.float()[component] + scale * noise


def ring(n: int, generator: Generator, modes: int = 8) -> Tensor:
    """Draw from ``modes`` Gaussians (sd 0.1) on a circle of radius 2, (n, 2)."""
    return gaussian_mixture(n, generator, ring_centres(modes), RING_SCALE)


def grid(n: int, generator: Generator, side: int = 5) -> Tensor:
    """Draw from ``side**2`` Gaussians (sd 0.1) on a grid of spacing 1, (n, 2)."""
    return gaussian_mixture(n, generator, grid_centres(side), GRID_SCALE)


def moons_curve(position: Tensor) -> Tensor:
    """Return the points of the two half circles without noise.

    Args:
        position: In [0, 2), shape (n,): below 1 the upper moon, centred at (0, 0), from
            1 on the lower one, centred at (1, 0.5); the fraction runs along it.

    Returns:
        Shape (n, 2), in the dtype of ``position``.
    """
    lower = position >= 1
    angle = math.pi * (position - lower.to(position.dtype))
    upper_moon = torch.stack([angle.cos(), angle.sin()], dim=1)
    lower_moon = torch.stack([1 - angle.cos(), 0.5 - angle.sin()], dim=1)
    return torch.where(lower[:, None], lower_moon, upper_moon)


def moons(n: int, generator: Generator, scale: float = 0.1) -> Tensor:
    """Draw from two half circles, uniform along them, with Gaussian noise.

    Args:
        n: Number of points.
        generator: Source of the draws.
        scale: Standard deviation of the noise in each coordinate, 0 or more.

    Returns:
        float32 of shape (n, 2).
    """
    if scale < 0:
        raise ValueError(f"scale is {scale}; give 0 or more")
    position = 2 * torch.rand(n, generator=generator)
    return moons_curve(position) + scale * torch.randn(n, 2, generator=generator)


def _check(n: int, centres: Tensor, scale: float) -> None:
    if n < 0:
        raise ValueError(f"n is {n}; give 0 or more points")
    if centres.ndim != 2 or centres.shape[1] != 2 or len(centres) == 0:
        raise ValueError(
            f"centres have shape {tuple(centres.shape)}; give (K, 2) with K >= 1"
        )
    if scale <= 0:
        raise ValueError(f"scale is {scale}; give a standard deviation above 0")
