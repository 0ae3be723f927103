"""NICE with additive couplings and a diagonal scale, built with each library.

Every builder uses the library's public parts and gives the same model: odd/even
halves that take turns, networks of ReLU layers with a linear end, a diagonal scale, a
standard normal prior.  Two libraries split vectors in halves only; they get the
coordinates sorted beforehand, which costs them nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import FrEIA.framework
import FrEIA.modules
import nflows.distributions
import nflows.flows
import nflows.transforms
import normflows
import torch
import zuko
from rederived.chapters.nice.model import nice
from rederived.flows import StandardNormal
from rederived.networks import mlp
from torch import Tensor, nn

from benchmarks.nice_model import NiceModel, Size
from benchmarks.nice_parts import FreiaScale, NflowsScale, WithoutContext


def rederive_nice(size: Size) -> NiceModel:
    """Build the library's own."""
    flow = nice(
        size.dimensions,
        prior=StandardNormal(),
        width=size.width,
        depth=size.depth,
        couplings=size.couplings,
    )
    (log_scale,) = [p for n, p in flow.named_parameters() if n.endswith("log_scale")]
    return NiceModel(
        library="rederived",
        module=flow,
        networks=[one for one in flow.modules() if isinstance(one, nn.Sequential)],
        log_scale=log_scale,
        log_prob=flow.log_prob,
        loss=lambda x: -flow.log_prob(x).mean(),
        decode=lambda z: flow.bijection.inverse(z)[0],
        sample=lambda count: flow.sample(count, torch.default_generator),
        order=torch.arange(size.dimensions),
    )


def zuko_nice(size: Size) -> NiceModel:
    """Build ``zuko.flows.NICE`` with additive univariate maps, and scale its end."""
    couplings = zuko.flows.NICE(
        size.dimensions,
        transforms=size.couplings,
        univariate=zuko.transforms.AdditiveTransform,
        shapes=[()],
        hidden_features=[size.width] * size.depth,
    )
    scale = zuko.flows.UnconditionalTransform(
        lambda log_scale: torch.distributions.AffineTransform(0.0, log_scale.exp()),
        torch.zeros(size.dimensions),
    )
    steps = [*couplings.transform.transforms, scale]
    flow = zuko.flows.Flow(steps, couplings.base)
    (log_scale,) = scale.parameters()

    def decode(z: Tensor) -> Tensor:
        events: Tensor = flow().transform.inv(z)
        return events

    return NiceModel(
        library="zuko",
        module=flow,
        networks=[step.hyper for step in couplings.transform.transforms],
        log_scale=log_scale,
        log_prob=lambda x: flow().log_prob(x),
        loss=lambda x: -flow().log_prob(x).mean(),
        decode=decode,
        sample=lambda count: flow().sample((count,)),
        order=torch.arange(size.dimensions),
    )


def normflows_nice(size: Size) -> NiceModel:
    """Build ``AffineCouplingBlock``s without scale, on halves; the map goes z to x."""
    networks = _networks(size)
    couplings = [
        normflows.flows.AffineCouplingBlock(
            network, scale=False, split_mode="channel_inv" if k % 2 else "channel"
        )
        for k, network in enumerate(networks)
    ]
    scale = normflows.flows.AffineConstFlow((size.dimensions,), shift=False)
    base = normflows.distributions.DiagGaussian(size.dimensions, trainable=False)
    flow = normflows.NormalizingFlow(base, [scale, *reversed(couplings)])
    return NiceModel(
        library="normflows",
        module=flow,
        networks=networks,
        log_scale=scale.s,
        log_prob=flow.log_prob,
        loss=flow.forward_kld,
        decode=flow.forward,
        sample=lambda count: flow.sample(count)[0],
        order=_halves(size, first=0),
        sign=-1.0,
    )


def nflows_nice(size: Size) -> NiceModel:
    """Build ``AdditiveCouplingTransform``s with alternating masks."""
    networks = _networks(size)
    changed = torch.arange(size.dimensions) % 2
    couplings = [
        nflows.transforms.AdditiveCouplingTransform(
            1 - changed if k % 2 else changed,
            lambda inputs, outputs, network=network: WithoutContext(network),
        )
        for k, network in enumerate(networks)
    ]
    scale = NflowsScale(size.dimensions)
    transform = nflows.transforms.CompositeTransform([*couplings, scale])
    prior = nflows.distributions.StandardNormal([size.dimensions])
    flow = nflows.flows.Flow(transform, prior)
    return NiceModel(
        library="nflows",
        module=flow,
        networks=networks,
        log_scale=scale.log_scale,
        log_prob=flow.log_prob,
        loss=lambda x: -flow.log_prob(x).mean(),
        decode=lambda z: transform.inverse(z)[0],
        sample=flow.sample,
        order=torch.arange(size.dimensions),
    )


def freia_nice(size: Size) -> NiceModel:
    """Build ``NICECouplingBlock``s, each two couplings, in a ``SequenceINN``.

    A block changes the first half first.  FrEIA has no densities: its documentation
    writes the normal one out, as here.
    """
    flow = FrEIA.framework.SequenceINN(size.dimensions)
    for _ in range(size.couplings // 2):
        flow.append(
            FrEIA.modules.NICECouplingBlock,
            subnet_constructor=lambda inputs, outputs: mlp(
                [inputs, *[size.width] * size.depth, outputs]
            ),
        )
    flow.append(FreiaScale)
    blocks = list(flow)[:-1]
    constant = 0.5 * size.dimensions * math.log(2.0 * math.pi)

    def log_prob(x: Tensor) -> Tensor:
        z, log_det = flow(x)
        log_density: Tensor = log_det - 0.5 * torch.sum(z**2, 1) - constant
        return log_density

    return NiceModel(
        library="FrEIA",
        module=flow,
        networks=[network for block in blocks for network in (block.F, block.G)],
        log_scale=flow[-1].log_scale,
        log_prob=log_prob,
        loss=lambda x: -log_prob(x).mean(),
        decode=lambda z: flow(z, rev=True)[0],
        sample=lambda count: flow(torch.randn(count, size.dimensions), rev=True)[0],
        order=_halves(size, first=1),
    )


BUILDERS: dict[str, Callable[[Size], NiceModel]] = {
    "rederived": rederive_nice,
    "normflows": normflows_nice,
    "nflows": nflows_nice,
    "zuko": zuko_nice,
    "FrEIA": freia_nice,
}
"""The library's own model first, then the peers'."""


def _networks(size: Size) -> list[nn.Module]:
    half = size.dimensions // 2
    return [
        mlp([half, *[size.width] * size.depth, half]) for _ in range(size.couplings)
    ]


def _halves(size: Size, first: int) -> Tensor:
    """Return the order that puts every second coordinate, from ``first``, in front."""
    places = torch.arange(size.dimensions)
    return torch.cat((places[first::2], places[1 - first :: 2]))
