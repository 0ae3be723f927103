"""Cancellation, overflow, 0 times infinity, NaN arguments and empty batches.

The right values come from float64, closed forms or torch's own functions.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from rederived import evaluation, probability, vae
from rederived.chapters.adaptive import NormalizedGradient, ScalarRMSprop
from rederived.chapters.fvae.glow import glow
from rederived.chapters.fvae.glow_layers import Squeeze
from rederived.chapters.infomax import networks, objective
from rederived.chapters.information import infomax
from rederived.chapters.mixup import LinearityPenalty, soft_cross_entropy
from rederived.chapters.mixup.measures import linearity_gaps
from rederived.chapters.nice import nice
from rederived.chapters.titles import (
    RecurrentConfig,
    RecurrentModel,
    article_search,
    rollout,
    search,
    title_loss,
)
from rederived.chapters.titles.scorers import CachedState
from rederived.chapters.titles.tables import TableModel
from rederived.chapters.variational import tables
from rederived.datasets.classes import two_moons
from rederived.evaluation.probes import accuracy
from rederived.flows import Dequantization, Flow, StandardNormal, bits_per_dim
from rederived.probability import kl_to_standard, normal_log_prob
from rederived.records import show_table
from rederived.training import Exponential, TrainConfig
from rederived.vae.information import _pairs
from torch import Tensor, nn


@pytest.mark.parametrize("metric", ["euclid", "cosine"])
@pytest.mark.parametrize(
    ("offset", "spread"), [(0.0, 1.0), (10.0, 1.0), (30.0, 0.1), (1000.0, 1.0)]
)
def test_neighbours_far_from_the_origin(
    offset: float, spread: float, metric: str, rng: torch.Generator
) -> None:
    x = spread * torch.rand(200, 3, generator=rng) + offset
    found = evaluation.nearest(x, x, 5, metric)
    if metric == "cosine":
        x = nn.functional.normalize(x, dim=1)
    exact = torch.cdist(
        x.double(), x.double(), compute_mode="donot_use_mm_for_euclid_dist"
    )
    kth = exact.topk(5, largest=False).values[:, -1:]
    assert (exact.gather(1, found) <= kth * (1 + 1e-6) + 1e-12).all()
    if metric == "euclid":
        assert torch.equal(found[:, 0], torch.arange(200))


def test_neighbours_in_two_tight_clusters_far_apart(rng: torch.Generator) -> None:
    centre = torch.tensor([[-500.0] * 3, [500.0] * 3]).repeat_interleave(10, 0)
    x = centre + 0.01 * torch.rand(20, 3, generator=rng)
    exact = torch.cdist(
        x.double(), x.double(), compute_mode="donot_use_mm_for_euclid_dist"
    )
    expected = exact.topk(3, largest=False).indices.sort(1).values
    assert torch.equal(evaluation.nearest(x, x, 3, "euclid").sort(1).values, expected)


def test_information_far_from_the_origin(rng: torch.Generator) -> None:
    mean = 1e6 + torch.randn(50, 2, generator=rng, dtype=torch.float64)
    log_variance = torch.full_like(mean, -4.0)
    near = _pairs(mean, 0 * mean, mean, log_variance)
    expected = normal_log_prob(mean[:, None], mean[None], log_variance[None])
    torch.testing.assert_close(near, expected, atol=1e-6, rtol=1e-9)


@pytest.mark.parametrize("log_variance", [-80.0, -90.0, -200.0, -800.0])
def test_a_sharp_normal_at_its_mean(log_variance: float) -> None:
    mean, log = torch.ones(1, 1), torch.full((1, 1), log_variance)
    right = -0.5 * (log_variance + math.log(2 * math.pi))
    assert float(normal_log_prob(mean, mean, log)) == pytest.approx(right, rel=1e-6)


def test_a_sharp_normal_at_a_point_beside() -> None:
    log_variance, off = torch.tensor([[-90.0]]), 1e-19
    x = torch.full((1, 1), off)
    right = -0.5 * (off**2 * math.exp(90.0) - 90.0 + math.log(2 * math.pi))
    found = float(normal_log_prob(x, torch.zeros(1, 1), log_variance))
    assert found == pytest.approx(right, rel=1e-5)


def test_gradients_of_a_normal_are_as_before(rng: torch.Generator) -> None:
    parts = torch.randn(3, 4, 2, generator=rng, dtype=torch.float64)
    inputs = tuple(part.requires_grad_(True) for part in parts)
    assert torch.autograd.gradcheck(normal_log_prob, inputs)


def test_divergence_of_a_sharp_normal() -> None:
    found = kl_to_standard(torch.zeros(1, 1), torch.full((1, 1), -200.0))
    assert float(found) == pytest.approx(99.5)


def test_a_class_without_probability_counts_nothing() -> None:
    logits = torch.tensor([[-math.inf, 0.0, 1.0]])
    targets = torch.tensor([[0.0, 1.0, 0.0]])
    right = nn.functional.cross_entropy(logits, torch.tensor([1]))
    assert float(soft_cross_entropy(logits, targets)) == pytest.approx(float(right))


def moved(
    make: Callable[[list[nn.Parameter]], torch.optim.Optimizer],
    gradient: list[float],
    dtype: torch.dtype,
) -> list[float]:
    parameter = nn.Parameter(torch.zeros(2, dtype=dtype))
    optimizer = make([parameter])
    parameter.grad = torch.tensor(gradient, dtype=dtype)
    optimizer.step()
    return parameter.detach().float().tolist()


@pytest.mark.parametrize(
    ("gradient", "dtype"),
    [
        ([3e25, 4e25], torch.float32),
        ([3e-30, 4e-30], torch.float32),
        ([300.0, 400.0], torch.float16),
        ([3e-5, 4e-5], torch.float16),
        ([3e30, 4e30], torch.bfloat16),
    ],
)
def test_a_normalised_step_has_its_length(
    gradient: list[float], dtype: torch.dtype
) -> None:
    found = moved(lambda p: NormalizedGradient(p, 1.0), gradient, dtype)
    assert found == pytest.approx([-0.6, -0.8], rel=0.01)


def test_half_precision_squares_do_not_overflow() -> None:
    found = moved(lambda p: ScalarRMSprop(p, 1.0), [300.0, 400.0], torch.float16)
    length = 1 / math.sqrt(0.1)  # of the first step, decay 0.9
    assert found == pytest.approx([-0.6 * length, -0.8 * length], rel=0.01)


def test_no_gradient_and_no_epsilon_is_nan_as_documented() -> None:
    found = moved(
        lambda p: ScalarRMSprop(p, 1.0, epsilon=0.0), [0.0, 0.0], torch.float32
    )
    assert all(math.isnan(value) for value in found)


def test_dequantised_pixels_never_leave_their_cell() -> None:
    pixels = torch.arange(256, dtype=torch.uint8).repeat(40_000)
    found = Dequantization()(pixels, torch.Generator().manual_seed(0))
    assert found.max() < 1.0
    assert torch.equal((256 * found).floor(), pixels.float())


@pytest.mark.parametrize("low", [0.0, -1.0])
def test_the_largest_draw_stays_in_its_cell(
    low: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    largest = 1 - 2.0**-24
    monkeypatch.setattr(torch, "rand", lambda shape, **_: torch.full(shape, largest))
    cells, pixels = Dequantization(low=low), torch.arange(256)
    ends = cells.low + cells.cell_width * (pixels.double() + 1)
    assert (cells(pixels, torch.Generator()).double() < ends).all()


def test_divided_pixels_are_not_dequantised() -> None:
    with pytest.raises(ValueError, match="give the integers 0 to 255"):
        Dequantization()(torch.rand(3), torch.Generator())


def test_a_nucleus_of_everything_keeps_everything() -> None:
    probabilities = torch.rand(2, 5000, generator=torch.Generator().manual_seed(0))
    probabilities /= probabilities.sum(-1, keepdim=True)
    kept = rollout.nucleus(probabilities, 1.0)
    torch.testing.assert_close(kept, probabilities)
    assert (kept > 0).all()


def test_a_table_keeps_its_cells(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(["what", "q(x|z)"], [["a\nb", "1 | 2"]])
    lines = capsys.readouterr().out.strip().splitlines()
    assert len(lines) == 3
    assert lines[0].replace("\\|", "").count("|") == 3
    assert lines[2] == r"| a b | 1 \| 2 |"


def table_model() -> TableModel:
    return TableModel(1, 3, 4, torch.Generator().manual_seed(0))


NAN = float("nan")


@pytest.mark.parametrize(
    "call",
    [
        lambda: TrainConfig(0, 1),
        lambda: TrainConfig(1, 0),
        lambda: TrainConfig(1, 1, clip_norm=NAN),
        lambda: TrainConfig(1, 1, clip_norm=0.0),
        lambda: TrainConfig(1, 1, average_decay=NAN),
        lambda: TrainConfig(1, 1, average_decay=1.0),
        lambda: TrainConfig(1, 1, checkpoint_every=0),
        lambda: Exponential(NAN, 0.1),
        lambda: Exponential(2.0, NAN),
        lambda: bits_per_dim(0.0, 1, NAN),
        lambda: bits_per_dim(0.0, 0, 1.0),
        lambda: LinearityPenalty(NAN),
        lambda: CachedState(table_model(), table_model().texts(), 0),
        lambda: CachedState(table_model(), table_model().texts(), -1),
        lambda: search.generate(
            table_model(), table_model().texts(), length_penalty=NAN
        ),
        lambda: search.generate(table_model(), table_model().texts(), max_length=0),
        lambda: rollout.nucleus(torch.ones(1, 2) / 2, NAN),
        lambda: Flow(nn.Identity(), StandardNormal(), (2,)).sample(  # type: ignore[arg-type]
            1, torch.Generator(), NAN
        ),
        lambda: two_moons(10, torch.Generator(), scale=NAN),
    ],
)
def test_arguments_that_are_no_sense_are_refused(call: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"\d|nan"):
        call()


def test_a_search_does_not_answer_from_nan() -> None:
    scores = torch.zeros(1, 6)
    scores[0, 2] = NAN
    with pytest.raises(ValueError, match="hold NaN"):
        search.mask_special(scores)


def test_large_numbers_do_not_lose_a_normalised_row() -> None:
    """Cosine neighbours of vectors whose squares overflow float32."""
    x = torch.tensor([[3e25, 4e25], [4e25, -3e25], [3.1e25, 4e25]])
    found = evaluation.nearest(x, x, 2, "cosine")
    assert found[0].tolist() == [0, 2]


@pytest.mark.parametrize("kind", ["glow", "nice"])
def test_a_flow_of_no_events(kind: str, rng: torch.Generator) -> None:
    shape = (3, 8, 8) if kind == "glow" else (8,)
    flow = (
        glow((3, 8, 8), levels=2, steps=1, width=4, generator=rng)
        if kind == "glow"
        else nice(8, prior=StandardNormal(), width=4, depth=1)
    )
    assert flow.sample(0, rng).shape == (0, *shape)
    assert flow.log_prob(torch.zeros(0, *shape)).shape == (0,)


def test_squeezing_is_torch_s_pixel_unshuffle(rng: torch.Generator) -> None:
    x = torch.rand(2, 3, 4, 6, generator=rng)
    z, _ = Squeeze()(x)
    assert torch.equal(z, nn.functional.pixel_unshuffle(x, 2))
    assert torch.equal(Squeeze().inverse(z)[0], x)


def test_no_text_has_no_title(rng: torch.Generator) -> None:
    model = RecurrentModel(RecurrentConfig(20, width=8, hidden=8))
    none = torch.zeros(0, 3, dtype=torch.int64)
    assert search.generate(model, none, 3, 5) == []
    assert rollout.greedy(model, none, 5) == []
    assert rollout.sample(model, none, rng, max_length=5) == []
    with pytest.raises(ValueError, match="no texts"):
        title_loss(model, none, none)


@pytest.mark.parametrize(
    "call",
    [
        lambda model: rollout.greedy(model, model.texts(), 0),
        lambda model: rollout.sample(
            model, model.texts(), torch.Generator(), max_length=0
        ),
        lambda model: search.generate(model, model.texts(), 2, 0),
        lambda model: article_search(
            CachedState(model, model.texts()[:1], 2), 0, "best ended"
        ),
    ],
)
def test_a_title_without_room_is_refused(
    call: Callable[[TableModel], object], rng: torch.Generator
) -> None:
    with pytest.raises(ValueError, match="max_length >= 1, got 0"):
        call(TableModel(2, 3, 5, rng))


@pytest.mark.parametrize("high", [math.nan, math.inf, 0.0, -1.0])
def test_cells_have_a_width(high: float) -> None:
    with pytest.raises(ValueError, match="low < high"):
        Dequantization(256, 0.0, high)


_NONE = torch.zeros(0, dtype=torch.int64)


@pytest.mark.parametrize(
    "call",
    [
        lambda: evaluation.calibration_error(torch.zeros(0, 3), _NONE),
        lambda: evaluation.fit_temperature(torch.zeros(0, 3), _NONE),
        lambda: evaluation.moments(torch.zeros(1, 3)),
        lambda: accuracy(_NONE, _NONE),
        lambda: linearity_gaps(nn.Identity(), torch.zeros(1, 3), torch.Generator()),
    ],
)
def test_nothing_is_not_measured(call: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"no samples|needs 2|no predictions|two inp"):
        call()


X, INFINITY = torch.eye(3), math.inf


def tiny_encoder() -> networks.ConvEncoder:
    return networks.ConvEncoder((4,), 5, colours=1)


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


def tables_of(*shape: int, over: int | tuple[int, int] = -1) -> Tensor:
    draw = torch.Generator().manual_seed(0)
    return probability.random_distribution(shape, draw, over)


def test_a_weight_of_zero_leaves_an_infinity_out() -> None:
    data, model = torch.tensor([[0.5, 0.5], [0.2, 0.8]], dtype=torch.float64)
    for weight in (0.0, 1.0):
        best = tables.optimal_discriminator(data, model, weight)
        assert tables.discriminator_risk(data, model, best, weight) == 0.0
    table = tables_of(2, 3, over=(-2, -1))
    rate = torch.tensor(math.inf, dtype=torch.float64)
    found = probability.infomax_loss(table, rate, 1.0, 0.0)
    assert found == -probability.mutual_information(table)
    sure = torch.full((2, 3), math.inf, dtype=torch.float64)
    assert probability.negative_sampling(table, sure, 0.0) == 0.0
