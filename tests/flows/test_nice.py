"""NICE as a model: its size, its starting weights, its two losses, its noise."""

from __future__ import annotations

import math

import pytest
import torch
from rederived.chapters.nice.model import article_loss, nice, nice_as_article
from rederived.chapters.nice.study import NiceConfig, build
from rederived.chapters.nice.study.data import NOISE_WIDTH, with_noise
from rederived.flows import Flow, StandardLogistic, StandardNormal
from rederived.networks import Scheme, initialize
from torch import nn


def linears(flow: Flow) -> list[nn.Linear]:
    return [module for module in flow.modules() if isinstance(module, nn.Linear)]


@pytest.mark.parametrize("form", ["paper", "article"])
def test_the_mnist_model_has_the_articles_size(form: str) -> None:
    with torch.device("meta"):
        flow = (
            nice_as_article(784)
            if form == "article"
            else nice(784, prior=StandardLogistic())
        )
    network = 392 * 1000 + 1000 + 4 * (1000**2 + 1000) + 1000 * 392 + 392
    assert sum(p.numel() for p in flow.parameters()) == 4 * network + 784 == 19_158_352


def test_the_articles_loss_lacks_the_constant_of_the_normal_law() -> None:
    loss = article_loss(torch.tensor([0.0, -10.0], dtype=torch.float64), 784)
    constant = 392 * math.log(2 * math.pi)
    assert constant == pytest.approx(720.448, abs=5e-4)
    torch.testing.assert_close(
        -loss, torch.tensor([constant, constant - 10.0], dtype=torch.float64)
    )


def test_the_articles_loss_is_half_the_square_less_the_log_scales(
    rng: torch.Generator,
) -> None:
    flow = nice_as_article(6, width=5, depth=1).double()
    initialize(flow, "glorot", rng)
    scale = flow.bijection.steps[-1].log_scale
    with torch.no_grad():
        scale.copy_(torch.linspace(-1, 1, 6) ** 3 + 0.3)
        x = torch.randn(7, 6, generator=rng, dtype=torch.float64)
        z, _ = flow.bijection(x)
        expected = 0.5 * z.square().sum(1) - scale.sum()
        loss = article_loss(flow.log_prob(x), 6)
    torch.testing.assert_close(loss, expected, atol=1e-12, rtol=0)


def test_priors_of_the_two_forms() -> None:
    small = {"width": 4, "depth": 1}
    assert isinstance(build(NiceConfig(**small), 4, 0).prior, StandardLogistic)
    article = NiceConfig(form="article", **small)
    assert isinstance(build(article, 4, 0).prior, StandardNormal)


def test_orders_of_the_forms_and_direction() -> None:
    small = {"form": "article", "width": 4, "depth": 1}
    kinds = {
        subtract: type(
            build(NiceConfig(subtract=subtract, **small), 4, 0).bijection.steps[1]
        ).__name__
        for subtract in (True, False)
    }
    assert kinds == {True: "Inverse", False: "AdditiveCoupling"}


