"""Divergences from draws, against closed forms and a numerical mean."""

from __future__ import annotations

import math

import pytest
import torch
from rederived.evaluation import kl_of_draws
from torch import Tensor
from torch.distributions import Categorical, MixtureSameFamily, Normal


def normal(n: int, d: int, seed: int = 0) -> Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("d", [1, 4])
@pytest.mark.parametrize("neighbours", [1, 5])
def test_normal_draws_are_near_their_own(d: int, neighbours: int) -> None:
    found = [kl_of_draws(normal(2_000, d, seed), neighbours) for seed in range(5)]
    assert abs(sum(found) / 5) < 0.08


@pytest.mark.parametrize(("scale", "shift"), [(0.1, 0.0), (1.5, 0.0), (1.0, 2.0)])
def test_of_normal_draws_against_the_closed_form(scale: float, shift: float) -> None:
    draws = normal(2_000, 3)
    own = kl_of_draws(draws)
    exact = 3 * (0.5 * (scale**2 + shift**2 - 1) - math.log(scale))
    found = kl_of_draws(scale * draws + shift)
    sample = 0.5 * float((scale * draws + shift).square().sum(1).mean())
    sample -= 0.5 * float(draws.square().sum(1).mean())
    assert found - own == pytest.approx(sample - 3 * math.log(scale), abs=1e-5)
    assert found == pytest.approx(exact, abs=0.2)


def test_of_a_mixture_against_its_density() -> None:
    centres = torch.tensor([-2.0, 0.0, 1.5])
    mixture = MixtureSameFamily(
        Categorical(torch.ones(3)), Normal(centres, torch.full((3,), 0.3))
    )
    z = torch.linspace(-6, 6, 20_001)
    log_p = mixture.log_prob(z)
    log_ratio = log_p - Normal(0.0, 1.0).log_prob(z)
    exact = float(torch.trapezoid(log_p.exp() * log_ratio, z))
    rows = torch.randint(3, (4_000,), generator=torch.Generator().manual_seed(1))
    draws = centres[rows][:, None] + 0.3 * normal(4_000, 1)
    assert kl_of_draws(draws) == pytest.approx(exact, abs=0.06)


def test_a_placebo_tells_sharp_codes_of_a_normal_aggregate_from_none() -> None:
    """What chapter 8 measured before took such codes for two nats away."""
    for variance in (0.004, 0.03):
        means = math.sqrt(1 - variance) * normal(5_000, 4, 1)
        codes = means + math.sqrt(variance) * normal(5_000, 4, 2)
        assert abs(kl_of_draws(codes)) < 0.1


@pytest.mark.parametrize(
    ("draws", "neighbours", "message"),
    [
        (torch.zeros(9, 1), 5, "are equal"),
        (torch.zeros(5, 1), 5, "larger than the neighbours"),
        (torch.zeros(9), 5, r"give \(n, d\)"),
        (normal(9, 2), 0, "0 neighbours"),
        (normal(9, 2) / 0, 5, "NaN or infinite"),
        (normal(9, 1).repeat(1, 2), 5, "fewer than 2 dimensions"),
        (normal(9, 2) * torch.tensor([1.0, 0.0]) + 0.1, 5, "fewer than 2 dimensions"),
    ],
)
def test_what_cannot_be_compared(draws: Tensor, neighbours: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kl_of_draws(draws, neighbours)
