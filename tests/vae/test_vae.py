"""VAEs against closed forms, enumeration, torch's own laws and quadrature."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rederived import vae
from rederived.chapters.information.autoregressive import (
    AutoregressiveDecoder,
    bernoulli_log_prob,
    causal_mask,
)
from rederived.chapters.information.coordinates import (
    collapsed_coordinates,
    rate_by_coordinate,
)
from rederived.networks import initialize, mlp
from rederived.probability import (
    draw_normal,
    normal_log_prob,
    standard_normal_log_prob,
)
from rederived.training import TrainConfig, fit, generator
from rederived.vae import (
    VAE,
    LinearGaussian,
    NormalDecoder,
    NormalEncoder,
    information,
    linear_vae,
    log_likelihood,
)
from rederived.vae.information import _pairs
from scipy import integrate
from scipy import stats as laws
from torch import Tensor, nn

Normal = torch.distributions.Normal
moderate = st.floats(-2.0, 2.0)


def codes_of(count: int, size: int, seed: int) -> tuple[Tensor, Tensor]:
    """Return means and log-variances of random encoder laws."""
    draw = generator(seed)
    mean = 2.0 * torch.randn(count, size, generator=draw, dtype=torch.float64)
    log_variance = torch.randn(count, size, generator=draw, dtype=torch.float64) - 1
    return mean, log_variance


@given(mean=moderate, log_variance=moderate, x=moderate)
def test_normal_laws_are_torchs(mean: float, log_variance: float, x: float) -> None:
    m, v, point = (
        torch.full((3, 2), value, dtype=torch.float64)
        for value in (mean, log_variance, x)
    )
    law = Normal(m, (0.5 * v).exp())
    expected = law.log_prob(point).sum(1)
    torch.testing.assert_close(normal_log_prob(point, m, v), expected)
    zero, one = torch.zeros_like(m), torch.ones_like(m)
    divergence = torch.distributions.kl_divergence(law, Normal(zero, one))
    torch.testing.assert_close(rate_by_coordinate(m, v), divergence[0])
    standard = standard_normal_log_prob(point)
    torch.testing.assert_close(standard, Normal(zero, one).log_prob(point).sum(1))


def test_draws_follow_their_law_and_pass_gradients() -> None:
    mean = torch.full((40_000, 1), 0.7, requires_grad=True)
    log_variance = torch.full((40_000, 1), -1.0, requires_grad=True)
    z = draw_normal(mean, log_variance, generator(0))
    drawn = z.detach()
    assert float(drawn.mean()) == pytest.approx(0.7, abs=5 * 0.61 / 200)
    assert float(drawn.var()) == pytest.approx(math.exp(-1), rel=0.04)
    z.sum().backward()
    assert mean.grad is not None
    assert log_variance.grad is not None
    assert torch.equal(mean.grad, torch.ones_like(mean))
    torch.testing.assert_close(log_variance.grad, 0.5 * (z - mean).detach())


def test_draws_without_a_generator_follow_the_seed_of_torch() -> None:
    zero = torch.zeros(4, 2)
    with torch.random.fork_rng():
        torch.manual_seed(7)
        first = draw_normal(zero, zero)
        torch.manual_seed(7)
        assert torch.equal(first, torch.randn(4, 2))


def test_decoders_are_torchs_laws() -> None:
    draw = generator(1)
    network = mlp([2, 5, 3]).double()
    z = torch.randn(6, 2, generator=draw, dtype=torch.float64)
    x = torch.randn(6, 3, generator=draw, dtype=torch.float64)
    normal = NormalDecoder(network, 0.3).double()
    expected = Normal(network(z), 0.3).log_prob(x).sum(1)
    torch.testing.assert_close(normal.log_prob(x, z), expected, atol=1e-5, rtol=1e-5)
    bits = (x > 0).double()
    law = torch.distributions.Bernoulli(logits=network(z))
    torch.testing.assert_close(
        bernoulli_log_prob(bits, network(z)), law.log_prob(bits).sum(1)
    )


def test_decoders_draw_from_their_laws() -> None:
    z = torch.full((20_000, 1), 0.4)
    line = nn.Linear(1, 2)
    normal = NormalDecoder(line, 0.5)
    x = normal.sample(z, generator(2))
    error = 5 * 0.5 / math.sqrt(20_000)
    torch.testing.assert_close(x.mean(0), line(z[0]).detach(), atol=error, rtol=0)
    assert float(x.std(0).mean()) == pytest.approx(0.5, rel=0.03)


def test_a_trainable_deviation_is_a_parameter() -> None:
    fixed = NormalDecoder(nn.Linear(1, 1), 2.0)
    free = NormalDecoder(nn.Linear(1, 1), 2.0, trainable=True)
    assert len(list(free.parameters())) == len(list(fixed.parameters())) + 1
    assert free.log_variance.item() == pytest.approx(math.log(4.0))


def test_the_mask_by_hand() -> None:
    seen = causal_mask(3, 3, 1)
    assert seen[4].nonzero().flatten().tolist() == [0, 1, 2, 3]
    assert seen[3].nonzero().flatten().tolist() == [0, 1]
    assert seen[5].nonzero().flatten().tolist() == [1, 2, 4]
    assert not causal_mask(4, 3, 0).any()
    everything = causal_mask(4, 3, 9)
    assert torch.equal(everything, torch.ones(12, 12).tril(-1).bool())


@pytest.mark.parametrize("context", [0, 1, 2])
def test_autoregressive_probabilities_sum_to_one(context: int) -> None:
    decoder = AutoregressiveDecoder(mlp([2, 6]), 2, 3, context)
    nn.init.normal_(decoder.weight, generator=generator(4))
    every = torch.tensor(list(itertools.product((0.0, 1.0), repeat=6)))
    z = torch.randn(1, 2, generator=generator(5)).expand(len(every), -1)
    total = decoder.log_prob(every, z).exp().sum()
    assert float(total.detach()) == pytest.approx(1.0, abs=1e-5)


def test_autoregressive_samples_follow_the_probabilities() -> None:
    decoder = AutoregressiveDecoder(mlp([1, 3]), 1, 3, 3)
    nn.init.normal_(decoder.weight, std=2.0, generator=generator(6))
    every = torch.tensor(list(itertools.product((0.0, 1.0), repeat=3)))
    z = torch.full((20_000, 1), 0.5)
    drawn = decoder.sample(z, generator(7))
    counts = torch.stack([(drawn == row).all(1).float().mean() for row in every])
    expected = decoder.log_prob(every, z[:8]).exp().detach()
    torch.testing.assert_close(counts, expected, atol=5 * 0.5 / 141, rtol=0)


def test_context_zero_is_the_decoder_with_independent_pixels() -> None:
    network = mlp([2, 4])
    x = (torch.rand(5, 4, generator=generator(8)) > 0.5).float()
    z = torch.randn(5, 2, generator=generator(9))
    local = AutoregressiveDecoder(network, 2, 2, 0)
    nn.init.normal_(local.weight, generator=generator(10))
    torch.testing.assert_close(local.log_prob(x, z), bernoulli_log_prob(x, network(z)))


def small_vae(seed: int) -> VAE:
    """Return a VAE of two numbers with a code of one, random weights, float64."""
    vae = VAE(
        NormalEncoder(mlp([2, 4, 2])), NormalDecoder(mlp([1, 4, 2]), 0.8)
    ).double()
    initialize(vae, "glorot", generator(seed))
    return vae


def exact_log_likelihood(vae: VAE, x: Tensor) -> float:
    """Return ``log q(x)`` of one point by quadrature over the code."""

    def integrand(value: float) -> float:
        z = torch.tensor([[value]], dtype=torch.float64)
        with torch.no_grad():
            log_q = vae.decoder.log_prob(x, z)
        return float(log_q.exp()) * laws.norm.pdf(value)

    return math.log(integrate.quad(integrand, -8, 8, epsabs=1e-12)[0])


def test_the_importance_weighted_estimate_is_the_likelihood() -> None:
    vae = small_vae(11)
    x = torch.tensor([[0.4, -0.9]], dtype=torch.float64)
    estimate = log_likelihood(vae, x.expand(200, -1), 500, generator(12))
    error = float(estimate.std()) / math.sqrt(200)
    exact = exact_log_likelihood(vae, x)
    assert float(estimate.mean()) == pytest.approx(exact, abs=5 * error + 2e-3)


def test_the_bound_lies_below_the_likelihood_and_one_sample_gives_it() -> None:
    vae = small_vae(13)
    x = torch.tensor([[0.4, -0.9]], dtype=torch.float64).expand(4000, -1)
    with torch.no_grad():
        bound = vae(x, generator(14))
    one = log_likelihood(vae, x, 1, generator(14))
    error = float((bound.loss() + one).std()) / math.sqrt(4000)
    difference = float((bound.loss() + one).mean())
    assert abs(difference) < 5 * error + 1e-12
    assert -float(bound.loss().mean()) < exact_log_likelihood(vae, x[:1])
    ten = log_likelihood(vae, x, 10, generator(15))
    assert float(ten.mean()) > float(one.mean())


def test_the_bound_is_an_independent_implementation() -> None:
    vae = small_vae(16)
    x = torch.randn(7, 2, generator=generator(17), dtype=torch.float64)
    with torch.no_grad():
        bound = vae(x, generator(18))
        mean, log_variance = vae.encoder(x)
        noise = torch.randn(7, 1, generator=generator(18), dtype=torch.float64)
        posterior = Normal(mean, (log_variance / 2).exp())
        z = mean + posterior.scale * noise
        prior = Normal(torch.zeros_like(mean), torch.ones_like(mean))
        rate = torch.distributions.kl_divergence(posterior, prior).sum(1)
        decoder = Normal(vae.decoder.network(z), 0.8)
        distortion = -decoder.log_prob(x).sum(1)
    torch.testing.assert_close(bound.rate, rate)
    torch.testing.assert_close(bound.distortion, distortion, atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(bound.loss(3.0), distortion + 3 * rate, rtol=1e-6,
                               atol=1e-6)  # fmt: skip


def test_the_mean_loss_can_be_trained() -> None:
    data = torch.randn(400, 2, generator=generator(19))
    vae = small_vae(20).float()

    def loss(vae: VAE, x: torch.Tensor) -> torch.Tensor:
        return vae(x).loss(0.5).mean()

    optimizer = torch.optim.Adam(vae.parameters(), 1e-2)
    config = TrainConfig(30, 100, precision="float32")
    history = fit(vae, (data,), optimizer, config, loss=loss)
    assert history.column("loss")[-1] < history.column("loss")[0] - 0.1


def test_samples_of_the_model_have_the_data_s_shape() -> None:
    vae = small_vae(21)
    assert vae.sample(5, 1, generator(22)).shape == (5, 2)


def test_what_is_drawn_or_estimated_keeps_no_graph() -> None:
    vae, z = small_vae(23), torch.zeros(3, 1, dtype=torch.float64)
    pixels = AutoregressiveDecoder(mlp([1, 4]), 2, 2, 1)
    assert pixels.log_prob(torch.zeros(3, 4), z.float()).requires_grad
    found = [
        vae.sample(3, 1, generator(24)),
        vae.decoder.sample(z, generator(25)),
        pixels.sample(z.float(), generator(26)),
        log_likelihood(vae, torch.zeros(3, 2, dtype=torch.float64), 2, generator(27)),
    ]
    assert [one.requires_grad for one in found] == [False] * 4


@given(seed=st.integers(0, 10_000))
def test_rate_is_information_plus_divergence_of_the_aggregate(seed: int) -> None:
    mean, log_variance = codes_of(40, 2, seed)
    found = information(mean, log_variance, generator(seed, 1))
    assert found.lower <= found.cap == math.log(40)
    assert found.lower <= found.upper + 1e-12
    # the same codes on both sides: what is left is the error of E log p(z|x)/q(z)
    draws = [information(mean, log_variance, generator(seed, k)) for k in range(30)]
    total = np.array([d.lower + d.aggregate_kl for d in draws])
    error = total.std(ddof=1) / math.sqrt(30)
    assert total.mean() == pytest.approx(found.rate, abs=6 * error)


def test_information_of_two_points_by_quadrature() -> None:
    mean = torch.tensor([[-0.8], [1.1]], dtype=torch.float64)
    log_variance = torch.tensor([[0.0], [-0.5]], dtype=torch.float64)
    first, second = (
        laws.norm(float(m), math.exp(v / 2))
        for m, v in zip(mean, log_variance, strict=True)
    )

    def integrand(z: float) -> float:
        p, q = first.pdf(z), second.pdf(z)
        both = (p + q) / 2
        return sum(0.5 * r * math.log(r / both) for r in (p, q) if r > 0)

    exact = integrate.quad(integrand, -8, 8)[0]
    draws = [information(mean, log_variance, generator(25, k)).lower
             for k in range(800)]  # fmt: skip
    error = float(np.std(draws)) / math.sqrt(800)
    assert float(np.mean(draws)) == pytest.approx(exact, abs=5 * error)


def test_the_bounds_lie_on_either_side_of_a_known_information() -> None:
    # x ~ N(0, 1) and z|x ~ N(x, s^2): I = log(1 + 1/s^2) / 2
    exact = 0.5 * math.log(1 + 1 / 0.05)
    found = []
    for k in range(200):
        x = torch.randn(30, 1, generator=generator(26, k), dtype=torch.float64)
        spread = torch.full_like(x, math.log(0.05))
        found.append(information(x, spread, generator(27, k)))
    lower, upper = (
        np.array([getattr(f, n) for f in found]) for n in ("lower", "upper")
    )
    assert lower.mean() + 5 * lower.std() / math.sqrt(200) < exact
    assert upper.mean() - 5 * upper.std() / math.sqrt(200) > exact
    assert {f.cap for f in found} == {math.log(30)}


def test_information_of_an_encoder_in_training_is_a_number_without_a_warning() -> None:
    mean = torch.tensor([[-1.0], [1.0]])
    expected = information(mean, 0 * mean, generator(4))
    mean.requires_grad_()
    assert information(mean, 0 * mean, generator(4)) == expected


def test_codes_of_the_first_rows_only() -> None:
    mean, log_variance = codes_of(1300, 2, 28)
    few = information(mean, log_variance, generator(29), points=600)
    every = information(mean, log_variance, generator(29))
    assert few.rate == every.rate
    assert few.lower == pytest.approx(every.lower, abs=6 * few.standard_error)


def test_far_apart_codes_reach_the_cap_and_equal_ones_nothing() -> None:
    mean = 100.0 * torch.arange(8, dtype=torch.float64)[:, None]
    found = information(mean, torch.zeros_like(mean), generator(30))
    assert found.lower == pytest.approx(math.log(8))
    assert found.standard_error == pytest.approx(0.0, abs=1e-9)
    zero = torch.zeros(9, 3, dtype=torch.float64)
    nothing = information(zero, zero, generator(31))
    for value in (nothing.rate, nothing.lower, nothing.upper, nothing.aggregate_kl):
        assert value == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("log_variance", [-100.0, -800.0])
def test_equal_codes_say_nothing_however_sharp(log_variance: float) -> None:
    mean = torch.ones(4, 2)  # the sum with the draws rounds to it
    found = information(mean, torch.full_like(mean, log_variance), generator(35))
    assert (found.lower, found.upper) == (0.0, 0.0)
    # densities: e^(-log_variance - noise^2 / 2) / (2 pi), and e^-1 / (2 pi) of N(0, 1)
    noise = torch.randn(4, 2, generator=generator(35), dtype=torch.float64)
    lost = 0.5 * float(noise.square().sum(1).mean())
    assert found.aggregate_kl == pytest.approx(1.0 - log_variance - lost)


def test_collapsed_coordinates_are_counted() -> None:
    mean = torch.zeros(10, 3)
    mean[:, 0] = torch.linspace(-1, 1, 10)
    assert collapsed_coordinates(mean, torch.zeros(10, 3)) == 2
    assert collapsed_coordinates(mean, torch.full((10, 3), -1.0)) == 0


@given(
    slope=st.floats(-1.0, 1.0),
    noise=st.floats(0.05, 2.0),
    variance=st.floats(0.5, 5.0),
)
def test_linear_terms_add_up(slope: float, noise: float, variance: float) -> None:
    model = LinearGaussian(variance, 0.7)
    a, s2 = torch.tensor(slope).double(), torch.tensor(noise).double()
    total = model.information(a, s2) + model.aggregate_kl(a, s2)
    torch.testing.assert_close(model.rate(a, s2), total)


def test_linear_terms_are_those_of_the_library_s_vae() -> None:
    model = LinearGaussian(4.0, 0.5)
    vae = linear_vae(1, 1, 0.5).double()
    a, s2, w = 0.3, 0.2, 1.4
    with torch.no_grad():
        vae.encoder.mean.weight.fill_(a)
        vae.encoder.log_variance.fill_(math.log(s2))
        vae.decoder.network.weight.fill_(w)
        for layer in (vae.encoder.mean, vae.decoder.network):
            layer.bias.zero_()
        x = 2.0 * torch.randn(40_000, 1, generator=generator(32), dtype=torch.float64)
        bound = vae(x, generator(33))
    slope, noise, weight = (torch.tensor(v, dtype=torch.float64) for v in (a, s2, w))
    for measured, exact in (
        (bound.distortion, model.distortion(slope, noise, weight)),
        (bound.rate, model.rate(slope, noise)),
    ):
        error = float(measured.std()) / 200
        assert float(measured.mean()) == pytest.approx(float(exact), abs=5 * error)


@pytest.mark.parametrize("beta", [0.1, 1.0, 4.0, 15.0, 16.0, 30.0])
def test_no_other_parameters_do_better_than_the_optimum(beta: float) -> None:
    model = LinearGaussian(4.0, 0.5)
    best = [torch.tensor(v, dtype=torch.float64) for v in model.optimum(beta)]

    def loss(a: Tensor, s2: Tensor, w: Tensor) -> Tensor:
        return model.distortion(a, s2, w) + beta * model.rate(a, s2)

    draw = generator(34)
    a, u, w = torch.randn(3, 20_000, generator=draw, dtype=torch.float64)
    tried = loss(best[0] + 0.3 * a, best[1] * (0.5 * u).exp(), best[2] + w)
    assert float(tried.min()) >= float(loss(*best)) - 1e-12
    gained = float(model.information(best[0], best[1]))
    assert gained == pytest.approx(model.optimal_information(beta), abs=1e-12)
    assert float(model.aggregate_kl(best[0], best[1])) == pytest.approx(0, abs=1e-12)


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="deviation must be positive, got 0"):
        NormalDecoder(nn.Linear(1, 1), 0)
    with pytest.raises(ValueError, match="input and output"):
        mlp([3])
    with pytest.raises(ValueError, match="3 columns"):
        NormalEncoder(nn.Linear(2, 3))(torch.zeros(1, 2))
    with pytest.raises(ValueError, match="at least 0, got -1"):
        causal_mask(2, 2, -1)
    with pytest.raises(ValueError, match="at least 1, got 0"):
        log_likelihood(small_vae(0), torch.zeros(1, 2).double(), 0, generator(0))
    with pytest.raises(ValueError, match="between 2 and the 3"):
        information(torch.zeros(3, 1), torch.zeros(3, 1), generator(0), points=4)
    with pytest.raises(ValueError, match="beta must be positive"):
        LinearGaussian(1.0, 1.0).optimum(0.0)


@pytest.mark.parametrize("width", [0.0, -0.5, math.nan, math.inf])
def test_a_linear_model_has_a_width(width: float) -> None:
    for variance, deviation in ((width, 1.0), (1.0, width)):
        with pytest.raises(ValueError, match="positive and finite"):
            LinearGaussian(variance, deviation)


def test_sharp_distributions_far_apart_keep_their_own_density() -> None:
    mean = 1e6 * torch.randn(20, 2, generator=generator(0), dtype=torch.float64)
    log_variance = torch.full_like(mean, -20.0)
    own = _pairs(mean, 0 * mean, mean, log_variance).diagonal()
    want = torch.full_like(own, 20.0 - math.log(2 * math.pi))  # (2 pi s^2)^-1
    torch.testing.assert_close(own, want)


@pytest.mark.parametrize("log_variance", [-40.0, -75.0, -300.0, -800.0])
def test_information_does_not_round_a_sharp_draw_away(log_variance: float) -> None:
    mean = torch.linspace(1, 50, 40, dtype=torch.float64)[:, None].repeat(1, 3)
    found = vae.information(mean, torch.full_like(mean, log_variance), generator(0))
    noise = torch.randn(mean.shape, generator=generator(0), dtype=torch.float64)
    own = -0.5 * float((noise.square() + log_variance).sum(1).mean())
    prior = -0.5 * float(mean.square().sum(1).mean())
    expected = own - prior - math.log(40)  # the codes are far apart
    assert found.aggregate_kl == pytest.approx(expected, abs=1e-4)
    assert found.lower == pytest.approx(math.log(40), abs=1e-9)


def test_the_divergence_of_a_mixture_of_codes_does_not_pass_its_placebo() -> None:
    """At the rates of chapter 8, codes of an aggregate that *is* the prior."""
    found = []
    for variance in (0.00385, 0.025):
        means = math.sqrt(1 - variance) * torch.randn(10_000, 4, generator=generator(0))
        log_variance = torch.full_like(means, math.log(variance))
        found.append(vae.information(means, log_variance, generator(1), 300))
    assert [one.rate for one in found] == pytest.approx([11.1, 7.4], abs=0.2)
    assert found[0].aggregate_kl - found[1].aggregate_kl == pytest.approx(1.9, abs=0.2)


class Shared(nn.Module):
    """An encoder with one log-variance for all coordinates of a code."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean = 0.5 * x.flatten(1)[:, :4]
        return mean, torch.full((len(x), self.width), -3.0)


