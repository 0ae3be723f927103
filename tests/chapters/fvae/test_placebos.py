"""Chapter 5's empirical checks on cases in which their statements are false."""

from __future__ import annotations

import pytest
import torch
from rederived.chapters.fvae.study.linear import principal_reconstruction
from rederived.chapters.fvae.study.spectra import high_power
from rederived.claims import ClaimFailed, claim
from rederived.datasets.faces import draw_faces, sample_factors
from rederived.training import generator
from sklearn.decomposition import PCA
from torch import Tensor


def faces(count: int, stream: int) -> Tensor:
    factors = sample_factors(count, generator(5, stream))
    return draw_faces(factors, 16).double().flatten(1) / 127.5 - 1


def kept(size: int) -> float:
    """Share of high frequencies that a linear code keeps of new faces."""
    train, new = faces(900, 81), faces(60, 82)
    again = principal_reconstruction(train, new, size)
    shape = (-1, 3, 16, 16)
    return high_power(again.reshape(shape)) / high_power(new.reshape(shape))


def test_the_best_linear_code_is_sklearns() -> None:
    train, new = faces(100, 83), faces(9, 84)
    theirs = PCA(5, svd_solver="full").fit(train.numpy())
    expected = theirs.inverse_transform(theirs.transform(new.numpy()))
    again = principal_reconstruction(train, new, 5)
    torch.testing.assert_close(again, torch.as_tensor(expected))


def test_more_numbers_than_axes_are_refused() -> None:
    with pytest.raises(ValueError, match="a code of 11 numbers"):
        principal_reconstruction(torch.zeros(10, 20), torch.zeros(1, 20), 11)


def test_a_small_linear_code_blurs_and_one_as_large_as_the_picture_does_not() -> None:
    claim("5.8").between(kept(4), 0.0, 0.4, what="4 numbers")
    whole = kept(768)
    assert whole == pytest.approx(1, abs=1e-6)
    with pytest.raises(ClaimFailed):  # the placebo: no bottleneck
        claim("5.8").between(whole, 0.6, 0.9, what="768 numbers")


def test_a_linear_code_of_two_is_no_code_that_follows_a_bend() -> None:
    x = torch.randn(200, 6, generator=generator(5, 86))
    flat = principal_reconstruction(x, x, 2)
    error = (flat - x).square().mean().sqrt()
    with pytest.raises(ClaimFailed):  # the linear map itself
        claim("5.12").mean_below((error / error).expand(3), 0.5, what="placebo")


def test_half_a_loss_is_no_bound() -> None:
    loss = 1.0 + 0.1 * torch.randn(40, dtype=torch.float64, generator=generator(5, 87))
    with pytest.raises(ClaimFailed):
        claim("5.12").mean_above(loss / 2 - loss, 0.0, what="placebo")


@pytest.mark.parametrize("id_", ["5.8", "5.9", "5.10", "5.11", "5.15"])
def test_two_arms_of_one_distribution_show_no_difference(id_: str) -> None:
    draws = torch.randn(2, 3, dtype=torch.float64, generator=generator(5, 85))
    with pytest.raises(ClaimFailed):
        claim(id_).mean_above(draws[0] - draws[1], 0.0, what="placebo")


def test_a_circle_that_is_as_good_as_the_line_is_not_refuted() -> None:
    line, circle = 0.105 + 0.005 * torch.randn(2, 3, generator=generator(5, 85))
    with pytest.raises(ClaimFailed):
        claim("5.19").refuted.mean_below(line - circle, 0.0, what="placebo")


def test_noise_that_costs_nothing_explains_no_deficit() -> None:
    deficit = torch.tensor([0.5, 0.52, 0.54])
    cost = torch.tensor([0.01, 0.0, -0.01])
    with pytest.raises(ClaimFailed):
        claim("5.18").mean_above(cost - deficit / 2, 0.0, what="placebo")
    gain = deficit.clone()  # all of the deficit is gained: 5.17 would be right
    with pytest.raises(ClaimFailed):
        claim("5.17").refuted.mean_below(gain - deficit / 2, 0.0, what="placebo")
