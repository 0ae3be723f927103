"""Activation normalisation: one scale and one shift for each channel (Glow, 3.1).

Unlike batch normalisation it never looks at the batch: rows do not see each other,
and training and use compute the same.  A data-dependent start is an explicit call
that sets ordinary parameters, so checkpoints and averaged weights need no flag.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from rederived.flows.bijection import Bijection


class ActNorm(Bijection):
    """Scale and shift each channel, ``z_c = s_c x_c + b_c`` with ``s_c = exp(a_c)``.

    ``log|det dz/dx| = H W sum_c a_c``: every one of the ``H W`` places of an image
    is scaled alike (Glow, table 1, arXiv:1807.03039).  It starts as the identity.

    Args:
        channels: the size of dimension 1 of ``(B, C, H, W)``; events of any number
            of further dimensions are allowed.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.zeros(channels))
        self.shift = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``s x + b`` and ``H W sum a``."""
        scale, shift = self._along_channels(x, self.log_scale.exp(), self.shift)
        return torch.addcmul(shift, x, scale), self._log_det(x)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``(z - b) / s`` and ``-H W sum a``."""
        scale, shift = self._along_channels(z, (-self.log_scale).exp(), self.shift)
        return (z - shift) * scale, -self._log_det(z)

    @torch.no_grad()
    def initialize_from(self, x: Tensor) -> None:
        """Choose scale and shift so that ``x`` leaves with mean 0 and variance 1.

        Args:
            x: a batch as it arrives at this layer, ``(B, C, ...)``.

        Raises:
            ValueError: if a channel is constant, so that no scale can help.
        """
        by_channel = x.transpose(0, 1).flatten(1)
        std = by_channel.std(dim=1, correction=0)
        if not bool((std > 0).all()):
            constant = (~(std > 0)).nonzero().flatten().tolist()
            raise ValueError(
                f"channels {constant} of the batch are constant: start from more "
                "varied or from dequantised data, or keep the identity"
            )
        self.log_scale.copy_(-std.log())
        self.shift.copy_(-by_channel.mean(dim=1) / std)

    def _log_det(self, x: Tensor) -> Tensor:
        """Return ``H W sum a`` for each row; ``H W`` is one for flat events."""
        places = math.prod(x.shape[2:])
        return (places * self.log_scale.sum()).expand(x.shape[0])

    @staticmethod
    def _along_channels(x: Tensor, *values: Tensor) -> tuple[Tensor, ...]:
        """Shape values ``(C,)`` so that they meet dimension 1 of ``x``."""
        shape = (-1, *(1 for _ in x.shape[2:]))
        return tuple(value.view(shape) for value in values)


@torch.no_grad()
def initialize_actnorms(bijection: Bijection, x: Tensor) -> None:
    """Set every ``ActNorm`` of a bijection in place from the data that reach it.

    One forward pass; each layer is set before it acts, so that the next one sees
    normalised activations (Glow, section 3.1).  Call it once, before training; its
    result is in the parameters.

    Args:
        bijection: the flow's map.
        x: a batch of events, ``(B, *event)``, as many rows as can be had.

    Raises:
        ValueError: if a layer sees a constant channel, or is not met going forwards
            (because it stands inside an ``Inverse``).
    """
    layers = [layer for layer in bijection.modules() if isinstance(layer, ActNorm)]
    met: set[nn.Module] = set()

    def start(layer: nn.Module, arguments: tuple[Tensor]) -> None:
        assert isinstance(layer, ActNorm)
        layer.initialize_from(arguments[0])
        met.add(layer)

    handles = [layer.register_forward_pre_hook(start) for layer in layers]
    try:
        bijection(x)
    finally:
        for handle in handles:
            handle.remove()
    if len(met) < len(layers):
        raise ValueError(
            f"{len(layers) - len(met)} of {len(layers)} ActNorm layers are not met "
            "going forwards: initialise the map that they invert"
        )
