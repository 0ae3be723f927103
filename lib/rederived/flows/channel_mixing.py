"""How a Glow step mixes channels: a fixed shuffle, or a learned 1x1 convolution.

A 1x1 convolution multiplies the ``C`` channels of each of the ``H W`` places by one
matrix ``W``, so that ``log|det dz/dx| = H W log|det W|`` (Glow, equation 10).  The
logarithm of the determinant costs ``O(C^3)``, or ``O(C)`` with ``W`` in factors.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from rederived.flows.bijection import Bijection, zero_log_det
from rederived.flows.permutations import Permutation


class ChannelPermutation(Permutation):
    """Reorder the channels by a fixed permutation, ``z[:, i] = x[:, order[i]]``.

    Args:
        order: a permutation of ``0..C-1``, int64 ``(C,)``.

    Raises:
        ValueError: if ``order`` is not a permutation.
    """

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``x[:, order]``."""
        return _gather(x, self.order, self.inverse_order), zero_log_det(x)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Undo the reordering."""
        return _gather(z, self.inverse_order, self.order), zero_log_det(z)


class InvertibleConvolution(Bijection):
    """Multiply the channels of each place by a learned matrix ``W``, ``(C, C)``.

    It starts as a random rotation, which keeps volume.

    Args:
        channels: the number ``C`` of channels.
        generator: draws the rotation.
    """

    def __init__(self, channels: int, generator: torch.Generator) -> None:
        super().__init__()
        self.weight = nn.Parameter(random_rotation(channels, generator))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``W x`` at each place, and ``H W log|det W|``."""
        return _multiply(self.weight, x), self._log_det(x)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``W^-1 z`` at each place, and ``-H W log|det W|``."""
        inverse = torch.linalg.inv(self.weight.double()).to(self.weight.dtype)
        return _multiply(inverse, z), -self._log_det(z)

    def _log_det(self, x: Tensor) -> Tensor:
        one_place: Tensor = torch.linalg.slogdet(self.weight).logabsdet
        return (_places(x) * one_place).expand(x.shape[0])


class LUConvolution(Bijection):
    """The same with ``W = P L (U + diag(s))`` (Glow, equation 11).

    ``P`` is a fixed permutation, ``L`` lower triangular with ones on its diagonal,
    ``U`` strictly upper triangular, ``s = sign * exp(log_size)`` with fixed signs, so
    that ``W`` stays invertible and ``log|det W| = sum log_size``.  It starts as a
    random rotation.

    Args:
        channels: the number ``C`` of channels.
        generator: draws the rotation.
    """

    permutation: Tensor
    sign: Tensor

    def __init__(self, channels: int, generator: torch.Generator) -> None:
        super().__init__()
        rotation = random_rotation(channels, generator)
        permutation, lower, upper = torch.linalg.lu(rotation)
        diagonal = upper.diagonal()
        self.register_buffer("permutation", permutation)
        self.register_buffer("sign", diagonal.sign())
        self.lower = nn.Parameter(lower.tril(-1))
        self.upper = nn.Parameter(upper.triu(1))
        self.log_size = nn.Parameter(diagonal.abs().log())

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``W x`` at each place, and ``H W sum log_size``."""
        with torch.autocast(x.device.type, enabled=False):
            lower, upper = self._factors()
            weight = self.permutation @ lower @ upper
        return _multiply(weight, x), self._log_det(x)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``W^-1 z`` by two triangular solutions, and ``-H W sum log_size``."""
        lower, upper = (one.double() for one in self._factors())
        solved = torch.linalg.solve_triangular(
            lower, self.permutation.double().T, upper=False, unitriangular=True
        )
        inverse = torch.linalg.solve_triangular(upper, solved, upper=True)
        return _multiply(inverse.to(z.dtype), z), -self._log_det(z)

    def _factors(self) -> tuple[Tensor, Tensor]:
        """Return ``L`` and ``U + diag(s)``."""
        ones = torch.ones_like(self.log_size)
        lower = self.lower.tril(-1) + ones.diag()
        upper = self.upper.triu(1) + (self.sign * self.log_size.exp()).diag()
        return lower, upper

    def _log_det(self, x: Tensor) -> Tensor:
        one_place = self.log_size.sum()
        return (_places(x) * one_place).expand(x.shape[0])


def random_rotation(size: int, generator: torch.Generator) -> Tensor:
    """Draw an orthogonal matrix, uniformly (QR with a positive diagonal of R)."""
    gaussian = torch.randn(size, size, generator=generator, dtype=torch.float64)
    orthogonal, triangle = torch.linalg.qr(gaussian)
    rotation: Tensor = orthogonal * triangle.diagonal().sign()
    return rotation.to(torch.get_default_dtype())


def _multiply(weight: Tensor, x: Tensor) -> Tensor:
    """Multiply the channels of each place by ``weight``, never in a narrow type."""
    with torch.autocast(x.device.type, enabled=False):
        return functional.conv2d(x, weight[:, :, None, None])


def _places(x: Tensor) -> int:
    """Return ``H W``: the number of places that an image ``(B, C, H, W)`` has."""
    return math.prod(x.shape[2:])


class _Gather(torch.autograd.Function):
    """Take channels in an order whose inverse is known: the gradient is a gather too.

    PyTorch, which cannot know that no channel is taken twice, would add up instead.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, order: Tensor, inverse_order: Tensor) -> Tensor:
        return x.index_select(1, order)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:  # noqa: ANN401
        _, order, inverse_order = inputs
        ctx.save_for_backward(order, inverse_order)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN401
        order, inverse_order = ctx.saved_tensors
        return _gather(gradient, inverse_order, order), None, None


def _gather(x: Tensor, order: Tensor, inverse_order: Tensor) -> Tensor:
    """Return ``x[:, order]``."""
    z: Tensor = _Gather.apply(x, order, inverse_order)  # type: ignore[no-untyped-call]
    return z
