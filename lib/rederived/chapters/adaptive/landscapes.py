"""Losses whose gradients, curvatures and flows are known in closed form."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Quadratic:
    """``L = theta' H theta / 2``, with the minimum zero at the origin.

    >>> bowl = Quadratic(torch.tensor([[2.0, 0.0], [0.0, 4.0]]))
    >>> bowl.loss(torch.tensor([1.0, 1.0])).item()
    3.0

    Raises:
        ValueError: if the matrix is not symmetric, up to rounding.
    """

    hessian: Tensor
    """Symmetric ``(..., D, D)``; leading axes go with those of the points."""

    def __post_init__(self) -> None:
        if not torch.allclose(self.hessian, self.hessian.mT):
            raise ValueError("the Hessian is not symmetric; give (H + H') / 2")

    def loss(self, theta: Tensor) -> Tensor:
        """Return the loss of points ``(..., D)`` as ``(...)``."""
        return 0.5 * (theta * self.gradient(theta)).sum(-1)

    def gradient(self, theta: Tensor) -> Tensor:
        """Return ``H theta``, of the shape of the points."""
        return (self.hessian @ theta.unsqueeze(-1)).squeeze(-1)


def valley(condition: float, angle: float = 0.0) -> Quadratic:
    """Return a quadratic in the plane, its axes turned by an angle.

    Args:
        condition: the curvature along the second axis; along the first it is 1.
        angle: by which the axes are turned against those of the coordinates, radians.
    """
    turn = rotation(angle)
    scales = torch.tensor([1.0, condition], dtype=torch.float64)
    return Quadratic(turn @ torch.diag(scales) @ turn.T)


def rotation(angle: float) -> Tensor:
    """Return the 2 x 2 matrix that turns the plane by an angle, radians."""
    c, s = math.cos(angle), math.sin(angle)
    return torch.tensor([[c, -s], [s, c]], dtype=torch.float64)


class DoubleWell:
    """``L = (theta^2 - 1)^2 / 4`` in each coordinate: minima at -1 and 1, a hill at 0.

    The curvature is negative for ``|theta| < 1 / sqrt(3)``.

    >>> DoubleWell().gradient(torch.tensor([-1.0, 0.5, 2.0])).tolist()
    [-0.0, -0.375, 6.0]
    """

    def loss(self, theta: Tensor) -> Tensor:
        """Return the loss of each coordinate."""
        return (theta.square() - 1.0).square() / 4.0

    def gradient(self, theta: Tensor) -> Tensor:
        """Return ``theta^3 - theta``."""
        return theta * (theta.square() - 1.0)

    def curvature(self, theta: Tensor) -> Tensor:
        """Return ``3 theta^2 - 1``."""
        return 3.0 * theta.square() - 1.0


@dataclass(frozen=True)
class Quartic:
    """``L = a theta^4 / 4 + b theta^2 / 2 + c theta``, convex for ``a, b >= 0``.

    The coefficients are one number a coordinate.

    >>> Quartic(*torch.tensor([[1.0], [2.0], [3.0]])).gradient(torch.tensor([2.0]))
    tensor([15.])
    """

    a: Tensor
    b: Tensor
    c: Tensor

    def gradient(self, theta: Tensor) -> Tensor:
        """Return ``a theta^3 + b theta + c``."""
        return self.a * theta**3 + self.b * theta + self.c

    def curvature(self, theta: Tensor) -> Tensor:
        """Return ``3 a theta^2 + b``."""
        return 3.0 * self.a * theta.square() + self.b
