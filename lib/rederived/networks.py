"""Multilayer perceptrons, and the starting weights of any network.

Glorot and Bengio 2010; He and others 2015, arXiv:1502.01852; LeCun and others 1998.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, get_args

import torch
from torch import Tensor, nn

Scheme = Literal["glorot", "he", "lecun", "identity", "fan-in", "small"]
"""How starting weights are drawn, see :func:`initialize`."""

_DRAWN = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


def mlp(
    sizes: Sequence[int],
    *,
    end: type[nn.Module] | None = None,
    dropout: float = 0.0,
) -> nn.Sequential:
    """Build linear layers with ReLU between them.

    Args:
        sizes: units of the input, of each hidden layer, and of the output.
        end: an activation after the last layer; None leaves the output linear.
        dropout: share of hidden units dropped while training.

    Returns:
        A map of ``(..., sizes[0])`` to ``(..., sizes[-1])``.

    Raises:
        ValueError: if there are fewer than two sizes, one is not positive, or the share
            is none.

    >>> mlp([2, 8, 1])(torch.zeros(5, 2)).shape
    torch.Size([5, 1])
    """
    if len(sizes) < 2:
        raise ValueError(f"sizes must name input and output, got {list(sizes)}")
    if not min(sizes) >= 1 or not 0.0 <= dropout < 1.0:
        raise ValueError(
            f"sizes must be at least 1 and dropout in [0, 1), got {list(sizes)} and "
            f"{dropout}"
        )
    layers: list[nn.Module] = []
    for inputs, width in itertools.pairwise(sizes[:-1]):
        layers += [nn.Linear(inputs, width), nn.ReLU()]
        if dropout:
            layers.append(nn.Dropout(dropout))
    layers.append(nn.Linear(sizes[-2], sizes[-1]))
    if end is not None:
        layers.append(end())
    return nn.Sequential(*layers)


def initialize(module: nn.Module, scheme: Scheme, generator: torch.Generator) -> None:
    """Draw the starting weights of linear and convolutional layers; biases become zero.

    Weights are changed in place, layer after layer in the order of ``modules()``.

    Args:
        module: whatever contains the layers.
        scheme: ``"glorot"`` (uniform, variance ``2 / (inputs + outputs)``), ``"he"``
            (normal, variance ``2 / inputs``, keeps it through ReLU layers),
            ``"lecun"`` (normal, variance ``1 / inputs``), ``"identity"`` (as ``"he"``,
            with zeros in the last linear layer of each sequence, counting those in it
            as its own, so that a coupling starts as the identity; Glow, section 3.3),
            ``"fan-in"`` (uniform, bounded by one over the root of the inputs), or
            ``"small"`` (uniform on [-0.01, 0.01], the start of the NICE paper).
        generator: the source of randomness, on the CPU.

    Raises:
        ValueError: for any other scheme, for layers whose weights would stay as torch
            drew them (transposed, or computed by a norm), and for zeros before a ReLU.

    >>> layer = nn.Linear(3, 2)
    >>> initialize(layer, "small", torch.Generator().manual_seed(0))
    >>> bool(layer.weight.abs().max() <= 0.01), layer.bias.tolist()
    (True, [0.0, 0.0])
    """
    if scheme not in _DRAWS:
        *others, last = get_args(Scheme)
        raise ValueError(
            f"scheme must be {', '.join(others)} or {last}, got {scheme!r}"
        )
    for layer in module.modules():
        drawn = isinstance(layer, _DRAWN)
        computed = drawn and not isinstance(layer.weight, nn.Parameter)
        if computed or getattr(layer, "transposed", False):
            raise ValueError(f"this cannot draw the weight of {layer}: do it yourself")
        if isinstance(layer, _DRAWN):
            _DRAWS[scheme](layer.weight, generator)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    if scheme == "identity":
        networks = [one for one in module.modules() if isinstance(one, nn.Sequential)]
        inner = {part for network in networks for part in network}
        for network in networks:
            if network not in inner:
                _end_in_zeros(list(_flat(network)))


def _flat(network: nn.Sequential) -> Iterator[nn.Module]:
    """Yield the layers of a sequence and of the sequences in it, in their order."""
    for layer in network:
        yield from _flat(layer) if isinstance(layer, nn.Sequential) else (layer,)


def _end_in_zeros(layers: list[nn.Module]) -> None:
    for last in [layer for layer in layers if isinstance(layer, nn.Linear)][-1:]:
        after = layers[layers.index(last) :]
        if any(isinstance(layer, nn.ReLU) for layer in after):
            raise ValueError("ReLU of zeros learns nothing: end linearly")
        nn.init.zeros_(last.weight)


def _glorot(weight: Tensor, generator: torch.Generator) -> None:
    nn.init.xavier_uniform_(weight, generator=generator)


def _he(weight: Tensor, generator: torch.Generator) -> None:
    nn.init.kaiming_normal_(weight, nonlinearity="relu", generator=generator)


def _lecun(weight: Tensor, generator: torch.Generator) -> None:
    nn.init.normal_(weight, std=weight[0].numel() ** -0.5, generator=generator)


def _fan_in(weight: Tensor, generator: torch.Generator) -> None:
    bound = 1.0 / math.sqrt(weight[0].numel())
    nn.init.uniform_(weight, -bound, bound, generator=generator)


def _small(weight: Tensor, generator: torch.Generator) -> None:
    nn.init.uniform_(weight, -0.01, 0.01, generator=generator)


_DRAWS: dict[str, Callable[[Tensor, torch.Generator], None]] = {
    "glorot": _glorot,
    "he": _he,
    "identity": _he,
    "lecun": _lecun,
    "fan-in": _fan_in,
    "small": _small,
}
