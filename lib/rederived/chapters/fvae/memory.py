"""How much memory a gradient needs: bytes that autograd keeps, counted, not sampled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from rederived.flows import Bijection


def saved_bytes(bijection: Bijection, x: Tensor) -> int:
    """Return ``gradient_bytes`` of a bijection's loss under a standard normal prior.

    Args:
        bijection: the map to differentiate.
        x: a batch of events.
    """

    def loss() -> Tensor:
        z, log_det = bijection(x)
        return (0.5 * z.square().flatten(1).sum(1) - log_det).sum()

    return gradient_bytes(bijection, loss)


def gradient_bytes(module: nn.Module, loss: Callable[[], Tensor]) -> int:
    """Return the most bytes that autograd keeps while it differentiates a loss.

    Every tensor that is saved between the forward and the backward pass counts, from
    when it is saved until it is released, each storage once; parameters and buffers,
    there anyway, do not count.  Gradients of parameters and an operation's own scratch
    space are not seen.  The number is the same on every machine.  Gradients that
    parameters held are kept.

    Args:
        module: whose parameters the loss is differentiated by.
        loss: computes the loss, a scalar.
    """
    parameters = [one for one in module.parameters() if one.requires_grad]
    there_anyway = [*module.parameters(), *module.buffers()]
    meter = _Meter({_address(one) for one in there_anyway})
    with torch.autograd.graph.saved_tensors_hooks(
        lambda tensor: _Kept(tensor, meter), lambda kept: kept.tensor
    ):
        torch.autograd.grad(loss(), parameters, allow_unused=True)
    return meter.peak


@dataclass
class _Meter:
    """How often each storage is kept, and the most bytes kept at once."""

    ignored: set[int]
    users: dict[int, int] = field(default_factory=dict)
    total: int = 0
    peak: int = 0

    def add(self, tensor: Tensor) -> None:
        address = _address(tensor)
        if address not in self.ignored:
            self.users[address] = self.users.get(address, 0) + 1
            if self.users[address] == 1:
                self.total += tensor.untyped_storage().nbytes()
                self.peak = max(self.peak, self.total)

    def remove(self, tensor: Tensor) -> None:
        address = _address(tensor)
        if address not in self.ignored:
            self.users[address] -= 1
            if self.users[address] == 0:
                self.total -= tensor.untyped_storage().nbytes()


class _Kept:
    """A saved tensor that tells the meter when it comes and when it goes."""

    def __init__(self, tensor: Tensor, meter: _Meter) -> None:
        self.tensor = tensor
        self.meter = meter
        meter.add(tensor)

    def __del__(self) -> None:
        self.meter.remove(self.tensor)


def _address(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()
