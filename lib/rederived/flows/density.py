"""A flow as a density: likelihood, sampling with temperature, bits per dimension."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rederived.flows.bijection import Bijection
from rederived.flows.priors import Prior


class Flow(nn.Module):
    """The distribution of ``x = f^-1(z)`` with ``z`` drawn from the prior.

    Args:
        bijection: the map ``f`` from data to code.
        prior: the distribution of the code.
        event_shape: the shape of one event in data space and in code space.

    >>> from rederived.flows import DiagonalScale, StandardNormal
    >>> flow = Flow(DiagonalScale((3,)), StandardNormal(), (3,))
    >>> flow.log_prob(torch.zeros(2, 3))
    tensor([-2.7568, -2.7568], grad_fn=<AddBackward0>)
    >>> flow.sample(5, torch.Generator().manual_seed(0)).shape
    torch.Size([5, 3])
    """

    def __init__(
        self, bijection: Bijection, prior: Prior, event_shape: tuple[int, ...]
    ) -> None:
        super().__init__()
        self.bijection = bijection
        self.prior = prior
        self.event_shape = event_shape

    def forward(self, x: Tensor) -> Tensor:
        """Return ``log_prob(x)``: what a training objective calls."""
        return self.log_prob(x)

    def log_prob(self, x: Tensor) -> Tensor:
        """Return ``log q(f(x)) + log|det df/dx|`` as ``(B,)``, nats.

        Raises:
            ValueError: for events of another shape, or of integers, and if the
                bijection changes their shape.
        """
        if x.shape[1:] != torch.Size(self.event_shape):
            raise ValueError(
                f"events of shape {tuple(x.shape[1:])} for a flow of "
                f"{tuple(self.event_shape)}: flatten or cut them"
            )
        if not x.is_floating_point():
            raise ValueError(f"events are {x.dtype}: give floating point, dequantised")
        z, log_det = self.bijection(x)
        if z.shape != x.shape or log_det.ndim > 1:
            raise ValueError(
                f"events of shape {tuple(x.shape)} become codes of {tuple(z.shape)}, "
                f"log-determinants of {tuple(log_det.shape)}: a part has another width"
            )
        return self.prior.log_prob(z) + log_det

    @torch.no_grad()
    def sample(
        self, count: int, generator: torch.Generator, temperature: float = 1.0
    ) -> Tensor:
        """Draw ``count`` events by mapping codes back.

        Args:
            count: how many events.
            generator: the source of randomness; codes are drawn on its device, in
                float32, and go on in device and precision of the flow's parameters.
            temperature: what multiplies the code; below one the samples crowd
                around the mode of the prior.

        Returns:
            Events, ``(count, *event)``.

        Raises:
            ValueError: if the temperature is negative or infinite.
        """
        if not 0 <= temperature < math.inf:
            raise ValueError(f"temperature must be at least 0, got {temperature}")
        z = temperature * self.prior.sample((count, *self.event_shape), generator)
        parameter = next(self.parameters(), z)
        z = z.to(parameter.device, parameter.dtype)
        x, _ = self.bijection.inverse(z)
        return x


@dataclass(frozen=True)
class Dequantization:
    """Turn grey levels into real numbers that have a density.

    A pixel with value ``k`` in ``0..levels-1`` becomes
    ``low + (high - low) * (k + u) / levels`` with ``u`` uniform on [0, 1): one cell
    of width ``(high - low) / levels`` for each level.  Averaged over ``u``, the
    log-density of the result bounds the log-probability of the pixels from below
    after ``D log(cell width)`` is added (Theis, van den Oord and Bethge 2016).

    Attributes:
        levels: how many grey levels there are.
        low: where the lowest cell begins.
        high: where the highest cell ends.

    >>> grey = torch.tensor([[0, 255]], dtype=torch.uint8)
    >>> cells = Dequantization()
    >>> (256 * cells(grey, torch.Generator().manual_seed(0))).floor()
    tensor([[  0., 255.]])
    >>> cells.bits_per_dim(0.0, dimensions=784)
    8.0
    """

    levels: int = 256
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        """Refuse cells without a width.

        Raises:
            ValueError: unless there is a level and ``low`` is below ``high``.
        """
        ends = -math.inf < self.low < self.high < math.inf
        if not (1 <= self.levels < math.inf and ends):
            raise ValueError(
                "dequantisation needs levels >= 1 and low < high, both finite, got "
                f"{self.levels} levels from {self.low} to {self.high}"
            )

    @property
    def cell_width(self) -> float:
        """The width of one grey level on the real axis."""
        return (self.high - self.low) / self.levels

    def __call__(self, pixels: Tensor, generator: torch.Generator) -> Tensor:
        """Return float32 values for integer pixels, one uniform draw each.

        Raises:
            ValueError: for pixels that are no integers (``Images.unit`` divides them),
                or none of the levels (looked at on the CPU only: elsewhere each look
                would wait for the device).
        """
        wanted = f"give the integers 0 to {self.levels - 1}"
        if pixels.is_floating_point() or pixels.is_complex():
            raise ValueError(f"pixels are {pixels.dtype}: {wanted}")
        if pixels.numel() and pixels.device.type == "cpu":
            low, high = (int(end) for end in pixels.aminmax())
            if low < 0 or high >= self.levels:
                raise ValueError(f"pixels go from {low} to {high}: {wanted}")
        noise = torch.rand(pixels.shape, generator=generator, device=generator.device)
        value = pixels + noise.to(pixels.device)
        # 255 + u may round to 256, which is the next cell
        inside = torch.nextafter(pixels + 1.0, torch.zeros_like(value))
        scaled = self.low + self.cell_width * torch.minimum(value, inside)
        end = self.low + self.cell_width * (pixels + 1.0)
        return torch.minimum(scaled, end.nextafter(torch.full_like(end, -torch.inf)))

    def bits_per_dim(self, log_likelihood: float, dimensions: int) -> float:
        """Convert nats per event of dequantised data to bits per dimension."""
        return bits_per_dim(log_likelihood, dimensions, self.cell_width)


def bits_per_dim(log_likelihood: float, dimensions: int, cell_width: float) -> float:
    """Convert the log-likelihood of dequantised data to bits per dimension.

    ``-(LL + D log w) / (D log 2)``: the density times the width of the cell
    approximates the probability of the pixel.  With 256 levels this is
    ``8 - LL/(D log 2)`` for data in [0, 1] and ``7 - LL/(D log 2)`` for [-1, 1].

    Args:
        log_likelihood: nats per event, of the data as the model sees them.
        dimensions: the number ``D`` of coordinates of an event.
        cell_width: the width ``w`` of one grey level in the model's units.

    Raises:
        ValueError: if ``dimensions`` or ``cell_width`` is not positive.
    """
    if not (0 < dimensions < math.inf and 0 < cell_width < math.inf):
        raise ValueError(
            f"dimensions and cell_width must be positive, got {dimensions} and "
            f"{cell_width}: pass the event's size and Dequantization.cell_width"
        )
    nats = -(log_likelihood + dimensions * math.log(cell_width)) / dimensions
    return nats / math.log(2.0)