def test_a_shared_variance_counts_for_each_coordinate_of_a_code() -> None:
    decoder = vae.NormalDecoder(nn.Identity(), 0.5)
    found = [
        vae.log_likelihood(
            vae.VAE(Shared(width), decoder),
            torch.ones(2, 4),
            5,
            generator(0),
        )
        for width in (1, 4)
    ]
    torch.testing.assert_close(*found)


class Blank(nn.Module):
    """A decoder's network whose pictures are black."""

    def forward(self, z: Tensor) -> Tensor:
        return torch.zeros(len(z), 1, 8, 8)


@pytest.mark.parametrize("count", [1, 8])
def test_a_vae_of_pictures_adds_over_all_pixels(count: int) -> None:
    """One picture, or as many as a picture has rows, had a row's mean before."""
    model = vae.VAE(Shared(4), vae.NormalDecoder(Blank(), 1.0))
    terms = model(torch.zeros(count, 1, 8, 8), generator(0))
    wanted = torch.full((count,), 32 * math.log(2 * math.pi))
    torch.testing.assert_close(terms.distortion, wanted)


def test_terms_of_other_shapes_are_no_bound() -> None:
    with pytest.raises(ValueError, match="events and codes flat"):
        vae.ElboTerms(torch.zeros(1, 1, 8), torch.zeros(1))


def test_the_default_device_is_not_that_of_the_codes() -> None:
    mean = torch.tensor([[-9.0], [9.0], [30.0]])
    with torch.device("meta"):
        found = information(mean, torch.zeros_like(mean), generator(0))
    assert found.lower == pytest.approx(math.log(3), abs=1e-6)
    assert found.upper > 50


def test_a_model_without_parameters_draws() -> None:
    still = VAE(NormalEncoder(nn.Identity()), NormalDecoder(nn.Identity()))
    assert still.sample(3, 2, generator(0)).shape == (3, 2)
