"""Glow's layers of each library, with the weights of ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import FrEIA.framework as freia
import FrEIA.modules
import nflows.transforms
import normflows
import torch
from rederived.chapters.fvae.glow_layers import ActNorm
from torch import Tensor, nn
from torch.nn.utils import convert_conv2d_weight_memory_format


class FreiaShift(FrEIA.modules.InvertibleModule):  # type: ignore[misc]
    """An additive coupling of one half: FrEIA's changes both halves in turn."""

    def __init__(self, dims_in: Sequence[tuple[int, ...]], network: nn.Module) -> None:
        super().__init__(dims_in)
        self.network = network

    def forward(
        self, x_or_z: Sequence[Tensor], rev: bool = False, jac: bool = True
    ) -> tuple[tuple[Tensor], float]:
        """Return ``(x1, x2 + m(x1))``, or for ``rev`` the inverse, and zero."""
        kept, changed = x_or_z[0].chunk(2, dim=1)
        shift = self.network(kept)
        moved = changed - shift if rev else changed + shift
        return (torch.cat((kept, moved), dim=1),), 0.0

    def output_dims(
        self, input_dims: Sequence[tuple[int, ...]]
    ) -> Sequence[tuple[int, ...]]:
        """Return the shapes unchanged."""
        return input_dims


def negated(network: nn.Module) -> nn.Module:
    """Change the sign of a network's output, in place."""
    with torch.no_grad():
        for one in list(network.parameters())[-2:]:
            one.neg_()
    return network


def plain(ours: nn.Module) -> nn.Module:
    """Return a plain network with the weights of ours, channels last."""
    assert isinstance(ours, nn.Sequential)
    first, last = ours[0], ours[-1]
    assert isinstance(first, nn.Conv2d) and isinstance(last, nn.Conv2d)
    network = plain_network(first.in_channels, last.out_channels, first.out_channels)
    network.load_state_dict(ours.state_dict())
    return convert_conv2d_weight_memory_format(network, torch.channels_last)


def plain_network(inputs: int, outputs: int, width: int) -> nn.Sequential:
    """Return Glow's coupling network as one writes it for a library that has none."""
    return nn.Sequential(
        nn.Conv2d(inputs, width, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(width, width, 1),
        nn.ReLU(),
        nn.Conv2d(width, outputs, 3, padding=1),
    )


@torch.no_grad()
def normflows_actnorm(ours: ActNorm) -> nn.Module:
    """Return normflows' layer, whose map goes from code to data."""
    theirs: Any = normflows.flows.ActNorm((len(ours.shift), 1, 1))
    theirs.s.copy_(-ours.log_scale.view_as(theirs.s))
    theirs.t.copy_((-ours.shift * (-ours.log_scale).exp()).view_as(theirs.t))
    theirs.data_dep_init_done.fill_(1.0)
    layer: nn.Module = theirs
    return layer


def normflows_shuffle(order: Tensor) -> nn.Module:
    """Return normflows' shuffle, whose map goes from code to data."""
    shuffle: Any = normflows.flows.Permute(len(order))
    shuffle.inv_perm.copy_(order)
    shuffle.perm.copy_(order.argsort())
    layer: nn.Module = shuffle
    return layer


@torch.no_grad()
def nflows_actnorm(ours: ActNorm) -> nn.Module:
    """Return nflows' layer, marked as started."""
    theirs: Any = nflows.transforms.ActNorm(len(ours.shift))
    theirs.log_scale.copy_(ours.log_scale)
    theirs.shift.copy_(ours.shift)
    theirs.initialized.fill_(True)
    layer: nn.Module = theirs
    return layer


@torch.no_grad()
def freia_actnorm(nodes: list[Any], ours: ActNorm) -> None:
    """Append FrEIA's layer, marked as started."""
    nodes.append(freia.Node(nodes[-1].out0, FrEIA.modules.ActNorm, {}))
    theirs = nodes[-1].module
    theirs.scale.copy_(ours.log_scale.view_as(theirs.scale))
    theirs.bias.copy_(ours.shift.view_as(theirs.bias))
    theirs.init_on_next_batch = False
