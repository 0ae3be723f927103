"""Right values where a square, an exponential or a logarithm would lose them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from rederived import evaluation, figures, flows, probability, vae
from rederived.chapters.adaptive import (
    controlled_euler,
    reference_solution,
    relative_error_on_a_hill,
    trajectory,
)
from rederived.chapters.fvae import model as fvae
from rederived.chapters.fvae.glow_layers import ChannelPermutation
from rederived.chapters.infomax import ConvEncoder, DeepInfoMax, InfoMaxWeights
from rederived.chapters.information.autoregressive import bernoulli_log_prob
from rederived.chapters.mixup import distributions, exact
from rederived.chapters.titles.article_search import article_search
from rederived.chapters.titles.encoder_decoder import Nested
from rederived.chapters.titles.rollout import greedy
from rederived.chapters.titles.scorers import CachedState
from rederived.chapters.titles.search import Hypothesis, generate
from rederived.chapters.titles.tables import MarkovModel, TableModel
from rederived.chapters.titles.vocabulary import SPECIAL
from rederived.chapters.variational import em, inference, losses, tables
from torch import Tensor, nn

INFINITY, NAN = math.inf, math.nan
HALVES = torch.tensor([0.5, 0.5], dtype=torch.float64)


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("case", ["two groups", "an outlier"])
def test_near_neighbours_beside_what_is_far(dtype: torch.dtype, case: str) -> None:
    x = torch.randn(60, 3, generator=rng()).to(dtype)
    if case == "two groups":
        x = 1e-2 * x + 1e3 * torch.arange(60)[:, None].remainder(2)
    else:
        x[1:] *= 1e-4
        x[0] = 1e5
    exactly = [
        sorted(range(60), key=lambda k: math.dist(row.tolist(), x[k].tolist()))[:4]
        for row in x
    ]
    assert evaluation.nearest(x, x, 4, "euclid").tolist() == exactly


@pytest.mark.parametrize("log_deviation", [0.0, -45.0, -100.0, -1e4])
@pytest.mark.parametrize("isotropic", [False, True])
def test_a_normal_density_at_its_mean(log_deviation: float, isotropic: bool) -> None:
    x, mean = torch.ones(2, 1, 1, requires_grad=True).unbind()
    width = torch.tensor(log_deviation, requires_grad=True)
    if isotropic:
        value = probability.isotropic_normal_log_prob(x, mean, width)
    else:
        value = probability.normal_log_prob(x, mean, 2 * width)
    slopes = torch.autograd.grad(value.sum(), [x, mean, width])
    assert [float(one) for one in slopes] == [0.0, 0.0, -1.0]
    right = -log_deviation - math.log(2 * math.pi) / 2
    assert value.item() == pytest.approx(right)


def test_a_normal_density_is_curved_at_its_mean() -> None:
    zero, log_variance = torch.zeros(1), torch.tensor([math.log(0.25)])
    bend = torch.autograd.functional.hessian(
        lambda x: probability.normal_log_prob(x, zero, log_variance), zero
    )
    assert float(bend) == pytest.approx(-4.0)  # type: ignore[arg-type]


def test_a_logistic_density_is_curved_at_its_mean() -> None:
    prior, zero = flows.StandardLogistic(), torch.zeros(1)
    bend = torch.autograd.functional.hessian(lambda z: prior.log_prob(z)[0], zero)
    assert bend.tolist() == [[-0.5]]  # type: ignore[attr-defined]


@pytest.mark.filterwarnings("ignore:.*jit.script:DeprecationWarning")  # torch's own
def test_a_permutation_has_a_forward_derivative() -> None:
    mix = ChannelPermutation(torch.tensor([2, 0, 1]))
    found = torch.func.jacfwd(lambda row: mix(row[None])[0][0])(torch.ones(3))
    assert torch.equal(found, torch.eye(3)[[2, 0, 1]])


def test_information_of_a_cell_whose_marginals_multiply_to_zero() -> None:
    joint = torch.tensor([[1e-200, 0.0], [0.0, 1.0]], dtype=torch.float64)
    right = 200 * math.log(10)
    assert float(probability.pointwise_information(joint)[0, 0]) == pytest.approx(right)
    found = float(probability.mutual_information(joint))
    entropy = 1e-200 * (right + 1)  # -d log d - (1 - d) log(1 - d), d = 1e-200
    assert found == pytest.approx(entropy, rel=1e-12, abs=0)


@pytest.mark.parametrize("log_variance", [-1e4, -800.0, 800.0])
def test_codes_that_are_all_alike_say_nothing(log_variance: float) -> None:
    mean = torch.zeros(4, 2)
    found = vae.information(mean, torch.full_like(mean, log_variance), rng())
    assert (found.lower, found.upper) == (0.0, 0.0)


def test_information_of_a_decoder_whose_square_is_no_number() -> None:
    found = vae.LinearGaussian(1.0, 1e-200).optimal_information(1.0)
    assert found == pytest.approx(200 * math.log(10))


def test_a_scale_that_coordinates_share_counts_for_each() -> None:
    coupling = flows.AffineCoupling(flows.Prefix(1), nn.Linear(1, 2)).double()
    x = torch.randn(1, 4, dtype=torch.float64, generator=rng())
    _, log_det = coupling(x)
    jacobian = torch.autograd.functional.jacobian(lambda row: coupling(row)[0], x)
    right = torch.linalg.slogdet(jacobian.reshape(4, 4)).logabsdet
    torch.testing.assert_close(log_det[0], right)
    with pytest.raises(RuntimeError, match="expanded size"):
        flows.AffineCoupling(flows.Prefix(1), nn.Linear(1, 3))(torch.ones(2, 2))


@pytest.mark.parametrize("scale", [1e25, 1e-30, 0.0])
def test_a_normalised_trajectory_has_steps_of_its_length(scale: float) -> None:
    slope = scale * torch.tensor([3.0, 4.0])
    points = trajectory("normalised", lambda _: slope, torch.zeros(2), 1.0, 1).points
    right = torch.tensor([-0.6, -0.8]) * (scale > 0)
    torch.testing.assert_close(points[-1], right)


@pytest.mark.parametrize("x", [0.0, 1e-16, -1e-9, 1e-4, 9e-3, 1.1e-2])
def test_euler_s_error_near_no_step(x: float) -> None:
    series = sum(x**k / math.factorial(k + 1) for k in range(1, 9))
    found = relative_error_on_a_hill(torch.tensor(x, dtype=torch.float64))
    assert float(found) == pytest.approx(series, rel=1e-12, abs=0)


def test_a_field_that_is_nan_is_not_followed_for_ever() -> None:
    one = torch.ones(1)
    with pytest.raises(RuntimeError, match="no step from time 0"):
        controlled_euler(lambda x: NAN * x, one, 1.0, 1e-2)
    with pytest.raises(RuntimeError, match="NaN at"):
        reference_solution(lambda x: NAN * x, one, 1.0)


def test_least_squares_far_from_the_origin() -> None:
    x = torch.randn(30, 1, dtype=torch.float64, generator=rng())
    y = 2 * x[:, 0] + x[:, 0].square()
    near = exact.mixup_least_squares(x, y, 1.0, intercept=True)
    far = exact.mixup_least_squares(x + 1e7, y, 1.0, intercept=True)
    assert float(far[1]) == pytest.approx(float(near[1]), rel=1e-7)
    assert float(far[0] + 1e7 * far[1]) == pytest.approx(float(near[0]), abs=1e-6)


def test_pairing_is_a_coin_for_any_numbers() -> None:
    x, labels = torch.randn(6, 2, generator=rng()), torch.arange(6) % 2
    found = distributions.pairing_distribution(x, labels)
    assert found == distributions.coin_distribution(x, labels)


def test_a_point_that_the_data_lack_has_a_risk() -> None:
    data = torch.tensor([0.0, 1.0], dtype=torch.float64)
    best = tables.optimal_discriminator(data, HALVES)
    found = tables.discriminator_risk(data, HALVES, best)
    right = math.log(2) - float(probability.js(data, HALVES))
    assert float(found) == pytest.approx(right)


@pytest.mark.parametrize("weight", [1e-5, 1.0, INFINITY])
def test_a_generator_answers_any_weight(weight: float) -> None:
    found = tables.weighted_response(weight)(HALVES, HALVES)
    torch.testing.assert_close(found, HALVES)


def test_a_posterior_of_small_numbers() -> None:
    likelihood = torch.tensor([[1e-30, 3e-30], [1.0, 1.0]])
    found = em.e_step(torch.tensor([1e-30, 1e-30]), likelihood)
    torch.testing.assert_close(found, torch.tensor([[0.25, 0.75], [0.5, 0.5]]))


def test_ali_on_tables_with_empty_cells() -> None:
    p = torch.tensor([[0.5, 0.0], [0.0, 0.5]], dtype=torch.float64)
    q = torch.tensor([[0.5, 0.0], [0.0, 0.5]], dtype=torch.float64)
    even = torch.full_like(p, 0.5)
    assert float(inference.labelled_kl(p, q, even)) == pytest.approx(2 * math.log(2))
    for name in inference.LOSSES:
        value = inference.ali_loss(name, (p, q), even, (p, q))
        assert abs(float(value)) == pytest.approx(2 * math.log(2))


def test_a_sure_discriminator_s_loss_keeps_its_digits() -> None:
    logits = torch.tensor([-21.0], dtype=torch.float64)
    found = float(losses.generator_loss(logits)) - 21
    assert found == pytest.approx(math.exp(-21), rel=1e-5)


@pytest.mark.parametrize(
    ("pixel", "log_odds", "right"),
    [
        (1.0, INFINITY, 0.0),
        (0.0, -INFINITY, 0.0),
        (1.0, -INFINITY, -INFINITY),
        (0.0, INFINITY, -INFINITY),
    ],
)
def test_a_certain_pixel(pixel: float, log_odds: float, right: float) -> None:
    row = torch.tensor([pixel, log_odds], dtype=torch.bfloat16)
    found = bernoulli_log_prob(row[:1], row[1:])
    assert (found.item(), found.dtype) == (right, torch.bfloat16)


def test_an_f_vae_of_no_pictures() -> None:
    flow = flows.DiagonalScale((2,))
    one = fvae.FVAE(nn.Linear(6, 2), nn.Linear(2, 6), flow, (2,))
    none, noise = torch.zeros(0, 6), torch.zeros(0, 2)
    assert one(none).loss().shape == (0,)
    assert one.printed_loss(none, noise).shape == (0,)
    assert fvae.PixelFVAE(one, (6,))(none).loss().shape == (0,)
    assert fvae.ShiftedFlow(flow, nn.Identity())(noise, noise)[1].shape == (0,)


def test_a_map_of_one_place_has_no_pairs_of_places() -> None:
    encoder, grid = ConvEncoder((4,), 5, colours=1), (1, 4)
    model = DeepInfoMax(encoder, 5, grid, InfoMaxWeights(), width=6)
    assert model(torch.zeros(3, 1, 2, 2)).isfinite()
    with pytest.raises(ValueError, match="no pair of places"):
        DeepInfoMax(encoder, 5, grid, InfoMaxWeights(0, 0, 1.0), width=6)


class Fixed(TableModel):
    """A model that always answers the same."""

    def __init__(self, log_probs: list[float]) -> None:
        super().__init__(1, 2, 3, rng())
        self.answer = torch.tensor(log_probs, dtype=torch.float64)

    def step(
        self, tokens: Tensor, state: Nested, memory: Nested
    ) -> tuple[Tensor, Nested]:
        return self.answer.expand(len(tokens), -1), state


@pytest.mark.parametrize("search", ["beam", "greedy", "article"])
def test_a_title_holds_no_special_token(search: str) -> None:
    found = searched(Fixed([-INFINITY] * 6), search)
    assert not found.ended
    assert all(token >= SPECIAL for token in found.tokens)
    with pytest.raises(ValueError, match="NaN or infinity"):
        searched(Fixed([-INFINITY] * 5 + [INFINITY]), search)


def searched(model: TableModel, search: str) -> Hypothesis:
    """The title that a search finds for a model's only text."""
    text = model.texts()
    if search == "article":
        return article_search(CachedState(model, text, 2), 3, "safe", floor=0.0)
    return (generate if search == "beam" else greedy)(model, text, max_length=3)[0]


def test_a_markov_model_of_titles_without_characters() -> None:
    model = MarkovModel(2, 3, 1, rng())
    assert model.viterbi().tolist() == [0.0, 0.0]
    assert model.all_titles()[0].tolist() == [[0.0], [0.0]]


@pytest.mark.parametrize(
    "values",
    [
        torch.ones(2) + 1j,
        np.ma.masked_array([1.0, 9.0], [False, True]),
        ["1", "2"],
    ],
)
def test_only_real_numbers_are_drawn(values: Tensor | np.ndarray | list[str]) -> None:
    with pytest.raises(TypeError, match=r"real numbers|hides"):
        figures.spectrum({"x": values}, ylabel="y")
