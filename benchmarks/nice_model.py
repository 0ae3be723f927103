"""One interface for NICE models of different libraries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Size:
    """How large a NICE is; the defaults are the article's.

    Attributes:
        dimensions: coordinates of an event, even.
        width: units of each hidden layer.
        depth: hidden layers of each coupling network.
        couplings: coupling layers, even.
    """

    dimensions: int = 784
    width: int = 1000
    depth: int = 5
    couplings: int = 4


@dataclass(frozen=True)
class NiceModel:
    """A library's model behind what the benchmark and the parity tests need.

    Attributes:
        library: its name.
        module: what holds the parameters.
        networks: the coupling networks, the one nearest to the data first.
        log_scale: the diagonal scale's parameter.
        log_prob: from events ``(B, D)`` to log-densities ``(B,)``, nats.
        loss: the mean negative log-density, as the library's documentation has it.
        decode: from codes ``(B, D)`` to events.
        sample: from a count to events, with the library's own source of randomness.
        order: which coordinate the library's model has in each place.
        sign: -1 where the library's map goes from code to data, so that its networks
            and log-scales are the negatives of the others'.
    """

    library: str
    module: nn.Module
    networks: Sequence[nn.Module]
    log_scale: nn.Parameter
    log_prob: Callable[[Tensor], Tensor]
    loss: Callable[[Tensor], Tensor]
    decode: Callable[[Tensor], Tensor]
    sample: Callable[[int], Tensor]
    order: Tensor
    sign: float = 1.0

    def arrange(self, events: Tensor) -> Tensor:
        """Bring coordinates into the model's order."""
        return events[..., self.order]

    def restore(self, events: Tensor) -> Tensor:
        """Undo ``arrange``."""
        return events[..., self.order.argsort()]

    @torch.no_grad()
    def weights(self) -> list[Tensor]:
        """Return copies of all parameters in one order and one sign convention."""
        *networks, scale = (sign * one for one, sign in self._parameters())
        return [*networks, self.restore(scale.flatten())]

    @torch.no_grad()
    def load(self, weights: Sequence[Tensor]) -> None:
        """Take over what another model's ``weights`` returned."""
        *networks, scale = weights
        arranged = [*networks, self.arrange(scale).view_as(self.log_scale)]
        for (one, sign), value in zip(self._parameters(), arranged, strict=True):
            one.copy_(sign * value)

    def _parameters(self) -> Iterator[tuple[nn.Parameter, float]]:
        """Yield each parameter with the sign that it has against the others'."""
        for network in self.networks:
            *hidden, weight, bias = network.parameters()
            yield from ((one, 1.0) for one in hidden)
            yield weight, self.sign
            yield bias, self.sign
        yield self.log_scale, self.sign
