"""Glow as each library offers it: its own steps, couplings and starting values.

Three levels of affine couplings and mixed channels without conditional priors, with
3x3, 1x1 and 3x3 convolutions as networks.  The models are of one architecture but not
equal: each library bounds its scales in its own way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import FrEIA.framework as freia
import FrEIA.modules
import nflows.distributions
import nflows.flows
import nflows.transforms
import normflows
import torch
from rederived.chapters.fvae.glow import glow
from torch import Tensor, nn

from benchmarks.glow_libraries import freia_log_prob, part_shapes
from benchmarks.glow_parts import plain_network
from benchmarks.nice_parts import WithoutContext

LossOf = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class GlowSize:
    """How large a Glow is.

    Attributes:
        side: height and width of an image with three channels.
        levels: number of scales.
        steps: steps in each level.
        width: hidden channels of the coupling networks.
        batch: images in a batch.
    """

    side: int = 32
    levels: int = 3
    steps: int = 4
    width: int = 128
    batch: int = 32

    @property
    def event_shape(self) -> tuple[int, int, int]:
        """The shape of one image."""
        return 3, self.side, self.side


def rederive_documented(size: GlowSize) -> tuple[nn.Module, LossOf]:
    """Build the library's own."""
    flow = glow(
        size.event_shape,
        levels=size.levels,
        steps=size.steps,
        width=size.width,
        generator=torch.Generator().manual_seed(3),
        coupling="affine",
        mixing="lu",
        conditional=False,
    )
    return flow, lambda x: -flow.log_prob(x).mean()


def normflows_documented(size: GlowSize) -> tuple[nn.Module, LossOf]:
    """Build it as in normflows' example of Glow, without classes."""
    flows, merges = [], []
    for top in range(size.levels):
        channels = 3 * 2 ** (size.levels + 1 - top)
        blocks = [
            normflows.flows.GlowBlock(channels, size.width) for _ in range(size.steps)
        ]
        flows.append([*blocks, normflows.flows.Squeeze()])
        if top > 0:
            merges.append(normflows.flows.Merge())
    shapes = part_shapes(size.event_shape, size.levels)[::-1]
    priors = [normflows.distributions.DiagGaussian(shape) for shape in shapes]
    module = normflows.MultiscaleFlow(priors, flows, merges, class_cond=False)
    return module, lambda x: -module.log_prob(x, None).mean()


def nflows_documented(size: GlowSize) -> tuple[nn.Module, LossOf]:
    """Build it from nflows' normalisation, convolution and affine coupling."""
    multiscale = nflows.transforms.MultiscaleCompositeTransform(size.levels)
    channels, side = 12, size.side // 2
    for _ in range(size.levels):
        layers = [nflows.transforms.SqueezeTransform()]
        for _ in range(size.steps):
            layers += [
                nflows.transforms.ActNorm(channels),
                nflows.transforms.OneByOneConvolution(channels),
                nflows.transforms.AffineCouplingTransform(
                    (torch.arange(channels) >= channels // 2).int(),
                    lambda i, o: WithoutContext(plain_network(i, o, size.width)),
                ),
            ]
        multiscale.add_transform(
            nflows.transforms.CompositeTransform(layers), (channels, side, side)
        )
        channels, side = 2 * channels, side // 2
    prior = nflows.distributions.StandardNormal([3 * size.side**2])
    module = nflows.flows.Flow(multiscale, prior)
    return module, lambda x: -module.log_prob(x).mean()


def freia_documented(size: GlowSize) -> tuple[nn.Module, LossOf]:
    """Build it from FrEIA's ``AllInOneBlock``."""
    nodes = [freia.InputNode(*size.event_shape)]
    outputs = []
    block = {"subnet_constructor": lambda i, o: plain_network(i, o, size.width)}
    for number in range(1, size.levels + 1):
        layers: list[tuple[type, dict[str, Any]]] = [
            (FrEIA.modules.IRevNetDownsampling, {}),
            *[(FrEIA.modules.AllInOneBlock, block)] * size.steps,
        ]
        for kind, options in layers:
            nodes.append(freia.Node(nodes[-1].out0, kind, options))
        if number < size.levels:
            nodes.append(freia.Node(nodes[-1].out0, FrEIA.modules.Split, {}))
            outputs.append(freia.OutputNode(nodes[-1].out1))
    outputs.append(freia.OutputNode(nodes[-1].out0))
    module = freia.GraphINN([*nodes, *outputs])
    return module, lambda x: -freia_log_prob(module, x).mean()


DOCUMENTED: dict[str, Callable[[GlowSize], tuple[nn.Module, LossOf]]] = {
    "rederived": rederive_documented,
    "normflows": normflows_documented,
    "nflows": nflows_documented,
    "FrEIA": freia_documented,
}
"""The library's own model first, then the peers'."""
