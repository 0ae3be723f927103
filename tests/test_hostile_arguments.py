"""Arguments that would have given a wrong number, or changed what is not theirs."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from rederived import datasets, evaluation, figures, flows, probability, vae
from rederived.chapters import mixup
from rederived.chapters.adaptive import (
    Adam,
    NormalizedGradient,
    controlled_euler,
    trajectory,
)
from rederived.chapters.infomax import contrast, estimates, networks, objective
from rederived.chapters.information.autoregressive import causal_mask
from rederived.chapters.information.coordinates import collapsed_coordinates
from rederived.chapters.information.tables import best_encoder
from rederived.chapters.mixup import exact
from rederived.chapters.mixup.exact import mixup_least_squares
from rederived.chapters.mixup.expansion import second_order
from rederived.chapters.nice.model import nice
from rederived.chapters.titles import recurrent, rollout
from rederived.chapters.titles.attention import (
    MultiHeadAttention,
    MultiplicativeAttention,
)
from rederived.chapters.titles.exact import exact_search
from rederived.chapters.titles.figures import attention_table
from rederived.chapters.titles.search import Hypothesis
from rederived.chapters.titles.vocabulary import Vocabulary
from rederived.chapters.variational import em, ensembles, inference, losses
from rederived.chapters.variational.measures import count_covered, covered_modes
from rederived.chapters.variational.tables import proximal_response
from rederived.datasets.points import moons
from rederived.evaluation.classifier import FeatureClassifier
from rederived.figures import image_grid
from rederived.networks import mlp
from rederived.records import RunError, load_record
from rederived.records.reading import read_json
from rederived.training import OneCycle, TrainConfig
from torch import Tensor, nn

NAN, X, NONE = math.nan, torch.eye(3), torch.zeros(0)


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize(
    "call",
    [
        lambda: TrainConfig(NAN, 1),  # type: ignore[arg-type]
        lambda: TrainConfig(1.5, 1),  # type: ignore[arg-type]
        lambda: TrainConfig(1, 1, seed=-1),
        lambda: TrainConfig(1, 1, precision="fp8"),  # type: ignore[arg-type]
        lambda: OneCycle(10, start=NAN),
        lambda: OneCycle(10, end=math.inf),
        lambda: flows.AffineCoupling(flows.Prefix(1), nn.Linear(1, 2), math.inf),
        lambda: flows.Dequantization()(torch.tensor([256]), rng()),
        lambda: flows.Dequantization(17)(torch.tensor([-1]), rng()),
        lambda: flows.bits_per_dim(0.0, 1, math.inf),
        lambda: nice(7, prior=flows.StandardNormal()),
        lambda: flows.Prefix(-1),
        lambda: flows.Dequantization(NAN),  # type: ignore[arg-type]
        lambda: flows.Flow(
            flows.DiagonalScale((3,)), flows.StandardNormal(), (3,)
        ).log_prob(X[:, :1]),
        lambda: probability.isotropic_normal_log_prob(X[:, :1], X[0], X[0, 0]),
        lambda: vae.NormalDecoder(nn.Identity()).log_prob(X, X[:, :1]),
        lambda: losses.proximity(X, X[:, :1]),
        lambda: ensembles.BatchNorm(1, 3)(X[None, :0]),
        lambda: collapsed_coordinates(X * NAN, X),
        lambda: collapsed_coordinates(X[:0], X[:0]),
        lambda: evaluation.frechet_distance(X[0], X.triu() + X.roll(1, 1), X[0], X),
        lambda: evaluation.calibration_error(X, torch.tensor([0.0, 0.5, 1.0])),
        lambda: em.NormalMixture(X[:1, 0], X[:1], X.roll(1, 1)[None]).log_joint(X),
        lambda: probability.joint(X[0].double(), X[0].double()),
        lambda: mixup.PairingSchedule(NAN, 1, 1, 9),  # type: ignore[arg-type]
        lambda: causal_mask(2, 2, NAN),  # type: ignore[arg-type]
        lambda: vae.NormalDecoder(nn.Identity(), math.inf),
        lambda: vae.LinearGaussian(NAN, 1.0),
        lambda: vae.LinearGaussian(1.0, 0.0),
        lambda: vae.LinearGaussian(1.0, 1.0).optimal_information(0.0),
        lambda: vae.information(X, X[0], rng()),
        lambda: vae.information(X * NAN, X, rng()),
        lambda: mlp([2, 0]),
        lambda: mlp([2, 1], dropout=NAN),
        lambda: mixup.mix(X, torch.arange(3), 1.5),
        lambda: mixup.mix(X, torch.arange(3), torch.tensor([0.5, NAN, 1.0])),
        lambda: mixup.soft_cross_entropy(X, X[0]),
        lambda: mixup.random_crop(X[None, None], -1, rng()),
        lambda: Adam([nn.Parameter(X + 0j)]),
        lambda: Adam([{"params": nn.Parameter(X), "lr": NAN}]),
        lambda: Adam([{"params": nn.Parameter(X), "beta1": 1.0}]),
        lambda: controlled_euler(torch.neg, X, 1.0, 0.0),
        lambda: controlled_euler(torch.neg, X, math.inf, 1e-2),
        lambda: exact.mixup_least_squares(X, X[0], -0.2, intercept=False),
        lambda: second_order(lambda x, _: x.sum(1), X, X[0], NAN),
        lambda: best_encoder(X[0], X, math.inf),
        lambda: covered_modes(X[:, :2], X[:, :2], NAN),
        lambda: image_grid(X[None], columns=0),
        lambda: image_grid(X[None][:0], columns=2),
        lambda: rollout.nucleus(2 * X, 0.5),
        lambda: Vocabulary(("a",)).texts(["aa"], -1),
        lambda: Vocabulary(("a",)).titles(["aa"], -1),
        lambda: MultiplicativeAttention(2, 0.0),
        lambda: MultiHeadAttention(2, 0),
        lambda: attention_table([[NAN, 1.0]], "ab", "c"),
        lambda: attention_table([[-1.0, 1.0]], "ab", "c"),
        lambda: rollout.nucleus(X * NAN, 0.5),
        lambda: estimates.discrimination(X, NONE),
        lambda: estimates.donsker_varadhan(NONE, X),
        lambda: em.m_step(torch.ones(2) / 2, torch.tensor([[1.0, 0.0]] * 2)),
        lambda: em.e_step(torch.ones(1), torch.zeros(2, 1)),
        lambda: count_covered(NONE.long(), NONE.bool(), 3),
        lambda: moons(4, rng(), NAN),
        lambda: datasets.split("digits", held_out=-1),
        lambda: datasets.split("digits", test_rows=-5),
    ],
)
def test_senseless_arguments_are_refused(call: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r".{20}"):
        call()


def test_an_empty_parameter_does_not_stop_a_step() -> None:
    full, empty = nn.Parameter(torch.zeros(1)), nn.Parameter(NONE.clone())
    full.grad, empty.grad = torch.ones(1), NONE.clone()
    NormalizedGradient([full, empty], 2.0).step()
    assert full.tolist() == [-2.0]


def test_log_determinants_share_no_memory() -> None:
    _, log_det = flows.DiagonalScale((2,))(torch.zeros(3, 2))
    log_det.data[0] += 1.0
    assert log_det.tolist() == [1.0, 0.0, 0.0]


def test_the_linear_encoder_gives_nothing_of_its_own_away() -> None:
    encoder = vae.LinearEncoder(2, 1)
    encoder(torch.zeros(3, 2))[1].data.fill_(7.0)
    assert encoder.log_variance.tolist() == [0.0]


def test_a_weight_of_a_tiny_alpha_is_a_coin() -> None:
    weights = mixup.beta_weights(1e-308, 1000, rng())
    assert set(weights.tolist()) == {0.0, 1.0}
    assert 400 < weights.sum() < 600


@pytest.mark.parametrize("log_variance", [-18.0, -60.0, -700.0])
def test_information_of_sharp_codes_of_points_that_stand_twice(
    log_variance: float,
) -> None:
    mean = torch.randn(5, 2, generator=rng()).double().repeat(2, 1)
    found = vae.information(mean, torch.full_like(mean, log_variance), rng())
    assert found.lower == pytest.approx(math.log(5))


@pytest.mark.parametrize("name", ["", ".", "..", "../results", "/etc", "a\nb", "a\0b"])
def test_a_record_s_name_is_no_path(name: str, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no record"):
        load_record(name, tmp_path)


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', "[]", "1", '{"a": {"b": 1, "b"'])
def test_json_that_says_two_things_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "file.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"twice|expected|delimiter"):
        read_json(file)


HALF = torch.full((2,), 0.5)


X, INFINITY = torch.eye(3), math.inf


def tiny_encoder() -> networks.ConvEncoder:
    return networks.ConvEncoder((4,), 5, colours=1)


def critic(bound: str) -> object:
    return contrast.ContrastiveInfoMax(tiny_encoder(), 5, 4, width=6, bound=bound)  # type: ignore[arg-type]


def small_ali(data: Tensor, prior: Tensor) -> inference.TabularAli:
    return inference.TabularAli(data, prior, torch.zeros(2, 2), torch.zeros(2, 2))


def tiny_infomax(form: str = "text", negatives: str = "deranged") -> object:
    weights = objective.InfoMaxWeights()
    return objective.DeepInfoMax(
        tiny_encoder(), 5, (16, 4), weights, width=6, form=form, negatives=negatives  # type: ignore[arg-type]
    )  # fmt: skip


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
