"""The identities of chapter 2 as properties: they hold for every law that is drawn.

Claims 2.4, 2.5, 2.6, 2.10 and 2.16 are properties in ``test_mixtures`` and
``test_adversarial``; the chain rule for one direction is one in ``test_distributions``.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rederived import probability
from rederived.chapters.variational import tables
from rederived.chapters.variational.inference import linearised
from rederived.chapters.variational.losses import proximity
from rederived.chapters.variational.tables import (
    alternate,
    discriminator_joint,
    generator_risk,
    joint_kl,
    optimal_discriminator,
    proximal_response,
    proximal_risk,
)
from rederived.probability import (
    conditional,
    entropy,
    entropy_multivariate,
    js,
    kl,
    kl_multivariate,
    marginal,
    random_distribution,
    softmax_fisher,
)
from rederived.vae import LinearGaussian
from torch import Tensor

seeds = st.integers(0, 2**32 - 1)
shares = st.floats(0.1, 0.9)


def source(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def laws(seed: int, count: int, size: int = 6) -> list[Tensor]:
    rng = source(seed)
    return [random_distribution((size,), rng) for _ in range(count)]


def float64(values: object) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def close(actual: Tensor, expected: Tensor, atol: float = 1e-12) -> None:
    torch.testing.assert_close(actual, expected, atol=atol, rtol=0)


@given(seeds)
def test_equal_posteriors_close_the_gap_and_others_open_it(seed: int) -> None:
    """Claim 2.1, both directions."""
    rng = source(seed)
    p, q = random_distribution((5, 4), rng), random_distribution((5, 4), rng)
    for first, second in ((p, q), (q, p)):
        below = kl(marginal(first, 0), marginal(second, 0))
        assert float(kl(first, second)) > float(below)
        same = marginal(first, 0)[:, None] * conditional(second, 0)
        close(kl(same, second), below)


@given(seeds)
def test_divergence_is_cross_entropy_less_entropy(seed: int) -> None:
    """Claim 2.2: two models differ in divergence as they do in likelihood."""
    data, model, other = laws(seed, 3)

    def likelihood(law: Tensor) -> Tensor:
        return (data * law.log()).sum()

    close(kl(data, model), -likelihood(model) - entropy(data))
    difference = likelihood(model) - likelihood(other)
    close(kl(data, other) - kl(data, model), difference)


@given(
    v=st.floats(0.2, 5),
    t=st.floats(0.2, 2),
    a=st.floats(-1.5, 1.5),
    s2=st.floats(0.05, 2),
    w=st.floats(-2, 2),
)
def test_the_loss_of_a_vae_is_the_joint_kl_plus_entropy(
    v: float, t: float, a: float, s2: float, w: float
) -> None:
    """Claim 2.3: covariances in the plane against distortion and rate."""
    p = float64([[v, a * v], [a * v, a * a * v + s2]])
    q = float64([[w * w + t * t, w], [w, 1.0]])
    zero = float64([0.0, 0.0])
    model = LinearGaussian(v, t)
    slope, noise, weight = float64([a, s2, w])
    loss = model.distortion(slope, noise, weight) + model.rate(slope, noise)
    expected = kl_multivariate(zero, p, zero, q) + entropy_multivariate(p[:1, :1])
    torch.testing.assert_close(loss, expected, atol=1e-9, rtol=1e-9)


@given(seeds, shares)
def test_only_success_is_zero(seed: int, share: float) -> None:
    """Claim 2.7."""
    data, model, other = laws(seed, 3)
    even = torch.full_like(data, share)
    close(joint_kl(data, data, even, share), float64(0.0))
    assert float(joint_kl(data, model, even, share)) > 0
    assert float(joint_kl(data, data, 0.05 + 0.9 * other, share)) > 0


@given(seeds, shares)
def test_the_two_losses_of_the_generator_differ_by_a_constant(
    seed: int, share: float
) -> None:
    """Claim 2.8: the intractable loss (17) against the tractable one (19)."""
    data, old, model = laws(seed, 3)
    judge = optimal_discriminator(data, old, share)
    intractable = kl(model, data) - (model * (1 - judge).log()).sum()
    difference = intractable - proximal_risk(model, old, judge)
    constant = math.log(share / (1 - share))
    assert float(difference) == pytest.approx(constant, abs=1e-10)


@given(seeds)
def test_the_complete_game_halves_the_spread_or_better(seed: int) -> None:
    """Claim 2.9: r' = Z (1 + r) with Z = E D at most 1/2, and the game ends well."""
    data, start = (0.02 / 6 + 0.98 * law for law in laws(seed, 2))
    data, start = data / data.sum(), start / start.sum()
    path = alternate(data, start, proximal_response, 60)
    mass = (path[:-1] * optimal_discriminator(data, path[:-1])).sum(1, keepdim=True)
    ratio = data / path
    torch.testing.assert_close(ratio[1:], mass * (1 + ratio[:-1]))
    assert float(mass.max()) <= 0.5 + 1e-12
    close(path[-1], data, atol=1e-9)


