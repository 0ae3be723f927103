"""The experiment of chapter 6 on a few pictures."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from rederived.chapters.infomax import ConvEncoder, DeepInfoMax, InfoMaxWeights
from rederived.chapters.infomax.study import (
    STUDY,
    InfoMaxConfig,
    build,
    measures,
)
from rederived.chapters.infomax.study import run as running
from rederived.chapters.infomax.study.config import ARTICLE
from rederived.chapters.infomax.study.data import Pictures, load_pictures, stripes
from rederived.chapters.infomax.study.measures import all_pairs_scores
from rederived.datasets import Images, Source
from rederived.evaluation import HiddenProbe
from rederived.training import generator
from sklearn.linear_model import LogisticRegression
from torch import nn

TINY = replace(
    STUDY.quick["both-text"], rows=80, channels=(4, 8), code_size=6, epochs=1
)
SECOND = {"dataset", "rows", "channels", "scale", "batch_size", "epochs"}


def test_presets_differ_in_what_their_names_say() -> None:
    changes = {
        "untrained": {"objective", "epochs"},
        "global-code": {"form", "local_weight"},
        "global-text": {"local_weight"},
        "local": {"global_weight"},
        "both-code": {"form"},
        "both-text": set(),
        "vae": {"objective"},
        "supervised": {"objective"},
        "local-no-prior": {"global_weight", "prior_weight"},
        "local-among": {"global_weight", "inter_location_weight"},
    }
    for profile in ("quick", "full"):
        found = STUDY.presets(profile)
        base = vars(found["both-text"])
        for name, config in found.items():
            if name in changes:
                assert {k for k, v in vars(config).items() if v != base[k]} == changes[
                    name
                ]
    full = STUDY.full
    for prefix, size in (
        ("large", {"rows", "channels", "epochs"}),
        ("tiny-imagenet", SECOND),
    ):
        names = [name for name in full if name.startswith(f"{prefix}-")]
        assert {
            f"{prefix}-{name}" for name in ("untrained", "global-text", "local")
        } <= {*names}
        for name in names:
            small = vars(full[name.removeprefix(f"{prefix}-")])
            differing = {k for k, v in vars(full[name]).items() if v != small[k]}
            assert differing | {"epochs"} == size


def test_the_articles_preset_is_the_articles() -> None:
    assert (ARTICLE.channels, ARTICLE.code_size, ARTICLE.epochs) == (
        (64, 128, 256),
        256,
        50,
    )
    assert (ARTICLE.global_weight, ARTICLE.local_weight, ARTICLE.prior_weight) == (
        0.5,
        1.5,
        0.01,
    )
    assert (ARTICLE.batch_size, ARTICLE.learning_rate) == (64, 1e-3)
    objective, encoder = build(ARTICLE, (3, 32, 32), 10, 0)
    assert sum(p.numel() for p in encoder.parameters()) == 1_684_480
    assert sum(p.numel() for p in objective.parameters()) == 2_210_818


def test_the_weights_by_default_are_those_of_the_study() -> None:
    config, weights = InfoMaxConfig(), InfoMaxWeights()
    assert all(getattr(config, name) == value for name, value in vars(weights).items())


def test_pictures_need_not_be_square() -> None:
    objective, _ = build(TINY, (3, 16, 8), 10, 0)
    assert isinstance(objective, DeepInfoMax)
    x = torch.zeros(4, 3, 16, 8)
    assert math.isfinite(objective.loss(objective.terms(x, generator(1))).item())


@pytest.mark.parametrize(
    ("dataset", "final"), [("cifar10", "test"), ("tiny-imagenet", "valid")]
)
def test_a_data_set_is_tested_on_the_split_that_it_has(
    dataset: str, final: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = torch.zeros(2, 3, 2, 2, dtype=torch.uint8)
    asked = []

    def load(name: str, split: str) -> Images:
        asked.append((name, split))
        source = Source(name, split, "here", "0")
        return Images(pixels, torch.zeros(2, dtype=torch.int64), 256, source)

    monkeypatch.setattr("rederived.datasets.loading.load", load)
    load_pictures(replace(TINY, dataset=dataset, rows=2))
    assert asked == [(dataset, "train"), (dataset, final)]


def test_the_articles_preset_trains_on_a_few_pictures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def few(config: InfoMaxConfig) -> Pictures:
        draw = generator(3)
        labels = torch.arange(16) % 2
        x = (torch.rand(16, 3, 32, 32, generator=draw) - 0.5) * config.scale
        return Pictures(x, labels, x, labels, ["noise"])

    monkeypatch.setattr(running, "load_pictures", few)
    tiny = replace(ARTICLE, epochs=1, batch_size=8)
    run = STUDY.run_config(tiny, "article", seed=0)
    assert len(run.history) == 1
    assert math.isfinite(run.history[0]["loss"])


def test_the_validation_part_is_cut_without_overlap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count = 2_050
    pixels = torch.zeros(count, 3, 2, 2, dtype=torch.uint8)
    pixels[:, 0, 0, 0] = torch.arange(count) % 251
    source = Source("tiny-imagenet", "valid", "0", "here", "ImageNet terms")
    images = Images(pixels, torch.arange(count) % 200, 256, source)
    asked = []

    def load(name: str, split: str) -> Images:
        asked.append((name, split))
        return images

    monkeypatch.setattr("rederived.datasets.load", load)
    config = replace(STUDY.full["tiny-imagenet-local"], rows=50)
    found = load_pictures(config)
    assert asked == [("tiny-imagenet", "valid")]
    assert found.train_labels.tolist() == list(range(50))
    assert found.test_labels.tolist() == [k % 200 for k in range(50, count)]
    grey = (found.test[:, 0, 0, 0] / config.scale + 0.5) * 255
    assert grey.round().tolist() == [k % 251 for k in range(50, count)]
    with pytest.raises(ValueError, match="must leave 2000 of 2050"):
        load_pictures(replace(config, rows=51))


def test_the_classifier_finds_what_a_line_cannot() -> None:
    draw = generator(2)
    signs = torch.randint(0, 2, (8_000, 2), generator=draw)
    mean = 2.0 * signs - 1 + 0.2 * torch.randn(8_000, 2, generator=draw)
    labels = (signs[:, 0] + signs[:, 1]) % 2
    noise = torch.randn(8_000, 3, generator=draw)
    halves = zip(mean.split(4_000), noise.split(4_000), strict=True)
    codes = [measures.Codes(m, m, n) for m, n in halves]
    first, second = labels.split(4_000)
    pictures = Pictures(noise, first, noise, second, [])
    found = measures.hidden_classification(codes[0], codes[1], pictures, 0)
    assert found["classifier"] > 95
    assert 35 < found["classifier_map"] < 65
    assert found == measures.hidden_classification(codes[0], codes[1], pictures, 0)
    assert HiddenProbe(2, 2).layers[0].out_features == 200


def test_stripes_have_labels_and_stamps_of_their_own() -> None:
    x, labels = stripes(300, generator(0))
    assert x.shape == (300, 1, 16, 16)
    assert float(x.abs().max()) <= 0.5
    assert set(labels.tolist()) == set(range(8))
    stamp = x[:, 0, :4, :4].flatten(1)
    assert set(stamp.unique().tolist()) == {-0.5, 0.5}
    assert len(stamp.unique(dim=0)) > 295
    quiet = x[labels == 0, 0, 4:, 4:]  # stripes upright: columns are alike
    assert float(quiet.mean(1).std()) > 2 * float(quiet.mean(2).std())


@pytest.mark.parametrize(
    "name", ["untrained", "global-code", "both-text", "vae", "supervised"]
)
def test_a_run_measures_what_it_says(name: str) -> None:
    config = replace(
        TINY,
        **{
            field: getattr(STUDY.quick[name], field)
            for field in ("objective", "form", "local_weight", "global_weight")
        },
    )
    run = STUDY.run_config(config, name, seed=3)
    found = run.metrics
    assert 0 <= found["probe"] <= 100
    assert found["information_lower"] <= found["information_cap"] == math.log(80)
    assert found["corner_identified"] == 100.0
    assert run.arrays["neighbours_cosine"][:, 0].tolist() == list(range(10))
    scored = {key for key in found if key.startswith("js")}
    expected = {
        "global-code": {"js_global", "js_redrawn"},
        "both-text": {"js_global", "js_local"},
    }
    assert scored == expected.get(name, set())
    assert all(value < math.log(2) for key, value in found.items() if key in scored)
    assert len(run.history) == (name != "untrained")


def test_every_objective_starts_from_the_same_encoder() -> None:
    start = {}
    for name in ("infomax", "vae", "supervised"):
        config = replace(TINY, objective=name)  # type: ignore[arg-type]
        _, encoder = build(config, (1, 16, 16), 8, 5)
        start[name] = torch.cat([p.flatten() for p in encoder.parameters()])
    assert torch.equal(start["infomax"], start["vae"])
    assert torch.equal(start["infomax"], start["supervised"])
    with pytest.raises(ValueError, match="whole number"):
        build(TINY, (1, 14, 14), 8, 0)


@pytest.mark.parametrize("name", ["both-text", "both-code"])
def test_discriminators_that_tell_nothing_apart_bound_js_by_zero(name: str) -> None:
    config = replace(TINY, form=name.removeprefix("both-"))  # type: ignore[arg-type]
    objective, _ = build(config, (1, 16, 16), 8, 0)
    assert isinstance(objective, DeepInfoMax)
    for weight in objective.discriminators.parameters():
        nn.init.zeros_(weight)
    x = torch.rand(40, 1, 16, 16, generator=generator(0)) - 0.5
    found = measures.scores(objective.eval(), x, 0)
    redrawn = {"js_redrawn"} if name == "both-code" else set()
    assert found.keys() == {"js_global", "js_local"} | redrawn
    assert list(found.values()) == pytest.approx([0.0] * len(found), abs=1e-6)


def test_classification_is_scikit_learns_on_easy_codes() -> None:
    draw = generator(1)
    pictures = load_pictures(TINY)
    centres = 5 * torch.randn(8, 6, generator=draw)

    def codes(labels: torch.Tensor) -> measures.Codes:
        mean = centres[labels] + torch.randn(len(labels), 6, generator=draw)
        return measures.Codes(mean, torch.zeros_like(mean), mean)

    train, test = codes(pictures.train_labels), codes(pictures.test_labels)
    found = measures.classification(train, test, pictures)
    centre, spread = train.mean.mean(0), train.mean.std(0)
    probe = LogisticRegression(max_iter=1000)
    probe.fit((train.mean - centre) / spread, pictures.train_labels)
    score = 100 * probe.score((test.mean - centre) / spread, pictures.test_labels)
    assert found["probe"] == pytest.approx(score, abs=0.3)
    assert found["knn_euclid"] > 90


def test_the_shape_of_standard_codes() -> None:
    zeros = torch.zeros(3000, 4)
    distribution = measures.Codes(zeros, zeros, zeros)
    found = measures.shape_of_codes(distribution, 0)
    assert found["code_sd"] == pytest.approx(1.0, abs=0.03)
    assert found["noise_sd"] == pytest.approx(1.0, abs=1e-6)
    assert found["code_mean"] == pytest.approx(0.0, abs=0.05)
    assert found["information_lower"] == pytest.approx(0.0, abs=1e-6)


def test_settling_fills_the_averages_and_ends_in_evaluation_mode() -> None:
    encoder = ConvEncoder((4,), 3, 1)
    x = 5 + torch.randn(640, 1, 8, 8, generator=generator(0))
    measures.update_batchnorm_statistics(encoder, x)
    norm = encoder.local[1]
    assert isinstance(norm, torch.nn.BatchNorm2d)
    assert norm.running_mean is not None
    plain = encoder.local[0](x).mean((0, 2, 3))
    torch.testing.assert_close(norm.running_mean, plain, rtol=0.5, atol=0.1)
    assert not encoder.training


def test_settling_takes_whole_batches_of_the_first_pictures() -> None:
    encoder = ConvEncoder((4,), 3, 1)
    other = copy.deepcopy(encoder)
    x = torch.randn(640, 1, 8, 8, generator=generator(0))
    measures.update_batchnorm_statistics(encoder, x, passes=2)
    for part in (x[:64], x[64:128]):
        other(part)
    for name, value in other.state_dict().items():
        assert torch.equal(encoder.state_dict()[name], value), name


def test_corners_of_equal_pictures_identify_nothing() -> None:
    same = torch.zeros(50, 3, 16, 16)
    assert measures.corners(same, 0)["corner_identified"] <= 10


def test_scores_of_all_pairs_are_of_whole_batches() -> None:
    model = SimpleNamespace(
        bound="nce",
        parameters=lambda: iter([torch.zeros(1)]),
        estimate=lambda batch: torch.tensor(float(len(batch))),
    )
    found = all_pairs_scores(model, torch.zeros(70, 1, 2, 2))  # type: ignore[arg-type]
    assert found == {"nce_local": 64.0}
