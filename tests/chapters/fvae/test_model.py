"""f-VAEs against closed forms, quadrature, linear-Gaussian models and torch's laws."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rederived import flows
from rederived.chapters.fvae import (
    FVAE,
    FlowElboTerms,
    NormalPosterior,
    PixelFVAE,
    ShiftedFlow,
    article_fvae,
    best_sigma_2,
    flow_prior,
    fvae,
    objective,
    with_flow_prior,
)
from rederived.chapters.fvae.glow import glow_bijection
from rederived.chapters.fvae.study.sample_grids import line, square
from rederived.flows import Bijection, Composition, Flow, StandardNormal
from rederived.probability import (
    isotropic_normal_log_prob,
    kl_multivariate,
    kl_to_standard,
    standard_normal_log_prob,
)
from rederived.training import generator
from scipy import integrate, optimize, stats
from torch import Tensor, nn

Normal = torch.distributions.Normal
DOUBLE = torch.float64


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=generator(5, seed), dtype=DOUBLE)


def tiny() -> FVAE:
    """A small f-VAE in float64 whose every parameter is away from its start."""
    model = fvae(
        (3, 8, 8), scales=2, steps=1, levels=2, flow_steps=2, flow_width=8,
        generator=generator(5, 1),
    )  # fmt: skip
    model.double().eval()
    shift(model, 2)
    return model


def shift(module: nn.Module, seed: int, by: float = 0.1) -> None:
    draw = generator(5, seed)
    with torch.no_grad():
        for one in module.parameters():
            one.add_(by * torch.randn(one.shape, generator=draw, dtype=one.dtype))


def pictures(count: int = 3) -> Tensor:
    return torch.rand(count, 3, 8, 8, generator=generator(5, 3), dtype=DOUBLE) * 2 - 1


class Line(Bijection):
    """``z = a h``, as a bijection of one number."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.factor * x, x.new_full((len(x),), math.log(abs(self.factor)))

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        return z / self.factor, z.new_full((len(z),), -math.log(abs(self.factor)))


class Times(nn.Module):
    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return self.factor * x