@given(seeds, st.floats(1e-4, 1e-2))
def test_the_divergence_of_a_step_is_half_the_fisher_form(
    seed: int, size: float
) -> None:
    """Claim 2.11, for softmax laws; F by autograd, as the mean of squared scores."""
    rng = source(seed)
    theta, step = torch.randn(2, 6, generator=rng, dtype=torch.float64)
    scores = torch.autograd.functional.jacobian(lambda t: t.log_softmax(0), theta)
    law = theta.softmax(0)
    fisher = scores.T @ (law[:, None] * scores)
    close(softmax_fisher(law), fisher)
    exact = kl(law, (theta - size * step).softmax(0))
    quadratic = 0.5 * size**2 * step @ fisher @ step
    assert float(exact / quadratic) == pytest.approx(1, abs=5 * size)
    assert int((torch.linalg.eigvalsh(fisher) > 1e-9).sum()) == 5


@given(
    slope=st.floats(-2, 2),
    old=st.floats(-2, 2),
    shift=st.floats(-1, 1),
    sigma=st.floats(0.2, 1),
)
def test_the_proximity_is_a_joint_divergence_and_a_bound(
    slope: float, old: float, shift: float, sigma: float
) -> None:
    """Claim 2.12, for affine generators smoothed by a normal law."""
    z = float64([[-1.0], [1.0]])  # exact for squares
    moved = float(proximity(slope * z + shift, old * z)) / (2 * sigma**2)

    def smoothed(a: float) -> Tensor:
        return float64([[a * a + sigma**2, a], [a, 1.0]])

    mean, zero = float64([shift, 0.0]), float64([0.0, 0.0])
    joint = kl_multivariate(mean, smoothed(slope), zero, smoothed(old))
    assert float(joint) == pytest.approx(moved, abs=1e-9, rel=1e-9)
    marginals = smoothed(slope)[:1, :1], smoothed(old)[:1, :1]
    below = kl_multivariate(mean[:1], marginals[0], zero[:1], marginals[1])
    assert float(below) <= float(joint) + 1e-9


@given(seeds)
def test_codes_play_the_same_game_as_data(seed: int) -> None:
    """Claim 2.14: equations (29) to (32) as printed, for codes of any encoder."""
    rng = source(seed)
    data, prior = random_distribution((8,), rng), random_distribution((4,), rng)
    old, new = (data @ random_distribution((8, 4), rng, -1) for _ in range(2))
    judge = optimal_discriminator(prior, old)
    printed = (new * (new / ((1 - judge) * prior)).log()).sum()
    close(proximal_risk(new, old, judge), printed)
    both = printed - (prior * judge.log()).sum()
    close(joint_kl(prior, new, judge), both / 2 - math.log(2))


