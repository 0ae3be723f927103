"""What Glow is made of (arXiv:1807.03039): layers of images ``(B, C, H, W)``.

Nothing here changes the shape of an event from end to end, so that a flow with many
scales is one bijection like any other and its prior one standard normal.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from rederived.flows import AffineCoupling, Bijection, Inverse


class Channels:
    """Split an image into the first half of its channels and the second.

    Args:
        swap: change the first half instead of the second.

    >>> kept, changed = Channels().split(torch.zeros(5, 6, 4, 4))
    >>> kept.shape
    torch.Size([5, 3, 4, 4])
    """

    def __init__(self, swap: bool = False) -> None:
        self.swap = swap

    def split(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Cut ``(B, C, H, W)`` with even ``C`` into two ``(B, C/2, H, W)``.

        Raises:
            ValueError: if ``C`` is odd.
        """
        if x.shape[1] % 2:
            raise ValueError(
                f"a channel split needs an even number of channels, got {x.shape[1]}: "
                "squeeze space into channels first"
            )
        first, second = x.chunk(2, dim=1)
        return (second, first) if self.swap else (first, second)

    def merge(self, kept: Tensor, changed: Tensor) -> Tensor:
        """Stack the two halves along the channels."""
        parts = (changed, kept) if self.swap else (kept, changed)
        return torch.cat(parts, dim=1)


class ActNorm(Bijection):
    """Scale and shift each channel, ``z_c = s_c x_c + b_c`` with ``s_c = exp(a_c)``.

    ``log|det dz/dx| = H W sum_c a_c``: every one of the ``H W`` places of an image
    is scaled alike (Glow, table 1).  It starts as the identity, and unlike batch
    normalisation it never looks at the batch; a data-dependent start is the explicit
    call :func:`initialize_actnorms`.

    Args:
        channels: the size of dimension 1; events of any number of further dimensions
            are allowed.

    >>> layer = ActNorm(3)
    >>> _ = layer.log_scale.data.fill_(1.0)
    >>> layer(torch.zeros(1, 3, 2, 2))[1]
    tensor([12.], grad_fn=<AddBackward0>)
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
        by_channel = x.transpose(0, 1).flatten(1)  # (C, B H W)
        by_channel = by_channel.to(self.shift.dtype)  # a mean of halves is a coarse one
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
        places = math.prod(x.shape[2:])  # H W, one for flat events
        each = self.log_scale.expand(x.shape[1])  # a shared one counts for each
        return x.new_zeros(len(x)) + places * each.sum()

    @staticmethod
    def _along_channels(x: Tensor, *values: Tensor) -> tuple[Tensor, ...]:
        """Shape values ``(C,)`` so that they meet dimension 1 of ``x``."""
        shape = (-1, *(1 for _ in x.shape[2:]))
        return tuple(value.view(shape) for value in values)


@torch.no_grad()
def initialize_actnorms(bijection: Bijection, x: Tensor) -> None:
    """Set every ``ActNorm`` of a bijection in place from the data that reach it.

    One forward pass; each layer is set before it acts, so that the next one sees
    normalised activations (Glow, section 3.1).

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


class ChannelPermutation(Bijection):
    """Reorder the channels by a fixed permutation, ``z[:, i] = x[:, order[i]]``.

    Args:
        order: a permutation of ``0..C-1``, int64 ``(C,)``.

    Raises:
        ValueError: if ``order`` is not a permutation.

    >>> shuffle = ChannelPermutation(torch.tensor([2, 0, 1]))
    >>> shuffle(torch.tensor([[1, 2, 3]]))[0]
    tensor([[3, 1, 2]])
    """

    order: Tensor
    inverse_order: Tensor

    def __init__(self, order: Tensor) -> None:
        super().__init__()
        whole = order.dtype == torch.int64  # torch takes uint8 for a mask
        if not (whole and torch.equal(order.sort().values, torch.arange(len(order)))):
            raise ValueError(
                f"order must hold each of 0..{len(order) - 1} once, as int64, got "
                f"{order.tolist()} of {order.dtype}: pass "
                "torch.randperm(n, generator=...)"
            )
        self.register_buffer("order", order.clone())  # the caller may change it
        self.register_buffer("inverse_order", order.argsort())

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``x[:, order]`` and zero."""
        return _gather(x, self.order, self.inverse_order), x.new_zeros(len(x))

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Undo the reordering."""
        return _gather(z, self.inverse_order, self.order), z.new_zeros(len(z))


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
        ctx.save_for_forward(order, inverse_order)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN401
        order, inverse_order = ctx.saved_tensors
        return _gather(gradient, inverse_order, order), None, None

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor, *_: None) -> Tensor:  # noqa: ANN401
        return _gather(tangent, *ctx.saved_tensors)


