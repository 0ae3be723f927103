"""One Glow with the parts of each library, on shared weights.

Levels of ActNorm, channel shuffle and additive coupling; after each level half of the
channels leave without a conditional prior; a last ActNorm; a standard normal prior.
Every peer takes the weights of our flow.  Its networks are written as one writes them
for a library that has none, with channels last in memory as ours.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import FrEIA.framework as freia
import FrEIA.modules
import nflows.distributions
import nflows.flows
import nflows.transforms
import normflows
import torch
from rederived.chapters.fvae.glow_layers import ActNorm
from rederived.flows import Flow
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.glow_parts import (
    FreiaShift,
    freia_actnorm,
    negated,
    nflows_actnorm,
    normflows_actnorm,
    normflows_shuffle,
    plain,
)
from benchmarks.nice_parts import WithoutContext


@dataclass(frozen=True)
class GlowModel:
    """A library's Glow behind what the benchmark and the parity tests need.

    Attributes:
        module: what holds the parameters.
        networks: the coupling networks, the one nearest to the data first.
        log_prob: from images to log-densities ``(B,)``, nats.
        decode: from a code in parts to images; the parts are what leaves after each
            level, ``(B, C, h, w)``, the first level's first.
        sign: -1 where the map goes from code to data, so that shifts are negated.
    """

    module: nn.Module
    networks: Sequence[nn.Module]
    log_prob: Callable[[Tensor], Tensor]
    decode: Callable[[list[Tensor]], Tensor]
    sign: float = 1.0

    @torch.no_grad()
    def weights(self) -> Tensor:
        """Return all weights of the networks in one sign convention, flat."""
        found: list[Tensor] = []
        for network in self.networks:
            *hidden, weight, bias = network.parameters()
            found += [*hidden, self.sign * weight, self.sign * bias]
        return torch.cat([one.flatten() for one in found])


@dataclass(frozen=True)
class Step:
    """What one step of our flow consists of."""

    actnorm: ActNorm
    order: Tensor
    network: nn.Module


def dissect(flow: Flow) -> tuple[list[list[Step]], ActNorm]:
    """Return the steps of every level of ``glow``, and its last ActNorm."""
    levels: list[list[Step]] = []
    part: Any = flow.bijection.get_submodule("steps.1")
    while True:
        level, after = part.steps
        parts = list(level.steps)
        triples = zip(parts[0::3], parts[1::3], parts[2::3], strict=True)
        levels.append([Step(a, mix.order, move.shift) for a, mix, move in triples])
        if isinstance(after, ActNorm):
            return levels, after
        part = after.inner.steps[1]


def rederive_glow(flow: Flow) -> GlowModel:
    """Return the library's own."""
    levels, _ = dissect(flow)

    def decode(parts: list[Tensor]) -> Tensor:
        *leaving, code = parts
        for part in reversed(leaving):
            code = torch.cat((functional.pixel_shuffle(code, 2), part), dim=1)
        return flow.bijection.inverse(functional.pixel_shuffle(code, 2))[0]

    networks = [step.network for steps in levels for step in steps]
    return GlowModel(flow, networks, flow.log_prob, decode)


def normflows_glow(flow: Flow) -> GlowModel:
    """Build a ``MultiscaleFlow``; its maps go from code to data."""
    levels, last = dissect(flow)
    networks: list[nn.Module] = []
    flows: list[list[nn.Module]] = []
    for steps in levels:
        flows.append([normflows.flows.Squeeze()])
        for step in steps:
            networks.append(negated(plain(step.network)))
            parts = [
                normflows.flows.AffineCouplingBlock(networks[-1], scale=False),
                normflows_shuffle(step.order),
                normflows_actnorm(step.actnorm),
            ]
            if steps is levels[-1] and step is steps[-1]:
                parts.insert(0, normflows_actnorm(last))
            flows[-1].append(normflows.flows.Composite(parts))
    priors = [
        normflows.distributions.DiagGaussian(shape, trainable=False)
        for shape in part_shapes(flow.event_shape, len(levels))
    ]
    module = normflows.MultiscaleFlow(
        priors[::-1],
        [one[::-1] for one in flows[::-1]],
        [normflows.flows.Merge() for _ in levels[1:]],
        class_cond=False,
    )
    return GlowModel(
        module,
        networks,
        lambda x: module.log_prob(x, None),
        lambda parts: module.forward_and_log_det(parts[::-1])[0],
        sign=-1.0,
    )