def test_the_start_is_decided_by_the_seed() -> None:
    config = NiceConfig(width=8, depth=1)
    first, again, other = (build(config, 4, seed) for seed in (3, 3, 4))
    weights = [linears(flow)[0].weight for flow in (first, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_glorot_start(rng: torch.Generator) -> None:
    flow = nice_as_article(400, width=300, depth=2, couplings=2)
    initialize(flow, "glorot", rng)
    for layer in linears(flow):
        bound = math.sqrt(6.0 / (layer.in_features + layer.out_features))
        weight = layer.weight.detach()
        assert float(weight.abs().max()) <= bound
        assert float(weight.abs().max()) > 0.999 * bound
        assert float(weight.std()) == pytest.approx(bound / math.sqrt(3), rel=0.02)


@pytest.mark.parametrize(("scheme", "gain"), [("he", 2.0), ("lecun", 1.0)])
def test_normal_starts(scheme: Scheme, gain: float, rng: torch.Generator) -> None:
    flow = nice_as_article(400, width=300, depth=2, couplings=2)
    initialize(flow, scheme, rng)
    for layer in linears(flow):
        deviation = math.sqrt(gain / layer.in_features)
        assert float(layer.weight.detach().std()) == pytest.approx(deviation, rel=0.02)


def test_small_start(rng: torch.Generator) -> None:
    flow = nice_as_article(400, width=300, depth=2, couplings=2)
    initialize(flow, "small", rng)
    for layer in linears(flow):
        weight = layer.weight.detach()
        assert 0.00999 < float(weight.abs().max()) <= 0.01
        assert float(weight.std()) == pytest.approx(0.01 / math.sqrt(3), rel=0.02)


def test_fan_in_start(rng: torch.Generator) -> None:
    flow = nice_as_article(400, width=300, depth=2, couplings=2)
    initialize(flow, "fan-in", rng)
    for layer in linears(flow):
        bound = 1.0 / math.sqrt(layer.in_features)
        weight = layer.weight.detach()
        assert 0.999 * bound < float(weight.abs().max()) <= bound
        assert float(weight.std()) == pytest.approx(bound / math.sqrt(3), rel=0.02)


@pytest.mark.parametrize("scheme", ["glorot", "he", "fan-in", "small"])
def test_every_bias_starts_at_zero(scheme: str, rng: torch.Generator) -> None:
    flow = nice_as_article(8, width=5, depth=2)
    initialize(flow, scheme, rng)
    assert all(not bool(layer.bias.any()) for layer in linears(flow))
    assert not bool(flow.bijection.steps[-1].log_scale.any())


def test_an_unknown_start_is_refused(rng: torch.Generator) -> None:
    with pytest.raises(ValueError, match="identity, fan-in or small, got 'x"):
        initialize(nice_as_article(4, width=3, depth=1), "xavier", rng)


def test_an_identity_start_leaves_data_alone(rng: torch.Generator) -> None:
    flow = nice(6, prior=StandardLogistic(), width=5, depth=2)
    initialize(flow, "identity", rng)
    x = torch.randn(4, 6, generator=rng)
    z, log_det = flow.bijection(x)
    assert torch.equal(z, x)
    assert torch.equal(log_det, torch.zeros(4))
    assert all(
        step.shift[0].weight.abs().max() > 0 for step in flow.bijection.steps[:-1]
    )


def test_dropout_acts_in_training_only(rng: torch.Generator) -> None:
    flow = nice(8, prior=StandardLogistic(), width=64, depth=1, dropout=0.5)
    initialize(flow, "he", rng)
    x = torch.randn(4, 8, generator=rng)
    flow.train()
    assert not torch.equal(flow.log_prob(x), flow.log_prob(x))
    flow.eval()
    assert torch.equal(flow.log_prob(x), flow.log_prob(x))


PIXELS = torch.full((200_000,), 128, dtype=torch.uint8)
CENTRE = 128 / 255
UNIFORM = {
    "negative": (-0.01, 0.0),
    "positive": (0.0, 0.01),
    "centred": (-0.005, 0.005),
}


@pytest.mark.parametrize("noise", list(UNIFORM))
def test_the_articles_noise_lies_where_it_says(
    noise: str, rng: torch.Generator
) -> None:
    low, high = UNIFORM[noise]
    added = with_noise(PIXELS, noise, 256, rng).double() - CENTRE
    assert low - 1e-7 <= float(added.min()) < low + 1e-6
    assert high - 1e-6 < float(added.max()) <= high + 1e-7
    middle, error = (low + high) / 2, 0.01 / math.sqrt(12 * len(PIXELS))
    assert abs(float(added.mean()) - middle) < 5 * error


def test_no_noise_and_normal_noise(rng: torch.Generator) -> None:
    exact = with_noise(PIXELS, "none", 256, rng)
    assert torch.equal(exact, torch.full_like(exact, CENTRE))
    added = with_noise(PIXELS, "gaussian", 256, rng).double() - CENTRE
    assert abs(float(added.mean())) < 5 * float(added.std()) / math.sqrt(len(added))
    assert float(added.abs().max()) > 3 * NOISE_WIDTH / math.sqrt(12)


@pytest.mark.parametrize("noise", [*UNIFORM, "gaussian"])
def test_all_noise_has_one_variance(noise: str, rng: torch.Generator) -> None:
    added = with_noise(PIXELS, noise, 256, rng).double()
    # the relative error of a variance is at most sqrt(2/n) here: 5 of them
    expected = NOISE_WIDTH**2 / 12
    assert float(added.var()) == pytest.approx(expected, rel=5 * math.sqrt(2 / 2e5))


def test_dequantized_noise_fills_the_cell_of_the_level(rng: torch.Generator) -> None:
    values = with_noise(PIXELS, "dequantized", 256, rng)
    assert values.dtype == torch.float32
    assert 128 / 256 <= float(values.min()) < 128 / 256 + 1e-7
    assert 129 / 256 - 1e-7 < float(values.max()) <= 129 / 256


@pytest.mark.parametrize("noise", ["none", "negative", "dequantized"])
def test_levels_set_the_grey_scale(noise: str, rng: torch.Generator) -> None:
    top = with_noise(torch.tensor([16], dtype=torch.uint8), noise, 17, rng)
    assert 0.94 <= float(top) <= 1.0
    bottom = with_noise(torch.tensor([0], dtype=torch.uint8), noise, 17, rng)
    assert -0.01 <= float(bottom) <= 1 / 17


def test_zeros_before_a_relu_are_no_start() -> None:
    flow = nice_as_article(4, width=3, depth=1)
    with pytest.raises(ValueError, match="learns nothing"):
        initialize(flow, "identity", torch.Generator().manual_seed(0))


def test_a_sequence_of_sequences_has_one_layer_of_zeros() -> None:
    body = nn.Sequential(nn.Linear(2, 4), nn.Tanh())
    network = nn.Sequential(body, nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2)))
    initialize(network, "identity", torch.Generator().manual_seed(0))
    zero = [not bool(one.any()) for one in network.parameters() if one.ndim > 1]
    assert zero == [False, False, True]
    network(torch.ones(1, 2)).sum().backward()
    assert bool(network[1][1].weight.grad.any())  # else nothing would ever move


@pytest.mark.parametrize("after", [nn.Dropout(0.1), nn.Identity()])
def test_a_relu_need_not_be_the_last_layer(after: nn.Module) -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), after)
    with pytest.raises(ValueError, match="learns nothing"):
        initialize(network, "identity", torch.Generator().manual_seed(0))
