"""Numbers that were wrong in silence: other shapes, weights of zero, batches of one."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from rederived import figures, flows, probability, vae
from rederived.chapters.fvae.study.data import to_pixels
from rederived.chapters.information.autoregressive import bernoulli_log_prob
from rederived.chapters.mixup import (
    WhitenedNet,
    coin_label_loss,
    mean_label_loss,
    own_label_loss,
    second_order,
)
from rederived.chapters.nice.model import nice_as_article
from rederived.chapters.variational import em, ensembles, tables
from rederived.claims import ClaimFailed, claim
from rederived.evaluation import frechet_distance
from rederived.figures.intervals import student, wilson
from rederived.networks import initialize
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def laws(*shape: int, over: int | tuple[int, int] = -1) -> Tensor:
    return probability.random_distribution(shape, rng(), over)


# Leading axes: many problems at once are those problems one after the other.


def test_entropy_of_one_normal_among_none_is_its_entropy() -> None:
    covariance = 2.0 * torch.eye(3)
    one = probability.entropy_multivariate(covariance[None])
    assert one.tolist() == [float(probability.entropy_multivariate(covariance))]


@pytest.mark.parametrize("pairs", [1, 3])
def test_frechet_distances_of_pairs_of_normals(pairs: int) -> None:
    """As many pairs as coordinates fitted as well, and gave other numbers."""
    roots = torch.randn(2, pairs, 3, 3, dtype=torch.float64, generator=rng())
    first, other = roots @ roots.mT
    means = torch.randn(2, pairs, 3, dtype=torch.float64, generator=rng())
    found = frechet_distance(means[0], first, means[1], other)
    each = [
        frechet_distance(means[0, k], first[k], means[1, k], other[k])
        for k in range(pairs)
    ]
    torch.testing.assert_close(found, torch.stack(each))


@pytest.mark.parametrize("weight", [0.0, 0.3])
def test_games_side_by_side(weight: float) -> None:
    data, old, discriminator = laws(3, 3), laws(3, 3).flip(0), laws(3, 3, 2)[..., 0]
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


def test_em_steps_side_by_side() -> None:
    prior, likelihood, data = laws(3, 2), laws(3, 3, 2, over=-2), laws(3, 3)
    posterior = em.e_step(prior, likelihood)
    each = [em.e_step(p, q) for p, q in zip(prior, likelihood, strict=True)]
    torch.testing.assert_close(posterior, torch.stack(each))
    for found, one in zip(
        em.m_step(data, posterior), em.m_step(data[1], posterior[1]), strict=True
    ):
        torch.testing.assert_close(found[1], one)


# Weights of zero beside infinities.


def test_a_weight_of_zero_leaves_an_infinity_out() -> None:
    data, model = torch.tensor([[0.5, 0.5], [0.2, 0.8]], dtype=torch.float64)
    for weight in (0.0, 1.0):
        best = tables.optimal_discriminator(data, model, weight)
        assert tables.discriminator_risk(data, model, best, weight) == 0.0
    table = laws(2, 3, over=(-2, -1))
    rate = torch.tensor(math.inf, dtype=torch.float64)
    found = probability.infomax_loss(table, rate, 1.0, 0.0)
    assert found == -probability.mutual_information(table)
    sure = torch.full((2, 3), math.inf, dtype=torch.float64)
    assert probability.negative_sampling(table, sure, 0.0) == 0.0


# Shapes.


class Shared(nn.Module):
    """An encoder with one log-variance for all coordinates of a code."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean = 0.5 * x.flatten(1)[:, :4]
        return mean, torch.full((len(x), self.width), -3.0)


class Blank(nn.Module):
    """A decoder's network whose pictures are black."""

    def forward(self, z: Tensor) -> Tensor:
        return torch.zeros(len(z), 1, 8, 8)


def test_a_shared_variance_counts_for_each_coordinate_of_a_code() -> None:
    decoder = vae.NormalDecoder(nn.Identity(), 0.5)
    found = [
        vae.log_likelihood(vae.VAE(Shared(width), decoder), torch.ones(2, 4), 5, rng())
        for width in (1, 4)
    ]
    torch.testing.assert_close(*found)


@pytest.mark.parametrize("count", [1, 8])
def test_a_vae_of_pictures_adds_over_all_pixels(count: int) -> None:
    """One picture, or as many as a picture has rows, had a row's mean before."""
    model = vae.VAE(Shared(4), vae.NormalDecoder(Blank(), 1.0))
    terms = model(torch.zeros(count, 1, 8, 8), rng())
    wanted = torch.full((count,), 32 * math.log(2 * math.pi))
    torch.testing.assert_close(terms.distortion, wanted)


def test_terms_of_other_shapes_are_no_bound() -> None:
    with pytest.raises(ValueError, match="events and codes flat"):
        vae.ElboTerms(torch.zeros(1, 1, 8), torch.zeros(1))


def test_batch_normalisation_of_one_row_is_refused() -> None:
    with pytest.raises(ValueError, match="1 rows have no variance"):
        ensembles.BatchNorm(2, 3)(torch.zeros(2, 1, 3))


# Gradients, weights and pictures.


def test_the_penalty_of_mixup_has_gradients_for_weights_and_inputs() -> None:
    """The second derivatives were constants; differences say what they are."""
    x = torch.randn(6, 2, dtype=torch.float64, generator=rng())
    y, w = x[:, 0].clone(), torch.tensor([0.3, -0.2], dtype=torch.float64)

    def penalty(w: Tensor, x: Tensor) -> Tensor:
        return second_order(lambda x, _: (x @ w).sigmoid(), x, y, 1.0).penalty

    assert not penalty(w, x).requires_grad
    assert torch.autograd.gradcheck(penalty, (w.requires_grad_(), x.requires_grad_()))