@given(seeds, st.floats(0.01, 10), st.floats(0.01, 10))
def test_the_reduced_loss_is_unstable_at_every_rate(
    seed: int, encoder_rate: float, decoder_rate: float
) -> None:
    """Claim 2.17: the bound of the text on the growth, and no growth otherwise."""
    rng = source(seed)
    joint = random_distribution((5, 4), rng)
    reduced = linearised(joint, 1.0, decoder_rate, encoder_rate)
    codes = joint.sum(0)
    mismatch = torch.randn(4, generator=rng, dtype=torch.float64)
    mismatch = mismatch - (codes * mismatch).sum()
    mismatch = mismatch / (codes * mismatch.square()).sum().sqrt()
    posterior = conditional(joint, 0)
    inner = posterior @ mismatch.square() - (posterior @ mismatch).square()
    bound = encoder_rate / 2 * float((joint.sum(1) * inner).sum())
    growth = float(torch.linalg.eigvalsh(reduced)[-1])
    assert growth >= bound * (1 - 1e-9)
    assert bound > 0
    others = linearised(joint, -1.0, decoder_rate, encoder_rate)
    assert float(torch.linalg.eigvalsh(others)[-1]) < 1e-9


@given(seeds)
def test_small_steps_follow_the_complete_objective(seed: int) -> None:
    """Claim 2.18: three gradients at the optimal discriminator are one."""
    (data,) = laws(seed, 1)
    logits = torch.randn(6, generator=source(seed), dtype=torch.float64)
    logits.requires_grad_()
    law = logits.softmax(0)
    judge = optimal_discriminator(data, law).detach()

    def gradient(value: Tensor) -> Tensor:
        return torch.autograd.grad(value, logits, retain_graph=True)[0]

    step = gradient(generator_risk(law, judge))
    close(gradient(proximal_risk(law, law.detach(), judge)), step)
    close(gradient(2 * kl((data + law) / 2, data)), step)
    close(gradient(kl(law, data) - 2 * js(law, data)), step)


def test_each_table_of_a_discriminator_has_its_columns_last() -> None:
    data, right = torch.rand(2, 3, 5, generator=torch.Generator().manual_seed(0))
    found = discriminator_joint(data, right)
    assert found.shape == (3, 5, 2)
    torch.testing.assert_close(found.sum(-1), data)


def tables_of(*shape: int, over: int | tuple[int, int] = -1) -> Tensor:
    draw = torch.Generator().manual_seed(0)
    return probability.random_distribution(shape, draw, over)


@pytest.mark.parametrize("weight", [0.0, 0.3])
def test_games_side_by_side(weight: float) -> None:
    data, old, discriminator = (
        tables_of(3, 3),
        tables_of(3, 3).flip(0),
        tables_of(3, 3, 2)[..., 0],
    )
    risks: list[Callable[..., Tensor]] = [
        lambda p, q, d: tables.discriminator_risk(p, q, d, weight),
        tables.simplified_kl,
        lambda _, q, d: tables.generator_risk(q, d),
        lambda p, q, d: tables.best_response(q, d),
        lambda p, q, _: tables.alternate(p, q, tables.best_response, 2, floor=0.1)[-1],
    ]
    for risk in risks:
        found = risk(data, old, discriminator)
        each = [risk(*row) for row in zip(data, old, discriminator, strict=True)]
        torch.testing.assert_close(found, torch.stack(each))
    found = tables.joint_kl(data, old, discriminator)
    assert found.shape == (3,)


def test_a_row_without_a_finite_risk_is_refused_among_others() -> None:
    dead = torch.tensor([[1.0, 0.0], [0.5, 0.5]], dtype=torch.float64)
    with pytest.raises(ValueError, match="no risk is finite"):
        tables.proximal_response(dead, torch.tensor([[0.0, 0.5], [0.5, 0.5]]).double())
