"""What passed in silence: names, shapes and weights that mean another thing."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from pretended_gpu import GPU, pretended_gpu
from rederived import evaluation, figures, flows, probability, vae
from rederived.chapters.adaptive import trajectory
from rederived.chapters.fvae.glow_layers import ActNorm, ChannelPermutation
from rederived.chapters.fvae.model import FVAE, NormalPosterior
from rederived.chapters.infomax import contrast, networks, objective
from rederived.chapters.information import infomax
from rederived.chapters.information.tables import best_encoder
from rederived.chapters.mixup.exact import mixup_least_squares
from rederived.chapters.titles import recurrent
from rederived.chapters.titles.exact import exact_search
from rederived.chapters.titles.search import Hypothesis
from rederived.chapters.titles.vocabulary import PAD, trimmed
from rederived.chapters.variational import em, inference, measures
from rederived.chapters.variational.tables import proximal_response
from rederived.evaluation.classifier import FeatureClassifier
from rederived.networks import initialize
from rederived.probability.normals import check_symmetric
from torch import Tensor, nn

X, INFINITY = torch.eye(3), math.inf


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def tiny_encoder() -> networks.ConvEncoder:
    return networks.ConvEncoder((4,), 5, colours=1)


def tiny_infomax(form: str = "text", negatives: str = "deranged") -> object:
    weights = objective.InfoMaxWeights()
    return objective.DeepInfoMax(
        tiny_encoder(), 5, (16, 4), weights, width=6, form=form, negatives=negatives  # type: ignore[arg-type]
    )  # fmt: skip


def critic(bound: str) -> object:
    return contrast.ContrastiveInfoMax(tiny_encoder(), 5, 4, width=6, bound=bound)  # type: ignore[arg-type]


def small_ali(data: Tensor, prior: Tensor) -> inference.TabularAli:
    return inference.TabularAli(data, prior, torch.zeros(2, 2), torch.zeros(2, 2))


HALF = torch.full((2,), 0.5)
WRONG_NAMES: list[Callable[[], object]] = [
    lambda: trajectory("normalized", torch.neg, X[0], 0.1, 2),  # type: ignore[arg-type]
    lambda: inference.loss_derivatives("minmax", X),  # type: ignore[arg-type]
    lambda: inference.train_ali(small_ali(HALF, HALF), "reduced", "Adam", 1),  # type: ignore[arg-type]
    lambda: critic("infonce"),
    lambda: tiny_infomax(form="picture"),
    lambda: tiny_infomax(negatives="derangement"),
    lambda: recurrent.RecurrentConfig(9, attention="Multiplicative"),  # type: ignore[arg-type]
    lambda: figures.line_panels({"a": {"b": X}}, xlabel="x", band="t"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("call", WRONG_NAMES)
def test_a_name_that_no_branch_knows_is_refused(call: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"one of|there are|none or"):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: small_ali(torch.tensor([1.0, 0.0]), HALF),
        lambda: small_ali(HALF, torch.tensor([1.0, 0.0])),
        lambda: figures.stacked_bars({"a": {"b": math.nan}}, ylabel="y"),
        lambda: figures.forest_plot(
            {"a": {"b": [1, 2]}, "c": {"b": [1, 2], "d": [3, 4]}}, xlabel="x"
        ),
        lambda: figures.image_grid(torch.tensor([[[0, 255]]]), columns=1),
        lambda: flows.Flow(
            flows.Reverse(), flows.StandardNormal(), (3,)
        ).log_prob(torch.tensor([[0, 16, 255]], dtype=torch.uint8)),
        lambda: mixup_least_squares(X, X[:, :1], 1.0, intercept=False),
        lambda: proximal_response(X[0], X[1]),
        lambda: best_encoder(X[0], X, 1.0),
        lambda: flows.DiagonalScale((1,))(X),
        lambda: flows.DiagonalScale((3,)).inverse(X[:, :1]),
        lambda: flows.DiagonalScale((3,))(X[None]),
        lambda: exact_search(
            recurrent.RecurrentModel(recurrent.RecurrentConfig(9, 8, 8)),
            torch.tensor([[5]]), 0, Hypothesis((), -9.0, -9.0, ended=True),
        ),
        lambda: FeatureClassifier(
            nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 1), generator=rng()
        ).loss(X, torch.arange(3), X[0]),
    ],
)  # fmt: skip
def test_no_wrong_number_or_picture(call: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r".{20}"):
        call()


def log_abs_det(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    jacobian = torch.func.jacrev(function)(x)
    return torch.linalg.slogdet(jacobian.reshape(x.numel(), x.numel()))[1]


@pytest.mark.parametrize(
    ("layer", "x"),
    [
        (ActNorm(1), torch.ones(1, 3)),
        (ActNorm(1), torch.ones(1, 3, 2, 2)),
    ],
)
def test_a_shared_scale_counts_for_each(layer: flows.Bijection, x: Tensor) -> None:
    for parameter in layer.parameters():
        nn.init.constant_(parameter, 0.5)
    found, back = layer(x)[1], layer.inverse(x)[1]
    expected = log_abs_det(lambda one: layer(one)[0], x)
    torch.testing.assert_close(found, expected[None])
    torch.testing.assert_close(back, -expected[None])


@pytest.mark.parametrize("shape", [(1, 1), (3,), ()])
def test_a_shared_deviation_counts_for_each(shape: tuple[int, ...]) -> None:
    posterior = NormalPosterior(lambda x: (x, torch.full(shape, 0.6)))  # type: ignore[arg-type]
    u = torch.ones(1, 3)
    expected = log_abs_det(lambda one: posterior(one, u)[0], u)
    torch.testing.assert_close(posterior(u, u)[1], expected[None])


def test_a_shift_does_not_enlarge_an_event() -> None:
    coupling = flows.AdditiveCoupling(flows.Prefix(1), nn.Linear(1, 2))
    flow = flows.Flow(coupling, flows.StandardNormal(), (2,))
    with pytest.raises(ValueError, match=r"become codes of \(4, 3\)"):
        flow.log_prob(torch.ones(4, 2))


def test_a_scale_does_not_enlarge_an_event() -> None:
    with pytest.raises(RuntimeError, match="expanded size"):
        ActNorm(3)(torch.ones(4, 1, 2, 2))


def test_a_permutation_is_its_own() -> None:
    order = torch.tensor([2, 0, 1])
    layer, x = ChannelPermutation(order), torch.tensor([[1.0, 2.0, 3.0]])
    order.zero_()
    assert torch.equal(layer.inverse(layer(x)[0])[0], x)


def test_each_number_has_its_own_noise() -> None:
    drawn = probability.draw_normal(torch.zeros(2), torch.zeros(500, 2), rng())
    assert drawn.shape == (500, 2)
    assert abs(float(drawn.std(0).mean()) - 1) < 0.15


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


def test_a_weight_of_zero_drops_an_infinite_rate() -> None:
    infinite = torch.full((2,), INFINITY)
    assert vae.ElboTerms(torch.ones(2), infinite).loss(beta=0.0).tolist() == [1, 1]
    weights = objective.InfoMaxWeights(local_weight=0.0, prior_weight=0.0)
    model = objective.DeepInfoMax(tiny_encoder(), 5, (16, 4), weights, width=6)
    terms = objective.InfoMaxTerms(torch.tensor(-2.0), None, None, infinite[0])
    assert float(model.loss(terms)) == 1.0
    small = infomax.InfoMax(
        lambda x: (x, x + 99),  # type: ignore[arg-type]
        nn.Linear(6, 1), rate_weight=0.0,
    )  # fmt: skip
    assert bool(small(X).isfinite())


@pytest.mark.parametrize("log_variance", [-40.0, -75.0, -300.0, -800.0])
def test_information_does_not_round_a_sharp_draw_away(log_variance: float) -> None:
    mean = torch.linspace(1, 50, 40, dtype=torch.float64)[:, None].repeat(1, 3)
    found = vae.information(mean, torch.full_like(mean, log_variance), rng())
    noise = torch.randn(mean.shape, generator=rng(), dtype=torch.float64)
    own = -0.5 * float((noise.square() + log_variance).sum(1).mean())
    prior = -0.5 * float(mean.square().sum(1).mean())
    expected = own - prior - math.log(40)  # the codes are far apart
    assert found.aggregate_kl == pytest.approx(expected, abs=1e-4)
    assert found.lower == pytest.approx(math.log(40), abs=1e-9)


def test_a_whole_number_is_a_log_deviation() -> None:
    model = FVAE(nn.Identity(), nn.Identity(), flows.Reverse(), (3,),
                 log_sigma_1=-2, log_sigma_2=1)  # fmt: skip
    assert model.log_sigma_1.dtype == model.log_sigma_2.dtype == torch.float32


def test_every_convolution_starts_from_the_generator() -> None:
    layers = nn.ModuleList([nn.Conv1d(2, 2, 3), nn.Conv3d(2, 2, 3)])
    initialize(layers, "small", rng())
    assert all(bool((one.abs() <= 0.01).all()) for one in layers.parameters())


def test_padding_in_front_cuts_nothing_off() -> None:
    text = torch.tensor([[PAD, PAD, 7, 8, PAD], [PAD, 9, 7, 8, PAD]])
    assert torch.equal(trimmed(text), text[:, :4])


def test_what_runs_on_a_gpu() -> None:
    model = recurrent.RecurrentModel(recurrent.RecurrentConfig(9, 8, 8))
    known = Hypothesis((), -3.0, -3.0, ended=True)
    text, mode = torch.tensor([[5, 6]]), torch.tensor([0, 1, 1])
    here = exact_search(model, text, 3, known)
    covered = measures.count_covered(mode, mode > 0, 2)
    with pretended_gpu():
        there = exact_search(model.to(GPU), text.to(GPU), 3, known)
        found = measures.count_covered(mode.to(GPU), mode.to(GPU) > 0, 2)
        assert found.device == GPU
    assert there == here
    assert int(found) == int(covered) == 1
