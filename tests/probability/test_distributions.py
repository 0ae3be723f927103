"""Exact laws against SciPy, enumeration, quadrature, torch.distributions."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rederived import evaluation, probability
from rederived.chapters.variational import em
from rederived.probability import (
    conditional,
    entropy,
    entropy_multivariate,
    joint,
    js,
    kl,
    kl_multivariate,
    kl_to_standard,
    marginal,
    marginals,
    mutual_information,
    random_distribution,
    softmax_fisher,
)
from rederived.probability.normals import check_symmetric
from scipy import stats
from scipy.spatial.distance import jensenshannon
from torch import Tensor
from torch.distributions import Independent, MultivariateNormal, Normal, kl_divergence
from torch.distributions import kl_divergence as torch_kl

seeds = st.integers(0, 2**32 - 1)
sizes = st.tuples(st.integers(1, 6), st.integers(1, 6))


def source(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def law(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def covariance(size: int, generator: torch.Generator) -> Tensor:
    root = torch.randn(size, size + 2, generator=generator, dtype=torch.float64)
    return root @ root.T


@given(seeds, sizes)
def test_divergences_are_those_of_scipy(seed: int, size: tuple[int, int]) -> None:
    rng = source(seed)
    p, q = random_distribution(size, rng), random_distribution(size, rng)
    flat_p, flat_q = p.flatten().numpy(), q.flatten().numpy()
    assert float(kl(p, q)) == pytest.approx(stats.entropy(flat_p, flat_q), abs=1e-12)
    assert float(entropy(p)) == pytest.approx(stats.entropy(flat_p), abs=1e-12)
    expected = jensenshannon(flat_p, flat_q) ** 2
    assert float(js(p, q)) == pytest.approx(expected, abs=1e-12)


@given(seeds, sizes)
def test_chain_rule(seed: int, size: tuple[int, int]) -> None:
    rng = source(seed)
    p, q = random_distribution(size, rng), random_distribution(size, rng)
    inner = sum(
        float(marginal(p, 0)[x] * kl(conditional(p, 0)[x], conditional(q, 0)[x]))
        for x in range(size[0])
    )
    whole = float(kl(marginal(p, 0), marginal(q, 0))) + inner
    assert float(kl(p, q)) == pytest.approx(whole, abs=1e-12)


def exact_kl(p: Tensor, q: Tensor) -> float:
    """Return the divergence of two tables, each divided by its sum, from 60 digits."""
    with localcontext(prec=60):
        first, second = ([Decimal(v) for v in t.flatten().tolist()] for t in (p, q))
        pairs = zip(first, second, strict=True)
        inner = sum((a * (a / b).ln() for a, b in pairs), Decimal(0)) / sum(first)
        return float(inner - (sum(first) / sum(second)).ln())


@pytest.mark.parametrize("away", [1e-1, 1e-4, 1e-8])
def test_small_divergences_keep_their_digits(away: float) -> None:
    logits, step = torch.randn(2, 6, generator=source(0), dtype=torch.float64)
    p, q = logits.softmax(0), (logits + away * step).softmax(0)
    assert float(kl(p, q)) == pytest.approx(exact_kl(p, q), rel=1e-6, abs=0)
    middle = 0.5 * (exact_kl(p, (p + q) / 2) + exact_kl(q, (p + q) / 2))
    assert float(js(p, q)) == pytest.approx(middle, rel=1e-6, abs=0)
    x, z = (one.softmax(0) for one in (logits, step))
    ripple = torch.outer(step - step.mean(), logits - logits.mean())
    table = torch.outer(x, z) + away * 1e-3 * ripple
    product = torch.outer(*marginals(table))
    found = float(mutual_information(table))
    assert found == pytest.approx(exact_kl(table, product), rel=1e-6, abs=0)


@given(seeds, sizes)
def test_divergences_are_never_negative(seed: int, size: tuple[int, int]) -> None:
    rng = source(seed)
    p = random_distribution(size, rng)
    rounded = p * (1 + 2e-16 * torch.randint(-1, 2, size, generator=rng))
    assert float(kl(p, rounded)) >= 0 and float(js(p, rounded)) >= 0
    first, second = marginals(p)
    assert float(mutual_information(torch.outer(first, second))) >= 0


def test_the_curvature_of_kl_at_equality_is_the_fisher_information() -> None:
    logits = torch.randn(4, generator=source(1), dtype=torch.float64)
    for shift in (0.0, 1e-16, 3e-16):  # as near as rounding, on each side
        q = (logits + shift * torch.arange(4)).softmax(0)
        found = torch.autograd.functional.hessian(
            lambda at, q=q: kl(at.softmax(0), q), logits
        )
        torch.testing.assert_close(found, softmax_fisher(q))


@given(seeds, sizes)
def test_mutual_information_from_entropies(seed: int, size: tuple[int, int]) -> None:
    p = random_distribution(size, source(seed))
    x, z = marginals(p)
    expected = float(entropy(x) + entropy(z) - entropy(p))
    assert float(mutual_information(p)) == pytest.approx(expected, abs=1e-12)
    assert float(mutual_information(x[:, None] * z)) == pytest.approx(0, abs=1e-12)


@given(seeds, sizes)
def test_a_table_is_its_marginal_times_its_conditional(
    seed: int, size: tuple[int, int]
) -> None:
    p = random_distribution(size, source(seed))
    x, z = marginals(p)
    torch.testing.assert_close(x, p.sum(1))
    torch.testing.assert_close(z, p.sum(0))
    torch.testing.assert_close(joint(x, conditional(p, 0)), p)
    torch.testing.assert_close(conditional(p, 1) * z, p)
    torch.testing.assert_close(joint(z, conditional(p, 1).T), p.T)


def test_batches_of_laws_are_many_laws(rng: torch.Generator) -> None:
    p, q = (random_distribution((7, 3, 4), rng, axes=(1, 2)) for _ in range(2))
    assert kl(p, q, (1, 2)).shape == (7,)
    for k in range(7):
        torch.testing.assert_close(kl(p, q, (1, 2))[k], kl(p[k], q[k]))
        torch.testing.assert_close(entropy(p, (1, 2))[k], entropy(p[k]))
        torch.testing.assert_close(js(p, q, (1, 2))[k], js(p[k], q[k]))
        torch.testing.assert_close(mutual_information(p)[k], mutual_information(p[k]))
        torch.testing.assert_close(conditional(p, 1)[k], conditional(p[k], 1))
    rows = random_distribution((7, 3, 4), rng, axes=-1)
    whole = joint(random_distribution((7, 3), rng, axes=-1), rows)
    torch.testing.assert_close(whole.sum((1, 2)), torch.ones(7, dtype=torch.float64))


def test_known_values() -> None:
    assert float(entropy(law(0.5, 0.5))) == pytest.approx(math.log(2), abs=1e-15)
    assert float(kl(law(1.0, 0.0), law(0.5, 0.5))) == pytest.approx(math.log(2))
    assert float(kl(law(0.5, 0.5), law(1.0, 0.0))) == math.inf
    assert float(js(law(1.0, 0.0), law(0.0, 1.0))) == pytest.approx(math.log(2))
    assert float(kl(law(0.0, 1.0), law(0.0, 1.0))) == 0.0


def test_random_laws_are_uniform_on_the_simplex(rng: torch.Generator) -> None:
    draws = random_distribution((20_000, 3), rng, axes=-1)
    first = draws[:, 0].numpy()  # its law is Beta(1, 2)
    assert stats.kstest(first, stats.beta(1, 2).cdf).pvalue > 1e-3
    assert draws.dtype == torch.float64


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (law(0.5, 0.6), "p sums to 1.1; divide by the sum"),
        (law(1.5, -0.5), "p has the entry -0.5"),
        (law(math.nan, 1.0), "p has the entry nan"),
        (torch.tensor([0.5, 0.5]), "p is torch.float32"),
    ],
)
def test_what_is_not_a_law_is_refused(bad: Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        entropy(bad)
    with pytest.raises(ValueError, match=message):
        kl(bad, law(0.5, 0.5))


def test_bad_tables_are_refused(rng: torch.Generator) -> None:
    p = random_distribution((2, 3), rng)
    with pytest.raises(ValueError, match="q sums to"):
        kl(p, p / 2)
    with pytest.raises(ValueError, match="axis is 2; give 0 for x or 1 for z"):
        marginal(p, 2)
    with pytest.raises(ValueError, match="given is -1"):
        conditional(p, -1)
    with pytest.raises(ValueError, match="probability 0: leave such rows"):
        conditional(torch.tensor([[0.0, 0.0], [0.5, 0.5]]).double(), 0)
    with pytest.raises(ValueError, match=r"\(3,\) does not fit .* \(2, 3\)"):
        joint(law(0.2, 0.3, 0.5), random_distribution((2, 3), rng, axes=-1))
    with pytest.raises(ValueError, match="each row of conditional sums to"):
        joint(law(0.5, 0.5), p)


@given(seeds, st.integers(1, 5))
def test_diagonal_normals_are_those_of_torch(seed: int, size: int) -> None:
    rng = source(seed)
    m, s = torch.randn(2, 3, size, generator=rng, dtype=torch.float64)
    first = Independent(Normal(m, (s / 2).exp()), 1)
    standard = Independent(Normal(torch.zeros_like(m), torch.ones_like(m)), 1)
    torch.testing.assert_close(kl_to_standard(m, s), torch_kl(first, standard))


@given(seeds, st.integers(1, 5))
def test_multivariate_normals_are_those_of_numpy(seed: int, size: int) -> None:
    rng = source(seed)
    m, n = torch.randn(2, size, generator=rng, dtype=torch.float64)
    left, right = covariance(size, rng), covariance(size, rng)
    precision, gap = np.linalg.inv(right.numpy()), (n - m).numpy()
    log_dets = [np.linalg.slogdet(part.numpy())[1] for part in (left, right)]
    expected = np.trace(precision @ left.numpy()) + gap @ precision @ gap - size
    expected = 0.5 * (expected + log_dets[1] - log_dets[0])
    assert float(kl_multivariate(m, left, n, right)) == pytest.approx(expected)
    expected = 0.5 * (size * math.log(2 * math.pi * math.e) + log_dets[0])
    assert float(entropy_multivariate(left)) == pytest.approx(expected)


def test_a_table_that_is_no_distribution_has_no_marginal() -> None:
    with pytest.raises(ValueError, match="joint"):
        marginal(torch.full((2, 2), 0.5, dtype=torch.float64), 0)


def test_bad_normals_are_refused() -> None:
    eye = torch.eye(2, dtype=torch.float64)
    zero = torch.zeros(2, dtype=torch.float64)
    with pytest.raises(ValueError, match="covariance_matrix"):
        entropy_multivariate(-eye)
    lopsided = torch.tensor([[1.0, 0.5], [0.0, 1.0]]).double()
    with pytest.raises(ValueError, match=r"its transpose differ by 0.5"):
        kl_multivariate(zero, eye, zero, lopsided)
    with pytest.raises(ValueError, match=r"its transpose differ by 0.5"):
        kl_multivariate(zero, lopsided, zero, eye)


def test_values_can_be_differentiated(rng: torch.Generator) -> None:
    logits = torch.randn(4, generator=rng, dtype=torch.float64, requires_grad=True)
    target = random_distribution((4,), rng)
    kl(target, logits.softmax(0)).backward()
    assert logits.grad is not None
    torch.testing.assert_close(logits.grad, logits.detach().softmax(0) - target)


def test_both_covariances_are_looked_at() -> None:
    good, bad = torch.eye(2), torch.diag(torch.tensor([1.0, -1.0]))
    zero = torch.zeros(2)
    for pair in ((good, bad), (bad, good)):
        with pytest.raises(ValueError, match="PositiveDefinite"):
            kl_multivariate(zero, pair[0], zero, pair[1])
    want = kl_divergence(
        MultivariateNormal(zero, good), MultivariateNormal(zero + 1, 2 * good)
    )
    torch.testing.assert_close(kl_multivariate(zero, good, zero + 1, 2 * good), want)


def test_each_number_has_its_own_noise() -> None:
    drawn = probability.draw_normal(torch.zeros(2), torch.zeros(500, 2), source(0))
    assert drawn.shape == (500, 2)
    assert abs(float(drawn.std(0).mean()) - 1) < 0.15


HALF = torch.full((2,), 0.5)


def test_each_matrix_is_symmetric_on_its_own_scale() -> None:
    skew = torch.tensor([[1.0, 0.9], [0.0, 1.0]])
    both = torch.stack([1e8 * torch.eye(2), skew])
    with pytest.raises(ValueError, match="transpose"):
        check_symmetric(both)
    mixture = em.NormalMixture(HALF, torch.zeros(2, 2), both)
    with pytest.raises(ValueError, match="transpose"):
        mixture.log_joint(torch.zeros(1, 2))
    with pytest.raises(ValueError, match="transpose"):
        evaluation.frechet_distance(torch.zeros(2, 2), both, both[0, 0], both[0])


def test_entropy_of_one_normal_among_none_is_its_entropy() -> None:
    covariance = 2.0 * torch.eye(3)
    one = probability.entropy_multivariate(covariance[None])
    assert one.tolist() == [float(probability.entropy_multivariate(covariance))]