def test_the_first_layer_is_finite_on_grey_pictures_of_any_scale() -> None:
    grey = 255.0 * torch.rand(20, 1, 16, 16, generator=rng())
    network = WhitenedNet(4)
    network.prepare(grey.expand(-1, 3, -1, -1))
    assert bool(network.patches.weight.isfinite().all())


@pytest.mark.parametrize(
    "layer", [nn.ConvTranspose2d(2, 2, 3), spectral_norm(nn.Linear(2, 2))]
)
def test_what_cannot_be_drawn_is_refused(layer: nn.Module) -> None:
    with pytest.raises(ValueError, match="cannot draw the weight"):
        initialize(nn.Sequential(layer), "he", rng())


def test_a_picture_of_nan_is_not_black() -> None:
    with pytest.raises(ValueError, match="holds NaN"):
        to_pixels(torch.tensor([0.0, math.nan]))


# Checks and figures.


@pytest.mark.parametrize("nothing", [{}, set(), [frozenset(), {1}]])
def test_nothing_equals_nothing_is_no_check(nothing: object) -> None:
    with pytest.raises(ClaimFailed, match="nothing to compare"):
        claim("1.1").equal(nothing, nothing, what="x")


def test_half_precision_does_not_hide_a_wrong_mean() -> None:
    """Eight roundings of bfloat16 are a sixteenth of the largest number."""
    samples = torch.randn(10_000, generator=rng())
    with pytest.raises(ClaimFailed):
        claim("1.1").mean_close(samples, 0.1, what="x")
    with pytest.raises(ValueError, match="float32 or float64"):
        claim("1.1").mean_close(samples.bfloat16(), 0.1, what="x")


@pytest.mark.parametrize(
    "draw",
    [
        lambda: student([1.0]),
        lambda: wilson(np.array([0.5, 1.0])),
        lambda: wilson(np.array([])),
        lambda: figures.forest_plot({"a": {"b": [1.0]}}, xlabel="x"),
        lambda: figures.matrices(
            {"a": [[math.nan, 0.0]]}, xlabel="x", ylabel="y", limit=1.0
        ),
    ],
)
def test_figures_do_not_draw_what_is_no_number(draw: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"interval|NaN"):
        draw()


def test_the_eighth_line_and_group_do_not_look_like_the_first() -> None:
    names = [f"run {k}" for k in range(1, 15)]
    drawn = figures.lines({n: [1.0, 2.0] for n in names}, xlabel="x", ylabel="y")
    looks = {
        (one.get_color(), one.get_linestyle(), one.get_marker())
        for one in drawn.axes[0].get_lines()
    }
    assert len(looks) == len(names)
    groups = figures.scatter({n: [[1.0, 2.0]] for n in names}, xlabel="x", ylabel="y")
    shapes = {
        (str(one.get_facecolor()), str(one.get_paths()[0].vertices))
        for one in groups.axes[0].collections
    }
    assert len(shapes) == len(names)


def test_a_panel_whose_lines_the_legend_names_otherwise_is_refused() -> None:
    first = {"a": [1.0, 2.0], "b": [2.0, 3.0]}
    with pytest.raises(ValueError, match="one legend"):
        figures.line_panels({"one": first, "two": {"b": [1.0]}}, xlabel="x")


def test_a_dot_outside_its_axis_is_refused() -> None:
    with pytest.raises(ValueError, match="a lies outside"):
        figures.dot_plot(
            {"a": {"b": 12.0}}, xlabel="x", limits=(20.0, 100.0), rule_after=1
        )


@pytest.mark.parametrize("picture", [torch.arange(256.0), torch.full((256,), math.nan)])
def test_grey_levels_as_floats_are_no_white_picture(picture: Tensor) -> None:
    with pytest.raises(ValueError, match="NaN or grey levels"):
        figures.image_grid(picture.reshape(1, 16, 16), columns=1)


# Losses, determinants and zeros of another kind.


def square_mean(x: Tensor, y: Tensor) -> Tensor:
    return nn.functional.mse_loss(x[:, 0], y)


@pytest.mark.parametrize("loss", [square_mean, lambda x, y: (x - y[:, None]).square()])
@pytest.mark.parametrize(
    "expected", [coin_label_loss, own_label_loss, mean_label_loss, second_order]
)
def test_a_loss_that_is_none_of_each_row_is_refused(
    expected: Callable[..., object], loss: Callable[[Tensor, Tensor], Tensor]
) -> None:
    """Means would be weighted as if each row had the mean's loss."""
    x = torch.linspace(0, 1, 4, dtype=torch.float64)
    with pytest.raises(ValueError, match="reduction='none'"):
        expected(loss, x[:, None], x, 1.0)


class Doubled(flows.Bijection):
    """Twice the event, its log-determinant as a column."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return 2 * x, x.new_full((len(x), 1), math.log(4.0))


def test_log_determinants_as_a_column_are_no_density() -> None:
    with pytest.raises(ValueError, match=r"log-determinants of \(3, 1\)"):
        flows.Flow(Doubled(), flows.StandardNormal(), (2,)).log_prob(torch.zeros(3, 2))


def test_zeros_before_a_relu_are_no_start() -> None:
    flow = nice_as_article(4, width=3, depth=1)
    with pytest.raises(ValueError, match="learns nothing"):
        initialize(flow, "identity", rng())


def test_grey_levels_have_no_bernoulli_probability() -> None:
    """Of 0 to 255 the logarithm of the probability was positive."""
    with pytest.raises(ValueError, match=r"in \[0, 1\]"):
        bernoulli_log_prob(torch.tensor([[0.0, 255.0]]), torch.ones(1, 2))
