"""Cases in which a statement of chapter 6 is false by construction: the checks fail."""

from __future__ import annotations

import math

import pytest
import torch
from rederived.chapters.infomax import (
    PairDiscriminator,
    PairEstimator,
    draw_pair,
    js_of_pair,
)
from rederived.chapters.infomax.study import measures
from rederived.claims import ClaimFailed, claim
from rederived.evaluation import nearest, overlap, vote
from rederived.networks import initialize
from rederived.probability import js_information, mutual_information
from rederived.training import TrainConfig, fit, generator
from torch import Tensor


def normal_codes(seed: int, noise: float = 0.2) -> measures.Codes:
    """Return informative codes whose aggregate is standard normal."""
    spread = math.sqrt(1 - noise**2)
    mean = spread * torch.randn(2000, 32, generator=generator(seed))
    return measures.Codes(mean, torch.full_like(mean, 2 * math.log(noise)), mean)


def test_normal_codes_are_not_too_wide() -> None:
    found = [measures.shape_of_codes(normal_codes(k), k) for k in range(3)]
    with pytest.raises(ClaimFailed):
        claim("6.11").corrected.mean_above(
            [one["code_sd"] for one in found], 1.2, what="deviation"
        )
    assert all(one["rate"] - one["information_lower"] > 40 for one in found)


@pytest.mark.parametrize("id_", ["6.10", "6.11"])
def test_two_arms_of_one_distribution_do_not_differ(id_: str) -> None:
    first, second = 30 + torch.randn(2, 3, generator=generator(1))
    with pytest.raises(ClaimFailed):
        claim(id_).mean_above(first - second, 0.0, what="one arm less the other")


def test_a_term_that_helps_by_four_points_is_not_little() -> None:
    gain = 4 + torch.randn(3, generator=generator(2))
    with pytest.raises(ClaimFailed):
        claim("6.13").mean_below(gain, 3.0, what="with the term less without")


def trained(x: Tensor, z: Tensor, epochs: int, batch: int) -> PairEstimator:
    """Return an estimator of JS trained on pairs."""
    estimator = PairEstimator(PairDiscriminator(x.shape[1], z.shape[1], 32), "js")
    initialize(estimator, "glorot", generator(3))
    adam = torch.optim.Adam(estimator.parameters(), 5e-3)
    config = TrainConfig(epochs, batch, precision="float32")
    fit(estimator, (x, z), adam, config, label="js")
    return estimator


@torch.no_grad()
def read(estimator: PairEstimator, x: Tensor, z: Tensor, parts: int) -> Tensor:
    """Return the estimate on each part of some pairs."""
    draw = generator(4)
    pairs = zip(x.chunk(parts), z.chunk(parts), strict=True)
    return torch.stack([estimator.estimate(*pair, draw) for pair in pairs])


def test_an_estimate_on_its_own_training_pairs_is_no_lower_bound() -> None:
    rho = 0.7
    x, z = draw_pair(200, rho, generator(5))
    estimator = trained(x, z, 150, 50)
    own = read(estimator, x.repeat(20, 1), z.repeat(20, 1), 20)
    error = own.std() / math.sqrt(20)
    with pytest.raises(ClaimFailed):
        claim("6.18").below(
            (own.mean() - js_of_pair(rho)) / error, 3.0, what="in standard errors"
        )


def test_pairs_without_dependence_give_no_bound() -> None:
    x, z = torch.randn(2, 4000, 4, generator=generator(6))
    found = read(trained(x, z, 3, 400), *torch.randn(2, 4000, 4), 1)
    with pytest.raises(ClaimFailed):
        claim("6.19").corrected.above(found, 0.65, what="bound on noise")


def test_a_code_without_noise_passes_where_it_is_drawn_twice() -> None:
    x = torch.randn(8000, 4, generator=generator(7))
    estimator = trained(x, x, 6, 400)  # a second draw of such a code is the first
    bounds = read(estimator, *torch.randn(1, 6000, 4).expand(2, -1, -1), 3)
    with pytest.raises(ClaimFailed):
        claim("6.19").corrected.mean_below(bounds, 0.0, what="codes drawn twice")


def test_pairs_without_dependence_teach_no_discriminator() -> None:
    """The placebo of claim 6.9: three trainings on codes that know nothing."""
    bounds = []
    for seed in range(3):
        x, z = torch.randn(2, 4000, 4, generator=generator(8, seed))
        fresh = torch.randn(2, 4000, 4, generator=generator(9, seed))
        bounds.append(read(trained(x, z, 3, 400), *fresh, 1)[0])
    with pytest.raises(ClaimFailed):
        claim("6.9").mean_above(torch.stack(bounds), 0.05, what="bound of JS")


def test_where_the_length_is_the_class_angle_and_distance_differ() -> None:
    """The placebo of claim 6.12: directions are noise, lengths tell the classes."""
    kinds = torch.arange(400) % 4
    codes = torch.nn.functional.normalize(
        torch.randn(400, 3, generator=generator(10)), dim=1
    ) * 4.0 ** kinds.unsqueeze(1)
    lists = {
        metric: nearest(codes[:100], codes[100:], 10, metric)
        for metric in ("cosine", "euclid")
    }
    right = {
        metric: 100 * (vote(rows, kinds[100:]) == kinds[:100]).double().mean()
        for metric, rows in lists.items()
    }
    with pytest.raises(ClaimFailed):
        claim("6.12").below((right["cosine"] - right["euclid"]).abs(), 5.0, what="%")
    shared = 100 * overlap(*lists.values()).mean()
    with pytest.raises(ClaimFailed):
        claim("6.12").above(shared, 40.0, what="named by both")


def test_pictures_with_one_corner_are_not_identified_by_it() -> None:
    """The placebo of claim 6.14: the corner is blank in every picture."""
    x = torch.randn(1000, 3, 32, 32, generator=generator(11))
    x[..., :8, :8] = 0.0
    found = measures.corners(x, 0)["corner_identified"]
    with pytest.raises(ClaimFailed):
        claim("6.14").above(found, 90.0, what="identified by a corner, per cent")


def test_two_recipes_that_gain_alike_do_not_differ_by_a_point() -> None:
    """The placebo of claim 6.21: both arms are drawn from one distribution."""
    one, other = 40 + torch.randn(2, 13, generator=generator(12))
    with pytest.raises(ClaimFailed):
        claim("6.21").mean_above(one - other, 1.0, what="one less other")


def test_a_family_ordered_by_its_noise_is_ordered_alike() -> None:
    mixing = torch.linspace(0, 1, 40).double()[:, None, None]
    own = torch.eye(5).double() / 5
    family = mixing * own + (1 - mixing) / 25
    scaled = torch.stack([mutual_information(family), js_information(family)])
    scaled = scaled / scaled.mean(1, keepdim=True)
    gap = scaled[:, :, None] - scaled[:, None, :]
    with pytest.raises(ClaimFailed):
        claim("6.7").corrected.above(
            torch.minimum(gap[0], -gap[1]).max(), 0.02, what="ordered differently"
        )