def _gather(x: Tensor, order: Tensor, inverse_order: Tensor) -> Tensor:
    return _Gather.apply(x, order, inverse_order)  # type: ignore[no-untyped-call]


class Squeeze(Bijection):
    """Turn each square of pixels into channels: ``(C, 2h, 2w)`` to ``(4C, h, w)``.

    Channel ``4c + 2i + j`` of the result holds the pixels of channel ``c`` in row ``i``
    and column ``j`` of their square.  It reorders coordinates, so log|det| is zero.

    >>> Squeeze()(torch.zeros(5, 3, 8, 8))[0].shape
    torch.Size([5, 12, 4, 4])
    """

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Move space into channels.

        Raises:
            ValueError: if height or width is odd.
        """
        batch, channels, height, width = x.shape
        if height % 2 or width % 2:
            raise ValueError(
                f"squeezing needs an even height and width, got {height} x {width}: "
                "pad the image or build fewer levels"
            )
        # not pixel_unshuffle, which gives an empty batch another shape
        squares = x.reshape(batch, channels, height // 2, 2, width // 2, 2)
        z = squares.permute(0, 1, 3, 5, 2, 4)  # (B, C, 2, 2, H / 2, W / 2)
        z = z.reshape(batch, 4 * channels, height // 2, width // 2)
        return z, x.new_zeros(batch)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Move channels back into space."""
        batch, channels, height, width = z.shape
        squares = z.reshape(batch, channels // 4, 2, 2, height, width)
        x = squares.permute(0, 1, 4, 2, 5, 3)  # (B, C / 4, H, 2, W, 2)
        x = x.reshape(batch, channels // 4, 2 * height, 2 * width)
        return x, z.new_zeros(batch)


class FactorOut(Bijection):
    """Leave the second half of the channels alone from here on, map the first further.

    The half ``x2`` that leaves has its own conditional prior given the half ``x1`` that
    goes on, ``x2 ~ N(m(x1), exp(2 a(x1)))``.  Seen as a map, that is
    ``z2 = (x2 - m(x1)) exp(-a(x1))`` with a standard normal ``z2``: the inverse of an
    affine coupling.  ``log|det| = -sum a(x1) + log|det d inner(x1)/d x1|`` (RealNVP,
    section 3.6; Glow, figure 2).

    Args:
        inner: the bijection of what goes on, of events ``(C/2, H, W)``.
        conditioner: from ``x1`` to ``2 C/2`` channels, ``a`` (before it is bounded,
            see ``AffineCoupling``) first, then ``m``.
        limit: the bound on the absolute value of ``a``, nats.

    >>> layer = FactorOut(ActNorm(1), nn.Conv2d(1, 2, 3, padding=1))
    >>> layer(torch.zeros(5, 2, 4, 4))[0].shape
    torch.Size([5, 2, 4, 4])
    """

    def __init__(
        self, inner: Bijection, conditioner: nn.Module, limit: float = 3.0
    ) -> None:
        super().__init__()
        self.inner = inner
        self.standardize = Inverse(AffineCoupling(Channels(), conditioner, limit))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``(inner(x1), z2)`` and the sum of both log-determinants."""
        x, log_det = self.standardize(x)
        kept, leaving = x.chunk(2, dim=1)
        code, inner_log_det = self.inner(kept)
        return torch.cat((code, leaving), dim=1), log_det + inner_log_det

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Undo the inner map first, since the conditioner looks at its input."""
        code, leaving = z.chunk(2, dim=1)
        kept, log_det = self.inner.inverse(code)
        x, outer_log_det = self.standardize.inverse(torch.cat((kept, leaving), dim=1))
        return x, log_det + outer_log_det
