"""Small errors that were drawn at random and that no other test noticed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from rederived.chapters.fvae.glow_layers import Squeeze
from rederived.chapters.fvae.study.models import _initialize
from rederived.chapters.fvae.study.sample_grids import _small
from rederived.chapters.infomax.estimates import info_nce
from rederived.chapters.infomax.study.measures import all_pairs_scores
from rederived.chapters.mixup.study.config import FULL
from rederived.chapters.mixup.study.run import _precision
from rederived.chapters.titles.recurrent import (
    RecurrentConfig,
    RecurrentModel,
    article_config,
)
from rederived.chapters.titles.rollout import nucleus
from rederived.chapters.titles.study import measures, titling
from rederived.chapters.titles.study.data import copy_task
from rederived.chapters.titles.tables import TableModel
from rederived.chapters.titles.transformer import Transformer, TransformerConfig
from rederived.chapters.titles.vocabulary import Vocabulary
from rederived.chapters.variational.convolutions import Generators
from rederived.chapters.variational.em import NormalMixture, fit_normals
from rederived.chapters.variational.study_plane import mixture
from rederived.chapters.variational.tables import discriminator_joint
from rederived.claims.checks import as_float
from rederived.datasets import DatasetError, Pairs, Source
from rederived.datasets.lookup import _hashes
from rederived.datasets.title_pages import Form, _pages
from rederived.evaluation import nearest
from rederived.flows.splits import Prefix
from rederived.plan.runner import _ended
from rederived.probability import kl_multivariate
from rederived.records import load_record
from rederived.records import processes as processes_module
from rederived.records.legs import provenance_of_legs
from rederived.training import legs
from rederived.training.checkpoints import CheckpointManager
from rederived.training.schedules import OneCycle
from rederived.vae.information import _pairs
from rederived.vae.linear import LinearGaussian
from torch import nn
from torch.distributions import MultivariateNormal, kl_divergence


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_single_pair_has_no_negatives_and_none_is_refused() -> None:
    assert info_nce(torch.full((1, 1), 3.0)) == 0.0  # log softmax of one, log 1
    with pytest.raises(ValueError, match=r"all pairs, \(K, K\)"):
        info_nce(torch.zeros(0, 0))


def test_who_does_not_write_locks_nothing(tmp_path: Path) -> None:
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    for writes in (False, True):
        manager = CheckpointManager(tmp_path, model, optimizer, writes=writes)
        with manager.locked():
            assert (tmp_path / ".lock").exists() == writes


def test_fractions_that_are_floats_are_compared() -> None:
    exact = [Fraction(0), Fraction(3), Fraction(1, 2), Fraction(-7)]
    assert as_float(exact).tolist() == [0.0, 3.0, 0.5, -7.0]  # type: ignore[arg-type]
    for sign in (1, -1):
        with pytest.raises(ValueError, match="use equal"):
            as_float([Fraction(sign * (2**53 + 1))])  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [0.0, -0.5, math.nan, math.inf])
def test_a_linear_model_has_a_width(width: float) -> None:
    for variance, deviation in ((width, 1.0), (1.0, width)):
        with pytest.raises(ValueError, match="positive and finite"):
            LinearGaussian(variance, deviation)


def test_the_ring_has_eight_modes_and_the_grid_twenty_five() -> None:
    assert [len(mixture(name)[0]) for name in ("ring", "grid")] == [8, 25]


def test_weights_of_the_image_models_begin_by_hes_rule() -> None:
    layers = [nn.Linear(200, 300), nn.Conv2d(8, 64, 5), nn.ConvTranspose2d(16, 64, 4)]
    _initialize(nn.Sequential(*layers), generator())
    inputs = [200, 8 * 25, 16 * 4]  # of the kernel of 4 x 4, 2 x 2 meet a pixel
    for layer, n in zip(layers, inputs, strict=True):
        assert float(layer.weight.detach().std()) == pytest.approx(
            (2 / n) ** 0.5, rel=0.03
        )
        assert not layer.bias.any()  # type: ignore[union-attr]


@pytest.mark.parametrize("colours", [1, 3])
def test_large_pictures_are_kept_at_half_size(colours: int) -> None:
    pixels = torch.zeros(2, 5, colours, 64, 64, dtype=torch.uint8)
    pixels[..., ::2, ::2] = 200
    found = _small(pixels)
    assert found.shape == (2, 5, colours, 32, 32)
    assert bool((found == 50).all())


@pytest.mark.parametrize("shape", [(4, 3), (3, 4)])
def test_one_odd_side_is_enough_to_refuse(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="even height and width"):
        Squeeze()(torch.zeros(1, 2, *shape))


def test_large_networks_alone_compute_in_half_precision() -> None:
    found = {name: _precision(FULL[name]) for name in ("fast-8-erm", "erm")}
    assert found == {"fast-8-erm": "auto", "erm": "float32"}


def transformer() -> Transformer:
    torch.manual_seed(0)
    return Transformer(TransformerConfig(60, width=16, positions=12)).eval()


def test_what_is_known_of_a_place_depends_on_the_whole_text() -> None:
    model = transformer()
    keys = [model.encode(torch.tensor([[9, 8, last]]))[0] for last in (7, 6)]
    first, second = (torch.stack(list(one)[:2])[..., 0, :] for one in keys)
    assert not torch.allclose(first, second)


def test_tokens_and_places_are_scaled_by_the_root_of_the_width() -> None:
    model = transformer()
    tokens = torch.tensor([[9, 8, 7]])
    rows = model.embedding.weight[tokens[0]] + model.positions.weight[:3]
    torch.testing.assert_close(model._embed(tokens, 0)[0], 4 * rows)


def test_a_text_of_one_token_is_encoded() -> None:
    model = RecurrentModel(RecurrentConfig(60, width=8, hidden=8)).eval()
    model.encode(torch.tensor([[9]]))
    with pytest.raises(ValueError, match="without a token"):
        model.encode(torch.tensor([[0]]))


def test_the_articles_model_divides_by_ten() -> None:
    config = article_config(100)
    assert (config.divisor, config.knows_lengths) == (10.0, False)


@pytest.mark.parametrize("rows", [1, 3])
def test_a_nucleus_is_a_distribution_in_each_row(rows: int) -> None:
    table = torch.tensor([[0.6, 0.3, 0.1], [0.2, 0.3, 0.5], [0.1, 0.8, 0.1]])[:rows]
    found = nucleus(table, 0.7)
    torch.testing.assert_close(found.sum(1), torch.ones(rows))
    torch.testing.assert_close(found[0], torch.tensor([2 / 3, 1 / 3, 0.0]))


def test_the_longest_histories_can_only_end() -> None:
    last = TableModel(2, 3, 3, generator()).tables[-1]
    assert bool((last[..., :-1] == -math.inf).all())
    assert not last[..., -1].any()


def test_a_hash_list_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot be read"):
        _hashes(tmp_path)


def test_a_page_needs_a_third_of_chinese_and_one_without_a_title_is_passed(
    tmp_path: Path,
) -> None:
    def page(name: str, text: str) -> None:
        (tmp_path / name).write_text(text, encoding="utf-8")

    page("a.md", "no heading, and nothing else\n")
    page("b.md", "# 标题一二三四五六\n\n" + "汉字" * 100 + "abc" * 100 + "\n")  # 40 %
    page("c.md", "# 标题一二三四五七\n\n" + "汉字" * 50 + "abc" * 100 + "\n")  # 25 %
    found = list(_pages(tmp_path, Form(longest_title=40, longest_text=2_000)))
    assert [place.rpartition("/")[2] for *_, place in found] == ["b.md"]


@pytest.mark.parametrize("count", [0, 4])
def test_as_many_neighbours_as_there_are_keys(count: int) -> None:
    with pytest.raises(ValueError, match="between 1 and 3"):
        nearest(torch.zeros(1, 2), torch.zeros(3, 2), count, "euclid")


def test_the_last_coordinates_of_tables_are_joined() -> None:
    x = torch.arange(24.0).reshape(2, 3, 4)
    split = Prefix(1)
    assert torch.equal(split.merge(*split.split(x)), x)


def test_each_table_of_a_discriminator_has_its_columns_last() -> None:
    data, right = torch.rand(2, 3, 5, generator=generator())
    found = discriminator_joint(data, right)
    assert found.shape == (3, 5, 2)
    torch.testing.assert_close(found.sum(-1), data)


def test_a_component_without_a_point_is_refused() -> None:
    posterior = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    with pytest.raises(ValueError, match="no point"):
        fit_normals(torch.zeros(2, 2), posterior)


def test_a_component_that_is_ruled_out_costs_no_energy() -> None:
    mixed = NormalMixture(
        torch.tensor([0.5, 0.5]), torch.zeros(2, 2), torch.eye(2).repeat(2, 1, 1)
    )
    x = torch.zeros(1, 2)
    found = mixed.free_energy(x, torch.tensor([[1.0, 0.0]]))
    torch.testing.assert_close(found, -mixed.log_joint(x)[0, 0])


def test_both_covariances_are_looked_at() -> None:
    good, bad = torch.eye(2), torch.diag(torch.tensor([1.0, -1.0]))
    zero = torch.zeros(2)
    for pair in ((good, bad), (bad, good)):
        with pytest.raises(ValueError, match="PositiveDefinite"):
            kl_multivariate(zero, pair[0], zero, pair[1])
    want = kl_divergence(
        MultivariateNormal(zero, good), MultivariateNormal(zero + 1, 2 * good)
    )
    torch.testing.assert_close(kl_multivariate(zero, good, zero + 1, 2 * good), want)


def test_images_that_cannot_be_halved_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be halved 2 times"):
        Generators(
            1, 1, generator(), noise=2, channels=2, side=6, normalized=False
        )  # fmt: skip


def test_what_has_ended_behind_a_running_process_is_taken_out() -> None:
    def job(status: int | None) -> SimpleNamespace:
        process = SimpleNamespace(poll=lambda: status)
        return SimpleNamespace(process=process, job=status, output=Path("log"))

    running = [job(None), job(0), job(1)]
    found = [(one.job, one.state) for one in _ended(running)]  # type: ignore[arg-type]
    assert [status for _, status in found] == ["finished", "failed"]
    assert [one.job for one in running] == [None]


def test_a_leg_of_no_known_commit_makes_the_run_one() -> None:
    both = [
        {"from_step": 0, "to_step": 1, "commit": "unknown", "dirty": False},
        {"from_step": 1, "to_step": 2, "commit": "facade", "dirty": False},
    ]
    for leg in both:
        leg |= {"began": "12:00", "seconds": 1.0}
    found = provenance_of_legs(both, {"commit": "facade", "dirty": False})
    assert found["commit"] == "unknown"


def test_one_cycle_ends_at_its_end() -> None:
    cycle = OneCycle(10)
    assert [cycle(0), cycle(9)] == pytest.approx([cycle.start, cycle.end])
    assert cycle(8) > cycle.end


def test_scores_of_all_pairs_are_of_whole_batches() -> None:
    model = SimpleNamespace(
        bound="nce",
        parameters=lambda: iter([torch.zeros(1)]),
        estimate=lambda batch: torch.tensor(float(len(batch))),
    )
    found = all_pairs_scores(model, torch.zeros(70, 1, 2, 2))  # type: ignore[arg-type]
    assert found == {"nce_local": 64.0}


def test_a_share_of_tokens_may_be_a_half(monkeypatch: pytest.MonkeyPatch) -> None:
    met = torch.tensor([[7, 8]])
    monkeypatch.setattr(measures, "greedy_continuation", lambda *_: met)
    title, begun = torch.tensor([[4, 7, 9]]), torch.tensor([[4]])
    assert measures._agreement(None, title, title, begun) == 0.5  # type: ignore[arg-type]


def test_a_leg_has_the_seconds_since_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(legs, "time", SimpleNamespace(monotonic=iter_of(100.0, 107.5)))
    leg = legs.begin_leg(None, 0)
    legs.LegClock(leg).at(3)
    assert (leg["to_step"], leg["seconds"]) == (3, 7.5)


def iter_of(*values: float) -> Callable[[], float]:
    return iter(values).__next__


@pytest.mark.parametrize(("processes", "used"), [(1, []), (2, [1])])
def test_each_of_two_processes_takes_its_gpu(
    processes: int, used: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    place = (SimpleNamespace(number=processes - 1, count=processes), processes - 1)

    @contextmanager
    def gpu(local: int) -> Iterator[None]:
        taken.append(local)
        yield

    monkeypatch.setattr(processes_module, "_place", lambda: place)
    monkeypatch.setattr(processes_module, "_gpu", gpu)
    with processes_module.apart():
        assert taken == used


def test_the_longest_text_is_a_long_one() -> None:
    part = SimpleNamespace(texts=["a", "ab", "abc"], titles=["x", "y", "z"])
    vocabulary = SimpleNamespace(decode=lambda _: "x")
    found = [SimpleNamespace(tokens=None)] * 3
    scores = measures.by_length(found, vocabulary, part)  # type: ignore[arg-type]
    assert scores == {
        "rouge_l_short": 100.0, "rouge_l_middle": 0.0, "rouge_l_long": 0.0
    }  # fmt: skip


def test_sharp_distributions_far_apart_keep_their_own_density() -> None:
    mean = 1e6 * torch.randn(20, 2, generator=generator(), dtype=torch.float64)
    log_variance = torch.full_like(mean, -20.0)
    own = _pairs(mean, 0 * mean, mean, log_variance).diagonal()
    want = torch.full_like(own, 20.0 - math.log(2 * math.pi))  # (2 pi s^2)^-1
    torch.testing.assert_close(own, want)


def test_a_score_has_the_loss_and_not_the_accuracy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vocabulary = Vocabulary.build(["ab"])
    source = Source("lcsts", "test", "embedded", "0" * 64)
    pairs = Pairs(("a",), ("ab",), source)
    monkeypatch.setattr(titling, "restore", lambda *_: (None, vocabulary))
    monkeypatch.setattr(titling.datasets, "load", lambda *_: pairs)
    monkeypatch.setattr(titling, "generate", lambda *_: [])
    monkeypatch.setattr(measures, "compare_titles", lambda *_: {})
    monkeypatch.setattr(measures, "loss_and_accuracy", lambda *_: (2.5, 0.5))
    values = {"text_limit": 9, "title_limit": 9}
    found = titling.score("lcsts", values, {})
    assert found == {"test_loss": 2.5, "unknown": 0.0, "rows": 1.0}


def test_a_name_in_an_optimizers_state_may_have_a_stroke(tmp_path: Path) -> None:
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    optimizer.state[model.weight]["slow/mean"] = torch.tensor([[3.0]])
    manager = CheckpointManager(tmp_path, model, optimizer, writes=True)
    with manager.locked():
        manager.save(manager.restore({}))
        optimizer.state.clear()
        manager.restore({})
    assert optimizer.state[model.weight]["slow/mean"] == 3.0


@pytest.mark.parametrize(("split", "rows"), [("validation", 200), ("test", 200)])
def test_copies_are_those_on_record(split: str, rows: int) -> None:
    kept = load_record("titles-copies-plain").data
    assert copy_task(rows, split).source.fingerprint in " ".join(kept)