def nflows_glow(flow: Flow) -> GlowModel:
    """Build a ``MultiscaleCompositeTransform``, where the *first* half leaves.

    The last shuffle of a level therefore exchanges the halves.
    """
    levels, last = dissect(flow)
    transforms = nflows.transforms
    networks: list[nn.Module] = []
    multiscale = transforms.MultiscaleCompositeTransform(len(levels))
    channels, side = flow.event_shape[:2]
    for number, steps in enumerate(levels, start=1):
        channels, side = (4 if number == 1 else 2) * channels, side // 2
        layers = [transforms.SqueezeTransform()]
        for place, step in enumerate(steps, start=1):
            swap = place == len(steps) and number < len(levels)
            order = step.order.roll(channels // 2) if swap else step.order
            changed = (torch.arange(channels) < channels // 2) == swap
            networks.append(plain(step.network))
            layers += [
                nflows_actnorm(step.actnorm),
                transforms.Permutation(order, dim=1),
                transforms.AdditiveCouplingTransform(
                    changed.int(), lambda _i, _o, n=networks[-1]: WithoutContext(n)
                ),
            ]
        if number == len(levels):
            layers.append(nflows_actnorm(last))
        multiscale.add_transform(
            transforms.CompositeTransform(layers), (channels, side, side)
        )
    prior = nflows.distributions.StandardNormal([math.prod(flow.event_shape)])
    module = nflows.flows.Flow(multiscale, prior)

    def decode(parts: list[Tensor]) -> Tensor:
        x: Tensor = multiscale.inverse(torch.cat([p.flatten(1) for p in parts], 1))[0]
        return x

    return GlowModel(module, networks, module.log_prob, decode)


def freia_glow(flow: Flow) -> GlowModel:
    """Build a ``GraphINN`` with a ``Split`` after each level; densities by hand."""
    levels, last = dissect(flow)
    networks: list[nn.Module] = []
    nodes = [freia.InputNode(*flow.event_shape)]
    outputs = []

    def add(kind: type, **options: object) -> None:
        nodes.append(freia.Node(nodes[-1].out0, kind, options))

    for number, steps in enumerate(levels, start=1):
        add(FrEIA.modules.IRevNetDownsampling)
        for step in steps:
            networks.append(plain(step.network))
            freia_actnorm(nodes, step.actnorm)
            add(FrEIA.modules.PermuteRandom)
            nodes[-1].module.perm.data.copy_(step.order)
            nodes[-1].module.perm_inv.data.copy_(step.order.argsort())
            add(FreiaShift, network=networks[-1])
        if number < len(levels):
            add(FrEIA.modules.Split)
            outputs.append(freia.OutputNode(nodes[-1].out1))
    freia_actnorm(nodes, last)
    outputs.append(freia.OutputNode(nodes[-1].out0))
    module = freia.GraphINN([*nodes, *outputs])
    return GlowModel(
        module,
        networks,
        lambda x: freia_log_prob(module, x),
        lambda parts: module(parts, rev=True)[0],
    )


BUILDERS: dict[str, Callable[[Flow], GlowModel]] = {
    "rederived": rederive_glow,
    "normflows": normflows_glow,
    "nflows": nflows_glow,
    "FrEIA": freia_glow,
}
"""The library's own model first, then the peers'."""


def part_shapes(event_shape: tuple[int, ...], levels: int) -> list[tuple[int, ...]]:
    """Return the shapes of what leaves after each level, the first level's first."""
    channels, height, width = event_shape
    sizes = range(1, levels + 1)
    shapes = [(channels * 2**k, height >> k, width >> k) for k in sizes]
    top = shapes[-1]
    return [*shapes[:-1], (2 * top[0], *top[1:])]


def freia_log_prob(module: nn.Module, x: Tensor) -> Tensor:
    """Return the log-density as FrEIA's documentation writes it out."""
    parts, log_det = module(x)
    parts = (parts,) if isinstance(parts, Tensor) else parts
    squares = sum(torch.sum(part**2, dim=(1, 2, 3)) for part in parts)
    constant = 0.5 * x[0].numel() * math.log(2.0 * math.pi)
    log_density: Tensor = log_det - 0.5 * squares - constant
    return log_density
