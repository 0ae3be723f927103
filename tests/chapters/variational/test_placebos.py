"""The empirical checks of chapter 2 fail where they must: false by construction."""

from __future__ import annotations

import pytest
import torch
from rederived.chapters.variational.inference import linearised
from rederived.chapters.variational.measures import first_time, mode_collapse
from rederived.claims import ClaimFailed, claim
from rederived.probability import random_distribution
from torch import Tensor

NETWORKS, TIMES, MODES = 10, 25, 8


def source(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def coverage(seed: int, networks: int = NETWORKS) -> Tensor:
    """Covered modes that rise at a random pace, (networks, TIMES)."""
    steps = torch.rand(networks, TIMES, generator=source(seed)) < 0.5
    return steps.cumsum(-1).clamp(max=MODES)


def arrival(covered: Tensor) -> Tensor:
    return first_time(covered >= 0.75 * MODES).double()


def collapsed(covered: Tensor) -> Tensor:
    return mode_collapse(covered, MODES)[..., -1].double()


def passes(differences: Tensor) -> bool:
    try:
        claim("2.19").mean_below(differences, 0.0, what="a placebo")
    except ClaimFailed:
        return False
    return True


def test_arms_of_one_distribution_lead_in_one_case_of_twenty() -> None:
    """Claim 2.19."""
    found = [
        passes(arrival(coverage(k)) - arrival(coverage(k + 400))) for k in range(400)
    ]
    assert 0.02 < sum(found) / 400 < 0.08


def test_arms_that_are_later_never_lead() -> None:
    """Claim 2.19."""
    for seed in range(20):
        early = coverage(seed)
        late = torch.cat([torch.zeros(NETWORKS, 3), early[:, :-3]], dim=1)
        assert not passes(arrival(late) - arrival(early))
        assert passes(arrival(early) - arrival(late) - 1e-6 * torch.rand(NETWORKS))


@pytest.mark.parametrize(("saved", "shown"), [(1, False), (2, False), (3, True)])
def test_ten_pairs_see_three_saved_networks_and_no_fewer(
    saved: int, shown: bool
) -> None:
    """Claim 2.13: what the page says that ten pairs can tell."""
    difference = torch.zeros(NETWORKS)
    difference[:saved] = -1.0
    assert passes(difference) is shown


def test_that_nothing_collapses_fails_where_networks_do() -> None:
    """Claim 2.13: a dip does not count, a fall that stays does."""
    covered = torch.full((NETWORKS, TIMES), float(MODES))
    covered[:4, 10] = 1.0
    claim("2.13").undecided.below(collapsed(covered).sum(), 3, what="dips")
    covered[:4, 10:] = 1.0
    with pytest.raises(ClaimFailed):
        claim("2.13").undecided.below(collapsed(covered).sum(), 3, what="falls")


def test_networks_that_never_start_have_not_collapsed() -> None:
    """Claim 2.13: one mode at the end is no collapse of what never had four."""
    covered = torch.full((NETWORKS, TIMES), 1.0)
    covered[:, 3] = 3.0
    assert not collapsed(covered).any()


def test_equal_turns_lose_no_modes() -> None:
    """Claim 2.18: the ratio's check fails where both turns cover alike."""
    left, right = (coverage(k)[:, -1].double() for k in (1, 2))
    with pytest.raises(ClaimFailed):
        claim("2.18").corrected.mean_above(left - right, 4.0, what="equal turns")


def test_a_decoder_that_disturbs_is_noticed() -> None:
    """Claim 2.15: codes that are a fifth further off are outside the margin."""
    noise = 0.03 * torch.randn(5, generator=source(3))
    claim("2.15").mean_below(noise, 0.1, what="no harm")
    with pytest.raises(ClaimFailed):
        claim("2.15").mean_below(noise + 0.2, 0.1, what="harm")


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_stable_game_does_not_count_as_unstable(sign: float) -> None:
    """Claim 2.17: with the sign of the standard losses nothing grows."""
    law = random_distribution((5, 4), source(4))
    growth = torch.linalg.eigvalsh(linearised(law, sign, 1.0, 3.0))[-1] - 1e-9
    unstable = claim("2.17").unreproduced
    if sign > 0:
        unstable.above(growth, 0.0, what="the reduced loss")
    else:
        with pytest.raises(ClaimFailed):
            unstable.above(growth, 0.0, what="the other losses")


def test_codes_near_the_prior_have_not_run_away() -> None:
    """Claim 2.17: distances like those of the standard losses."""
    near = 0.4 + 0.2 * torch.randn(8, generator=source(5)).abs()
    claim("2.17").mean_below(near, 1.0, what="near")
    with pytest.raises(ClaimFailed):
        claim("2.17").unreproduced.mean_above(near, 10.0, what="near")