def gauss_hermite(count: int) -> tuple[Tensor, Tensor]:
    """Nodes and weights of a standard normal mean."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(count)
    return torch.tensor(nodes), torch.tensor(weights / weights.sum())


def test_densities_are_torchs() -> None:
    x, mean, log_sigma = noise(4, 3, 2), noise(4, 3, 2, seed=1), torch.tensor(0.7)
    expected = Normal(mean, log_sigma.double().exp()).log_prob(x).sum((1, 2))
    torch.testing.assert_close(
        isotropic_normal_log_prob(x, mean, log_sigma.double()), expected
    )
    zero = torch.zeros((), dtype=DOUBLE)
    plain = Normal(zero, zero + 1).log_prob(x).sum((1, 2))
    torch.testing.assert_close(standard_normal_log_prob(x), plain)


def test_the_loss_is_the_divergence_by_quadrature() -> None:
    """One number x, a bent monotone posterior, a bent decoder; SciPy on both sides."""
    points, weights = torch.tensor([-1.0, 0.5, 2.0]).double(), [0.2, 0.5, 0.3]

    def bend(u: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        z = 0.6 * u + 0.3 * torch.tanh(2 * u) + 0.4 * x
        slope = 0.6 + 0.6 * (1 - torch.tanh(2 * u) ** 2)
        return z, slope.log().flatten(1).sum(1)

    def decoder(x: Tensor, z: Tensor) -> Tensor:
        return isotropic_normal_log_prob(
            x, torch.sin(z) + z, torch.tensor(-0.4).double()
        )

    def column(value: float) -> Tensor:
        return torch.full((1, 1), value, dtype=DOUBLE)

    ours = theirs = 0.0
    for x, weight in zip(points.tolist(), weights, strict=True):

        def drawn(u: float, x: float = x) -> float:
            terms = objective(bend, decoder, column(x), column(u))
            return float(terms.loss()) * stats.norm.pdf(u)

        def direct(z: float, x: float = x) -> float:
            u = optimize.brentq(lambda v: float(bend(column(v), column(x))[0]) - z,
                                -60, 60, xtol=1e-13)  # fmt: skip
            slope = float(bend(column(u), column(x))[1].exp())
            log_p = stats.norm.logpdf(u) - math.log(slope)
            log_q = stats.norm.logpdf(x, math.sin(z) + z, math.exp(-0.4))
            return math.exp(log_p) * (log_p - log_q - stats.norm.logpdf(z))

        ours += weight * integrate.quad(drawn, -8, 8, epsabs=1e-10)[0]
        theirs += weight * integrate.quad(direct, -8, 8, epsabs=1e-10)[0]
    assert ours == pytest.approx(theirs, abs=1e-7)


@given(mean=st.floats(-2, 2), log_sigma=st.floats(-2, 1))
def test_the_rate_of_a_normal_posterior_is_its_closed_form(
    mean: float, log_sigma: float
) -> None:
    nodes, weights = gauss_hermite(8)
    m, s = (torch.full((8, 1), v, dtype=DOUBLE) for v in (mean, log_sigma))
    posterior = NormalPosterior(Fixed(m, 2 * s))
    z, log_det = posterior(nodes[:, None], m)
    terms = FlowElboTerms.of(
        m[:, 0] * 0,
        -standard_normal_log_prob(z),
        standard_normal_log_prob(nodes[:, None]),
        log_det,
    )
    expected = kl_to_standard(m[0], 2 * s[0])
    torch.testing.assert_close((weights * terms.rate).sum(), expected)


class Fixed(nn.Module):
    """An encoder that returns what it was given."""

    def __init__(self, mean: Tensor, log_variance: Tensor) -> None:
        super().__init__()
        self.mean, self.log_variance = mean, log_variance

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        del x
        return self.mean, self.log_variance


def test_a_flow_with_noise_is_exact() -> None:
    """Equation (15): every constant cancels, for each single draw."""
    flow = glow_bijection(4, levels=1, steps=3, width=8, generator=generator(5, 4))
    flow.double()
    shift(flow, 5, 0.3)
    x, u = noise(6, 4, 2, 2, seed=6), noise(6, 4, 2, 2, seed=7)
    posterior = ShiftedFlow(flow, nn.Identity(), math.log(0.3)).double()

    def decoder(x: Tensor, z: Tensor) -> Tensor:
        return isotropic_normal_log_prob(x, flow.inverse(z)[0], posterior.log_sigma)

    bound = objective(posterior, decoder, x, u).loss()
    sigma = posterior.log_sigma.exp()
    law = Flow(flow, StandardNormal(), (4, 2, 2))
    torch.testing.assert_close(bound, -law.log_prob(x + sigma * u))


def test_the_bound_of_a_linear_model_is_the_likelihood_plus_the_gap() -> None:
    e, f, g, s1, s2 = 0.4, 1.3, 0.9, 0.5, 0.6
    model = FVAE(
        Times(e), Times(g), Composition(Line(f)), (1,),
        log_sigma_1=math.log(s1), log_sigma_2=math.log(s2),
    ).double()  # fmt: skip
    nodes, weights = gauss_hermite(6)
    x = torch.full((6, 1), 0.8, dtype=DOUBLE)
    bound = (weights * model.bound(x, nodes[:, None])).sum()
    slope = g / f  # x = slope z + s2 noise
    precision = 1 + slope**2 / s2**2
    one = torch.ones(1, 1, dtype=DOUBLE)
    gap = kl_multivariate(
        one[0] * f * e * 0.8, one * (f * s1) ** 2,
        one[0] * slope * 0.8 / s2**2 / precision, one / precision,
    )  # fmt: skip
    evidence = stats.norm.logpdf(0.8, 0.0, math.hypot(slope, s2))
    assert float(bound.detach()) == pytest.approx(-evidence + float(gap), abs=1e-6)


def test_the_model_is_the_general_loss_and_the_flow_prior() -> None:
    model, x = tiny(), pictures()
    u = noise(3, *model.code_shape, seed=8)
    terms = model.terms(x, u)
    general = objective(model.posterior, model.log_likelihood, x, u)
    for name in ("distortion", "prior", "base", "log_det"):
        torch.testing.assert_close(getattr(terms, name), getattr(general, name))
    other = with_flow_prior(model, x, u)
    torch.testing.assert_close(other.loss(), terms.loss())
    assert float((other.prior - terms.prior).detach().abs().max()) > 0.01


def test_the_log_determinant_is_autograds() -> None:
    model, x = tiny(), pictures(1)
    u = noise(1, *model.code_shape, seed=9)
    jacobian = torch.autograd.functional.jacobian(
        lambda v: model.posterior(v, x)[0].flatten(), u
    ).reshape(192, 192)
    expected = torch.linalg.slogdet(jacobian).logabsdet
    torch.testing.assert_close(model.posterior(u, x)[1][0], expected)


def test_the_printed_loss_lacks_the_scale_and_constants() -> None:
    model, x = tiny(), pictures()
    u = noise(3, *model.code_shape, seed=10)
    mean, sigma = model.decoder(model.hidden(u, x)), model.log_sigma_2.exp()
    z, log_det = model.posterior(u, x)
    expected = (
        0.5 * ((x - mean) / sigma).flatten(1).square().sum(1)
        + 0.5 * z.flatten(1).square().sum(1)
        - log_det
    )
    torch.testing.assert_close(model.printed_loss(x, u), expected)
    full = model.bound(x, u).mean()
    printed = model.printed_loss(x, u).mean()
    (by_full,) = torch.autograd.grad(full, model.log_sigma_2)
    (by_printed,) = torch.autograd.grad(printed, model.log_sigma_2)
    torch.testing.assert_close(by_full - by_printed, torch.tensor(192.0).double())
    assert float(by_printed) < 0


def test_the_best_deviation_is_where_the_gradient_vanishes() -> None:
    model, x = tiny(), pictures()
    u = noise(3, *model.code_shape, seed=11)
    with torch.no_grad():
        model.log_sigma_2.copy_(best_sigma_2(model, x, u).log())
    (slope,) = torch.autograd.grad(model.bound(x, u).mean(), model.log_sigma_2)
    assert abs(float(slope)) < 1e-9


def test_codes_go_back_and_forth() -> None:
    model, x = tiny(), pictures()
    z = model.encode(x)
    torch.testing.assert_close(model.decode(z), model.reconstruct(x))
    torch.testing.assert_close(flow_prior(model).bijection(model.encoder(x))[0], z)


def test_encoder_and_decoder_start_as_inverses() -> None:
    model = fvae(
        (3, 8, 8), scales=2, steps=2, levels=1, flow_steps=1, flow_width=4,
        generator=generator(0),
    )  # fmt: skip
    x = pictures().float()
    torch.testing.assert_close(model.reconstruct(x), torch.tanh(x))


def test_the_articles_network_has_the_counted_size() -> None:
    model = article_fvae(generator(0))
    sizes = [
        sum(p.numel() for p in part.parameters())
        for part in (model.encoder, model.decoder, model.flow, model)
    ]
    assert sizes == [4_729_536, 4_729_536, 86_371_008, 95_830_082]
    assert model.code_shape == (192, 16, 16)


def test_the_mean_bound_reaches_every_parameter_and_its_draw_is_seeded() -> None:
    model, x = tiny().float(), pictures().float()
    loss = model(x).loss().mean()
    loss.backward()
    assert all(p.grad is not None for p in model.parameters())
    torch.manual_seed(3)
    first = model(x).loss()
    torch.manual_seed(3)
    torch.testing.assert_close(model(x).loss(), first)


def test_interpolation_by_hand() -> None:
    a, b = torch.zeros(2, 1), torch.ones(2, 1)
    torch.testing.assert_close(line(a, b, 3)[:, 0, 0], torch.tensor([0.0, 0.5, 1.0]))
    corners = torch.tensor([0.0, 1.0, 10.0, 11.0])[:, None]
    grid = square(corners, 3).reshape(3, 3)
    expected = torch.tensor([[0, 0.5, 1], [5, 5.5, 6], [10, 10.5, 11]])
    torch.testing.assert_close(grid, expected)


def test_equal_deviations_a_pixel_are_one_deviation() -> None:
    one = tiny()
    x = noise(6, 3, 8, 8, seed=71)
    u = noise(6, *one.code_shape, seed=72)
    many = PixelFVAE(one, (3, 8, 8)).double().eval()
    torch.testing.assert_close(many.bound(x, u), one.bound(x, u))
    many_as_prior = with_flow_prior(many, x, u).loss()
    torch.testing.assert_close(many_as_prior, one.bound(x, u))


def test_deviations_a_pixel_are_torchs_normal() -> None:
    model = PixelFVAE(tiny(), (3, 8, 8)).double()
    shift(model, 73)
    x, mean = noise(4, 3, 8, 8, seed=74), noise(4, 3, 8, 8, seed=75)
    expected = Normal(mean, model.log_sigma_2.exp()).log_prob(x).sum((1, 2, 3))
    torch.testing.assert_close(model.decoder_log_prob(x, mean), expected)


def log_abs_det(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    jacobian = torch.func.jacrev(function)(x)
    return torch.linalg.slogdet(jacobian.reshape(x.numel(), x.numel()))[1]


@pytest.mark.parametrize("shape", [(1, 1), (3,), ()])
def test_a_shared_deviation_counts_for_each(shape: tuple[int, ...]) -> None:
    posterior = NormalPosterior(lambda x: (x, torch.full(shape, 0.6)))  # type: ignore[arg-type]
    u = torch.ones(1, 3)
    expected = log_abs_det(lambda one: posterior(one, u)[0], u)
    torch.testing.assert_close(posterior(u, u)[1], expected[None])


def test_a_whole_number_is_a_log_deviation() -> None:
    model = FVAE(nn.Identity(), nn.Identity(), flows.Reverse(), (3,),
                 log_sigma_1=-2, log_sigma_2=1)  # fmt: skip
    assert model.log_sigma_1.dtype == model.log_sigma_2.dtype == torch.float32


def test_pictures_with_their_channels_last_are_refused() -> None:
    model, x = tiny(), noise(2, 3, 8, 8)
    pixels, last = PixelFVAE(model, (3, 8, 8)), x.movedim(1, -1)
    scale = flows.DiagonalScale((2,))
    narrow = FVAE(nn.Linear(6, 2), nn.Linear(2, 1), scale, (2,))
    with pytest.raises(ValueError, match="give events of one shape"):
        pixels.decoder_log_prob(last, x)
    with pytest.raises(ValueError, match="give events of one shape"):
        best_sigma_2(narrow, torch.zeros(4, 6), torch.zeros(4, 2))
