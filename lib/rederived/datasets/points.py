"""Points in the plane with a known density, for pictures of what a model learns."""

import math

import torch
from torch import Generator, Tensor

RING_RADIUS = 2.0
RING_SCALE = GRID_SCALE = 0.1  # standard deviation of a mode


def ring_centres() -> Tensor:
    """Return 8 points on a circle of radius 2, from angle 0 on, float32 (8, 2)."""
    angle = torch.arange(8, dtype=torch.float64) * (2 * math.pi / 8)
    return (RING_RADIUS * torch.stack([angle.cos(), angle.sin()], dim=1)).float()


def grid_centres() -> Tensor:
    """Return a 5x5 grid of spacing 1 about the origin, row by row, float32 (25, 2)."""
    axis = torch.arange(5, dtype=torch.float32) - 2
    return torch.cartesian_prod(axis, axis)


def gaussian_mixture(
    n: int, generator: Generator, centres: Tensor, scale: float
) -> Tensor:
    """Draw from the mixture of equal isotropic Gaussians, float32 (n, 2).

    Args:
        n: number of points.
        generator: source of the draws.
        centres: the means, (K, 2).
        scale: standard deviation of each coordinate.

    Raises:
        ValueError: if the centres have another shape, or ``scale`` is not above 0.
    """
    if centres.ndim != 2 or centres.shape[1] != 2:
        raise ValueError(f"centres have shape {tuple(centres.shape)}; give (K, 2)")
    if not 0 < scale < math.inf:
        raise ValueError(f"scale is {scale}; give a standard deviation above 0")
    component = torch.randint(len(centres), (n,), generator=generator)
    noise = torch.randn(n, 2, generator=generator, dtype=torch.float32)
    return centres.float()[component] + scale * noise


def ring(n: int, generator: Generator) -> Tensor:
    """Draw from the Gaussians about :func:`ring_centres`, (n, 2)."""
    return gaussian_mixture(n, generator, ring_centres(), RING_SCALE)


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
        n: number of points.
        generator: source of the draws.
        scale: standard deviation of the noise in each coordinate.

    Returns:
        float32 (n, 2).

    Raises:
        ValueError: if ``scale`` is negative, NaN or infinite.
    """
    if not 0 <= scale < math.inf:
        raise ValueError(f"scale is {scale}; give a standard deviation of at least 0")
    position = 2 * torch.rand(n, generator=generator, dtype=torch.float32)
    return moons_curve(position) + scale * torch.randn(
        n, 2, generator=generator, dtype=torch.float32
    )
