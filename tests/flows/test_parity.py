"""NICE, Glow and the affine coupling layer equal their peers', weight for weight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from rederived.flows import AffineCoupling, Bijection, Composition, Prefix
from torch import Tensor, nn
from torch.nn import functional

pytestmark = pytest.mark.peers

LIBRARIES = ("zuko", "normflows", "nflows", "FrEIA")
HALF, ROWS = 3, 5


@pytest.fixture(autouse=True)
def double():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def close(actual: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(actual, expected, rtol=0, atol=1e-10)


# NICE --------------------------------------------------------------------------------


@pytest.fixture(params=LIBRARIES)
def pair(request, rng):
    """Our NICE and a peer's with the same random weights, biases and scales too."""
    from benchmarks.nice_libraries import BUILDERS
    from benchmarks.nice_model import Size

    size = Size(dimensions=2 * HALF, width=7, depth=2, couplings=4)
    ours, peer = BUILDERS["rederived"](size), BUILDERS[request.param](size)
    ours.load([0.7 * torch.randn(w.shape, generator=rng) for w in ours.weights()])
    peer.load(ours.weights())
    return ours, peer


@pytest.fixture
def events(rng):
    return torch.randn(ROWS, 2 * HALF, generator=rng)


def test_log_densities_are_equal(pair, events):
    ours, peer = pair
    close(peer.log_prob(peer.arrange(events)), ours.log_prob(events))


def test_documented_losses_are_equal(pair, events):
    ours, peer = pair
    # normflows sums its loss in float32 whatever the events are.
    torch.testing.assert_close(
        peer.loss(peer.arrange(events)), ours.loss(events), check_dtype=False
    )


def test_codes_map_back_to_equal_events(pair, events):
    ours, peer = pair
    close(peer.restore(peer.decode(peer.arrange(events))), ours.decode(events))


def test_samples_of_one_seed_are_equal(pair):
    ours, peer = pair
    torch.manual_seed(11)
    theirs = peer.restore(peer.sample(ROWS))
    torch.manual_seed(11)
    codes = torch.randn(ROWS, 2 * HALF)
    close(theirs, ours.decode(peer.restore(codes)))
    torch.manual_seed(11)
    close(ours.sample(ROWS), ours.decode(codes))


def test_a_gradient_step_leads_to_equal_weights(pair, events):
    ours, peer = pair
    for model in pair:
        optimizer = torch.optim.SGD(model.module.parameters(), lr=0.1)
        loss = -model.log_prob(model.arrange(events)).mean()
        loss.backward()
        optimizer.step()
    for theirs, own in zip(peer.weights(), ours.weights(), strict=True):
        close(theirs, own)


# The affine coupling layer -----------------------------------------------------------

Map = Callable[[Tensor], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Affine:
    """Our bijection, and a peer's two directions with their log-determinants."""

    ours: Bijection
    forward: Map
    inverse: Map


def network(rng) -> nn.Sequential:
    net = nn.Sequential(nn.Linear(HALF, 8), nn.Tanh(), nn.Linear(8, 2 * HALF))
    with torch.no_grad():
        for weight in net.parameters():
            weight.copy_(torch.randn(weight.shape, generator=rng))
    return net


def scale_and_shift(net: nn.Module, kept: Tensor) -> tuple[Tensor, Tensor]:
    """The bounded log-scale and the shift, by the formula of our documentation."""
    raw, shift = net(kept).chunk(2, dim=1)
    return 2.0 * torch.tanh(raw / 2.0), shift


class Rearranged(nn.Module):
    """A network whose output is put into a peer's own order and scale."""

    def __init__(self, net, rearrange):
        super().__init__()
        self.net, self.rearrange = net, rearrange

    def forward(self, kept, context=None):
        return self.rearrange(*scale_and_shift(self.net, kept))


class Shrinking(nn.Module):
    """A network whose log-scales are negative: nflows' scales are below 1.001."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, kept):
        raw, shift = self.net(kept).chunk(2, dim=1)
        return torch.cat((-functional.softplus(raw), shift), dim=1)


def zuko_affine(rng) -> Affine:
    import zuko

    net = network(rng)

    def univariate(kept):
        log_scale, shift = scale_and_shift(net, kept)
        moved = torch.distributions.AffineTransform(shift, log_scale.exp())
        return zuko.transforms.DependentTransform(moved, 1)

    kept = torch.arange(2 * HALF) < HALF
    theirs = zuko.transforms.CouplingTransform(univariate, kept)
    return Affine(
        AffineCoupling(Prefix(HALF), net),
        theirs.call_and_ladj,
        lambda z: (theirs.inv(z), theirs.inv.log_abs_det_jacobian(z, theirs.inv(z))),
    )


def normflows_affine(rng) -> Affine:
    import normflows

    net = network(rng)
    interleaved = Rearranged(net, lambda s, t: torch.stack((t, s), -1).flatten(-2))
    theirs = normflows.flows.AffineCouplingBlock(interleaved, split_mode="channel")
    return Affine(AffineCoupling(Prefix(HALF), net), theirs.forward, theirs.inverse)


def nflows_affine(rng) -> Affine:
    import nflows.transforms

    net = Shrinking(network(rng))
    # exp(s) = sigmoid(u + 2) + 0.001
    theirs = nflows.transforms.AffineCouplingTransform(
        torch.arange(2 * HALF) >= HALF,
        lambda _inputs, _outputs: Rearranged(
            net, lambda s, t: torch.cat((t, torch.logit(s.exp() - 1e-3) - 2.0), dim=1)
        ),
    )
    return Affine(AffineCoupling(Prefix(HALF), net), theirs.forward, theirs.inverse)


def freia_affine(rng) -> Affine:
    """A block of FrEIA's: first the first half given the second, then the other."""
    import FrEIA.modules

    nets = [network(rng), network(rng)]
    theirs = FrEIA.modules.GLOWCouplingBlock(
        [(2 * HALF,)],
        subnet_constructor=lambda _inputs, _outputs: nn.Identity(),
        clamp=2.0,
        clamp_activation=lambda u: torch.tanh(u / 2.0),
    )
    theirs.subnet2, theirs.subnet1 = nets
    ours = Composition(
        AffineCoupling(Prefix(HALF, swap=True), nets[0]),
        AffineCoupling(Prefix(HALF), nets[1]),
    )

    def run(x, rev):
        (moved,), log_det = theirs([x], rev=rev)
        return moved, log_det

    return Affine(ours, lambda x: run(x, False), lambda z: run(z, True))


AFFINE = {
    "zuko": zuko_affine,
    "normflows": normflows_affine,
    "nflows": nflows_affine,
    "FrEIA": freia_affine,
}


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("direction", ["forward", "inverse"])
def test_affine_couplings_are_equal(library, direction, rng, events):
    case = AFFINE[library](rng)
    value, log_det = getattr(case.ours, direction)(events)
    expected, expected_log_det = getattr(case, direction)(events)
    close(value, expected)
    close(log_det, expected_log_det)
