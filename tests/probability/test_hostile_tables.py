"""Tables and normals at zeros, infinities and shapes that do not fit."""

from __future__ import annotations

import math

import pytest
import torch
from rederived import probability
from torch import Tensor

ZERO_ROW = torch.tensor([[0.0, 0.0], [0.25, 0.75]], dtype=torch.float64)


def test_distributions_over_other_cells_are_refused() -> None:
    one, two = torch.ones(1), torch.full((2, 2), 0.25)
    for p, q, axes in [
        (torch.tensor([0.5, 0.5]), two, None),
        (torch.tensor([0.5, 0.5]), one, -1),
        (torch.full((2, 3), 0.5), torch.tensor([0.5, 0.5]), 0),
        (
            2 * two,
            torch.full((3, 2, 2), 0.5),
            1,
        ),  # the columns of one, the rows of many
    ]:
        with pytest.raises(ValueError, match="no distributions over the same cells"):
            probability.kl(p.double(), q.double(), axes)


def test_one_distribution_beside_many_broadcasts() -> None:
    many = torch.tensor([[0.5, 0.5], [0.25, 0.75]], dtype=torch.float64)
    found = probability.kl(many[0], many, -1)
    assert found.tolist() == [probability.kl(many[0], row).item() for row in many]


def test_a_row_without_probability_has_no_information() -> None:
    found = probability.pointwise_information(ZERO_ROW)
    assert found.tolist() == [[-math.inf, -math.inf], [0.0, 0.0]]
    best = probability.negative_sampling(ZERO_ROW, found)
    assert best.item() == pytest.approx(-2 * math.log(2))


@pytest.mark.parametrize("negatives", [math.nan, -1.0, math.inf])
def test_negatives_are_counted(negatives: float) -> None:
    with pytest.raises(ValueError, match="negatives must be at least 0"):
        probability.negative_sampling(ZERO_ROW, ZERO_ROW, negatives)


def test_scores_stand_for_cells() -> None:
    with pytest.raises(ValueError, match="one score for each cell"):
        probability.negative_sampling(ZERO_ROW, ZERO_ROW[0])


@pytest.mark.parametrize("words", [[0, 4], [0, -1], [7, 0]])
def test_words_are_in_the_vocabulary(words: list[int]) -> None:
    with pytest.raises(ValueError, match="none of 0 to 2"):
        probability.cooccurrence(words, 3, 1)


@pytest.mark.parametrize("shape", [(0, 3), (0,), (4,), (2, 3, 4)])
def test_log_densities_of_events_of_any_shape(shape: tuple[int, ...]) -> None:
    z = torch.zeros(shape)
    right = -0.5 * math.log(2 * math.pi) * math.prod(shape[1:])
    assert probability.standard_normal_log_prob(z).tolist() == pytest.approx(
        [right] * shape[0]
    )
    log_sigma = torch.tensor(0.5)
    found = probability.isotropic_normal_log_prob(z, z, log_sigma)
    right -= 0.5 * math.prod(shape[1:])
    assert found.tolist() == pytest.approx([right] * shape[0])


def test_a_sharp_isotropic_normal_at_its_mean() -> None:
    x, log_sigma = torch.ones(1, 2), torch.tensor(-90.0)
    found = probability.isotropic_normal_log_prob(x, x, log_sigma)
    assert found.item() == pytest.approx(180 - math.log(2 * math.pi))


def test_a_divergence_near_its_zero_is_not_negative() -> None:
    log_variance = torch.tensor([-1e-5, 1e-5, 3e-4, -3e-4])[:, None]
    found = probability.kl_to_standard(torch.zeros(4, 1), log_variance)
    exact = log_variance.double()
    right = 0.5 * (exact.expm1() - exact).sum(1)
    torch.testing.assert_close(found.double(), right, rtol=0.02, atol=0.0)


@pytest.mark.parametrize("scale", [1e-20, 1.0, 1e20])
def test_a_covariance_of_any_scale_is_symmetric(scale: float) -> None:
    crooked: Tensor = scale * torch.tensor([[2.0, 0.5], [0.0, 2.0]]).double()
    mean = torch.zeros(2).double()
    with pytest.raises(ValueError, match="transpose differ"):
        probability.entropy_multivariate(crooked)
    with pytest.raises(ValueError, match="transpose differ"):
        probability.kl_multivariate(mean, torch.eye(2).double(), mean, crooked)


@pytest.mark.parametrize("rows", [1, 3])
def test_several_deviations_are_not_isotropic(rows: int) -> None:
    x = torch.zeros(rows, 3)
    with pytest.raises(ValueError, match="normal_log_prob takes one for each"):
        probability.isotropic_normal_log_prob(x, x, torch.tensor([0.0, 1.0, 2.0]))


def test_the_divergence_of_a_normal_from_itself_is_not_negative() -> None:
    draw = torch.Generator().manual_seed(0)
    for size in (2, 3, 5, 8, 13):
        root = torch.randn(size, size, generator=draw)
        covariance = (root @ root.T / size + torch.eye(size)).requires_grad_()
        other, mean = covariance.detach() + 1e-9, torch.zeros(size)
        found = probability.kl_multivariate(mean, covariance, mean, other)
        assert 0 <= found.item() < 1e-5
        (slope,) = torch.autograd.grad(found, covariance)  # S^-1 - S^-1 over two
        assert slope.abs().max() < 1e-5
