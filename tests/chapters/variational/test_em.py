"""EM as coordinate descent, against scikit-learn and brute force."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rederived import probability
from rederived.chapters.variational import em
from rederived.chapters.variational.em import NormalMixture, e_step, fit_normals, m_step
from rederived.probability import kl, random_distribution
from sklearn.mixture import GaussianMixture
from torch import Tensor
from torch.distributions import MultivariateNormal

seeds = st.integers(0, 2**32 - 1)


def joint_kl(data: Tensor, posterior: Tensor, prior: Tensor, q: Tensor) -> Tensor:
    return kl(data[:, None] * posterior, q * prior)


@given(seeds)
def test_each_step_is_a_minimum(seed: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    data, prior = random_distribution((5,), rng), random_distribution((3,), rng)
    q = random_distribution((5, 3), rng, axes=0)
    posterior = e_step(prior, q)
    after = joint_kl(data, posterior, prior, q)
    assert float(after) == pytest.approx(float(kl(data, q @ prior)), abs=1e-12)
    other = random_distribution((5, 3), rng, axes=1)
    assert float(joint_kl(data, other, prior, q)) >= float(after)
    fixed_prior, fixed_q = m_step(data, posterior, prior)
    assert torch.equal(fixed_prior, prior)
    fixed = joint_kl(data, posterior, prior, fixed_q)
    new_prior, new_q = m_step(data, posterior)
    full = joint_kl(data, posterior, new_prior, new_q)
    assert float(full) <= float(fixed) + 1e-12
    assert float(fixed) <= float(after) + 1e-12
    rival = random_distribution((5, 3), rng, axes=0)
    assert float(joint_kl(data, posterior, new_prior, rival)) >= float(full)


def start(rng: torch.Generator) -> tuple[Tensor, NormalMixture]:
    x = torch.randn(200, 2, generator=rng, dtype=torch.float64)
    x[:80] += torch.tensor([3.0, 1.0])
    eye = torch.eye(2, dtype=torch.float64).expand(3, 2, 2)
    weights = torch.tensor([0.2, 0.3, 0.5], dtype=torch.float64)
    return x, NormalMixture(weights, x[[0, 50, 150]], eye)


def test_the_density_is_that_of_torch(rng: torch.Generator) -> None:
    x, _ = start(rng)
    root = torch.randn(3, 2, 2, generator=rng, dtype=torch.float64)
    covariances = root @ root.mT + torch.eye(2, dtype=torch.float64)
    weights = random_distribution((3,), rng)
    mixture = NormalMixture(weights, x[:3], covariances)
    for k in range(3):
        law = MultivariateNormal(x[k], covariances[k])
        expected = weights[k].log() + law.log_prob(x)
        torch.testing.assert_close(mixture.log_joint(x)[:, k], expected)


def test_em_is_that_of_scikit_learn(rng: torch.Generator) -> None:
    x, mixture = start(rng)
    peer = GaussianMixture(
        3,
        weights_init=mixture.weights.numpy(),
        means_init=mixture.means.numpy(),
        precisions_init=mixture.covariances.numpy(),
        reg_covar=0.0,
        tol=0.0,
        max_iter=12,
    )
    with pytest.warns(UserWarning, match="converge"):
        peer.fit(x.numpy())
    energies = []
    for _ in range(12):
        posterior = mixture.posterior(x)
        energies.append(float(mixture.free_energy(x, posterior)))
        assert energies[-1] == pytest.approx(-float(mixture.log_likelihood(x)))
        mixture = fit_normals(x, posterior)
        energies.append(float(mixture.free_energy(x, posterior)))
    assert energies == sorted(energies, reverse=True)
    assert float(mixture.log_likelihood(x)) == pytest.approx(peer.score(x.numpy()))
    torch.testing.assert_close(mixture.means, torch.from_numpy(peer.means_))


def test_a_component_without_a_point_is_refused() -> None:
    posterior = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    with pytest.raises(ValueError, match="no point"):
        fit_normals(torch.zeros(2, 2), posterior)


def test_a_component_that_is_ruled_out_costs_no_energy() -> None:
    mixed = NormalMixture(
        torch.tensor([0.5, 0.5]), torch.zeros(2, 2), torch.eye(2).repeat(2, 1, 1)
    )
    x = torch.zeros(1, 2)
    found = mixed.free_energy(x, torch.tensor([[1.0, 0.0]]))
    torch.testing.assert_close(found, -mixed.log_joint(x)[0, 0])


def tables_of(*shape: int, over: int | tuple[int, int] = -1) -> Tensor:
    draw = torch.Generator().manual_seed(0)
    return probability.random_distribution(shape, draw, over)


def test_em_steps_side_by_side() -> None:
    prior, likelihood, data = (
        tables_of(3, 2),
        tables_of(3, 3, 2, over=-2),
        tables_of(3, 3),
    )
    posterior = em.e_step(prior, likelihood)
    each = [em.e_step(p, q) for p, q in zip(prior, likelihood, strict=True)]
    torch.testing.assert_close(posterior, torch.stack(each))
    for found, one in zip(
        em.m_step(data, posterior), em.m_step(data[1], posterior[1]), strict=True
    ):
        torch.testing.assert_close(found[1], one)
