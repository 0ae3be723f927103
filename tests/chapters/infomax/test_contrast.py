"""The paper's form of Deep InfoMax: its encoder, its critic, all pairs of a batch."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rederived.chapters.infomax import (
    ContrastiveInfoMax,
    ConvEncoder,
    StridedEncoder,
    all_pairs_discrimination,
    all_places_nce,
)
from rederived.chapters.infomax.estimates import info_nce
from rederived.chapters.infomax.study import STUDY, build
from rederived.networks import initialize
from rederived.training import generator
from torch.nn import functional

RECIPES = (
    *("near", "dot", "dot-near", "dot-near-nce"),
    *("paper-untrained", "paper", "paper-nce"),
)
seeds = st.integers(0, 10_000)


def field_of_view(encoder: ConvEncoder | StridedEncoder, side: int) -> int:
    """Return how many pixels in a row the middle local feature depends on."""
    initialize(encoder, "glorot", generator(0))
    encoder.eval()
    x = torch.randn(1, 3, side, side, generator=generator(1), requires_grad=True)
    features = encoder(x).map
    middle = int(features.shape[1] ** 0.5) // 2
    features[0, middle * int(features.shape[1] ** 0.5) + middle].sum().backward()
    assert x.grad is not None
    seen = x.grad[0].abs().sum(0)
    rows, columns = (int((seen.sum(axis) > 0).sum()) for axis in (0, 1))
    return max(rows, columns)


def test_the_papers_encoder_has_the_papers_parameters() -> None:
    encoder = StridedEncoder((64, 128, 256), 64, (3, 32, 32))
    kernels = 3 * 64 * 16 + 64 * 128 * 16 + 128 * 256 * 16
    norms = 3 * (64 + 128 + 256)  # a bias, a scale and a shift each
    dense = 256 * 4 * 4 * 1024 + 3 * 1024 + 1024 * 64 + 64
    assert sum(p.numel() for p in encoder.parameters()) == kernels + norms + dense
    seen = encoder(torch.randn(4, 3, 32, 32))
    assert seen.map.shape == (4, 64, 128)
    assert seen.mean.shape == (4, 64)
    assert bool((seen.log_variance.exp() == 0).all())


def test_fields_of_view() -> None:
    assert field_of_view(StridedEncoder((4, 4, 4), 3, (3, 64, 64)), 64) == 10
    wide = (64, 64, 64)  # of so many channels some maximum takes each of its pixels
    assert field_of_view(ConvEncoder(wide, 3, local_blocks=2), 64) == 10
    assert field_of_view(ConvEncoder(wide, 3), 64) == 22


def test_local_features_of_an_earlier_block_leave_the_code_as_it_is() -> None:
    x = torch.randn(3, 3, 16, 16, generator=generator(1))
    late, early = (ConvEncoder((4, 8), 5, local_blocks=blocks) for blocks in (None, 1))
    for encoder in (late, early):
        initialize(encoder, "glorot", generator(2))
    assert early(x).map.shape == (3, 64, 4)
    torch.testing.assert_close(early(x).mean, late(x).mean)


@given(seed=seeds, count=st.integers(2, 5), places=st.integers(1, 4))
def test_bounds_by_loops(seed: int, count: int, places: int) -> None:
    scores = 3 * torch.randn(count, places, count, generator=generator(seed)).double()
    own = [scores[i, p, i] for i in range(count) for p in range(places)]
    others = [
        scores[i, p, j]
        for i in range(count)
        for p in range(places)
        for j in range(count)
        if i != j
    ]
    by_hand = (
        torch.stack(own).sigmoid().log().mean()
        + (1 - torch.stack(others).sigmoid()).log().mean()
    )
    torch.testing.assert_close(all_pairs_discrimination(scores), by_hand)
    losses = []
    for j in range(count):
        strangers = torch.cat([scores[i, :, j] for i in range(count) if i != j])
        for p in range(places):
            row = torch.cat([scores[j, p, j, None], strangers])
            losses.append(functional.cross_entropy(row, torch.tensor(0)))
    candidates = 1 + (count - 1) * places
    found = float(all_places_nce(scores))
    assert found == pytest.approx(
        math.log(candidates) - float(torch.stack(losses).mean()), abs=1e-9
    )
    assert found <= math.log(candidates)


def test_scores_are_inner_products_of_two_networks() -> None:
    encoder = ConvEncoder((4,), 5, 1)
    model = ContrastiveInfoMax(encoder, 5, 4, width=6, bound="js")
    initialize(model, "glorot", generator(3))
    x = torch.randn(3, 1, 8, 8, generator=generator(4))
    seen, scores = encoder(x), model.scores(x)
    for i, p, j in ((0, 0, 0), (1, 3, 2), (2, 7, 0)):
        expected = model.of_map(seen.map[i, p]) @ model.of_code(seen.mean[j])
        torch.testing.assert_close(scores[i, p, j], expected)
    expected = 0.5 * all_pairs_discrimination(scores) + math.log(2)
    torch.testing.assert_close(model(x), -expected)


def test_a_code_that_knows_nothing_gives_no_bound() -> None:
    same = torch.randn(1, 9, 1, generator=generator(5)).expand(40, 9, 40)
    assert float(all_places_nce(same)) <= 1e-6
    assert float(all_pairs_discrimination(same)) <= -2 * math.log(2)


@pytest.mark.parametrize("name", RECIPES)
def test_a_step_of_every_recipe(name: str) -> None:
    config = replace(
        STUDY.full[name],
        dataset="stripes",
        rows=64,
        channels=(4, 4, 8),
        code_size=5,
        critic_width=6,
        epochs=min(1, STUDY.full[name].epochs),
    )
    found = STUDY.run_config(config, name, seed=2)
    assert 0 <= found.metrics["probe"] <= 100
    scores = {key for key in found.metrics if key.endswith("_local")}
    bound = {"nce_local"} if name.endswith("nce") else {"js_local"}
    assert scores == (set() if name == "paper-untrained" else bound)
    assert ("rate" in found.metrics) == (name == "near")
    assert len(found.history) == (name != "paper-untrained")


def test_the_recipes_change_one_thing_at_a_time() -> None:
    full = STUDY.full

    def differ(first: str, second: str) -> set[str]:
        ours, theirs = vars(full[first]), vars(full[second])
        return {key for key in ours if ours[key] != theirs[key]}

    assert differ("local", "near") == {"local_blocks"}
    assert differ("dot", "dot-near") == {"local_blocks"}
    assert differ("dot-near", "dot-near-nce") == {"bound"}
    assert differ("dot", "paper") == {"encoder"}
    assert differ("paper", "paper-nce") == {"bound"}
    assert differ("paper", "paper-untrained") == {"objective", "epochs"}


@pytest.mark.parametrize("objective", ["infomax", "vae"])
def test_a_code_without_noise_is_refused_where_noise_is_wanted(objective: str) -> None:
    config = replace(STUDY.full["paper"], objective=objective)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no noise"):
        build(config, (3, 32, 32), 10, 0)


def test_a_single_pair_has_no_negatives_and_none_is_refused() -> None:
    assert info_nce(torch.full((1, 1), 3.0)) == 0.0  # log softmax of one, log 1
    with pytest.raises(ValueError, match=r"all pairs, \(K, K\)"):
        info_nce(torch.zeros(0, 0))
