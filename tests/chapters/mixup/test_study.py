"""The experiment of chapter 1 on a few digits, and the paper's network on fewer."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from kept_models import keep_models
from parquet_files import png, random_pictures, write_images
from rederived import datasets
from rederived.chapters.mixup import LinearityPenalty, PairingSchedule, ResidualNet
from rederived.chapters.mixup.networks import WhitenedNet
from rederived.chapters.mixup.study import STUDY, data, methods
from rederived.chapters.mixup.study import run as running
from rederived.chapters.mixup.study.config import FULL, MixupConfig
from rederived.chapters.mixup.study.run import _precision
from rederived.evaluation import calibration_error
from rederived.training import generator

TINY = replace(STUDY.quick["erm"], rows=60, width=16, epochs=3)


def test_presets_differ_in_what_their_names_say() -> None:
    for profile in ("quick", "full"):
        found = STUDY.presets(profile)
        for name, config in found.items():
            family = name.split("-")[0]
            if name.startswith("resnet18-short"):
                family = "resnet18-short"
            if family in ("fast", "whole"):
                family = name.rpartition("-")[0]
                assert family in ("whole", f"{family.split('-')[0]}-{config.epochs}")
            kept = f"{family}-erm" in found
            base = found[f"{family}-erm" if kept else "erm"]
            if name.startswith("digits-all"):
                base = found["digits-all"]
            changed = {
                field
                for field in vars(base)
                if getattr(base, field) != getattr(config, field)
            }
            if name == "digits-all":
                assert not changed
            elif "flip" in name:
                assert changed == {"flip"}
            elif name == "resnet18-pairing":
                assert changed == {"method", "epochs"}
            else:
                assert changed <= {"method", "alpha", "strength", "mixing", "labels"}
    small, large = (STUDY.full[name] for name in ("erm", "large-erm"))
    assert large.rows * large.pool**-2 == 40 * small.rows * small.pool**-2


def test_pictures_are_split_and_scaled() -> None:
    pictures = data.load_pictures(TINY)
    train = datasets.load("digits", "train")
    assert torch.equal(pictures.train.pixels, train.pixels[:60])
    assert torch.equal(pictures.validation.labels, train.labels[-237:])
    scaled = pictures.scaled(pictures.train.pixels)
    assert float(scaled.mean()) == pytest.approx(0.0, abs=1e-6)
    assert float(scaled.std()) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="overlap"):
        data.load_pictures(replace(TINY, rows=1300))


@pytest.mark.parametrize(
    "method", ["plain", "pairing", "mixup", "smoothing", "penalty"]
)
def test_each_method_changes_the_batch_in_its_way(method: str) -> None:
    config: MixupConfig = replace(TINY, method=method)
    x = torch.rand(8, 1, 2, 2, generator=generator(1))
    targets = torch.eye(8, 10)
    changed = methods.change(config, (x, targets), True, generator(2))
    same = [torch.equal(a, b) for a, b in zip(changed, (x, targets), strict=False)]
    expected = {
        "plain": [True, True],
        "pairing": [False, True],
        "mixup": [False, False],
        "smoothing": [True, False],
        "penalty": [True, True],
    }
    assert same == expected[method]
    assert len(changed) == (3 if method == "penalty" else 2)
    assert torch.allclose(changed[1].sum(1), torch.ones(8))
    off = methods.change(config, (x, targets), False, generator(2))
    assert torch.equal(off[0], x)


def test_pairing_with_mean_labels_is_mixup_by_halves() -> None:
    config = replace(TINY, method="pairing", labels="mean")
    x = torch.rand(8, 1, 2, 2, generator=generator(1))
    targets = torch.eye(8, 10)
    mixed, labels = methods.change(config, (x, targets), True, generator(2))
    assert sorted(set(labels.flatten().tolist())) in ([0.0, 0.5], [0.0, 0.5, 1.0])
    partner = (labels - targets / 2).argmax(1)
    torch.testing.assert_close(mixed, (x + x[partner]) / 2)


@pytest.mark.parametrize("method", ["pairing", "mixup"])
def test_mixing_can_be_always_or_in_turns(method: str) -> None:
    schedule = PairingSchedule.for_epochs(20)
    found = {
        mixing: [
            methods.mixes(replace(TINY, method=method, mixing=mixing), schedule, e)
            for e in range(20)
        ]
        for mixing in json.loads('["published", "always", "turns"]')  # of a record
    }
    turns = [2 <= e < 16 and (e - 2) % 10 < 8 for e in range(20)]
    assert found["always"] == [True] * 20
    assert found["turns"] == turns
    assert found["published"] == (turns if method == "pairing" else [True] * 20)


def test_pairing_follows_its_schedule() -> None:
    config = replace(TINY, method="pairing", epochs=20)
    pictures = data.load_pictures(config)
    transforms = methods.transform_for_epoch(config, pictures)
    batch = pictures.train.pixels[:4], pictures.train.targets[:4]
    plain = pictures.scaled(batch[0])
    paired = []
    for epoch in range(20):
        transform = transforms(epoch)
        assert transform is not None
        paired.append(not torch.allclose(transform(batch, generator(3))[0], plain))
    assert paired == [2 <= e < 16 and (e - 2) % 10 < 8 for e in range(20)]


def test_rates_fall_as_in_the_papers_program() -> None:
    config = STUDY.full["resnet18-mixup"]
    rates = methods.schedule_of(config, 200)
    found = [rates(step) for step in (0, 99, 100, 149, 150, 199)]
    assert found == pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01])


@pytest.mark.parametrize("method", ["plain", "penalty"])
def test_a_run_measures_what_it_says(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config: MixupConfig = replace(TINY, method=method)
    models = keep_models(monkeypatch, running)
    run = STUDY.run_config(config, "tiny", seed=3)
    (network,) = models
    penalised = isinstance(running.loss_of(config), LinearityPenalty)
    assert penalised == (method == "penalty")
    pictures = data.load_pictures(config)
    scores = network(pictures.scaled(pictures.test.pixels))
    wrong = (scores.argmax(1) != pictures.test.labels).float().mean().item()
    assert run.metrics["test_error"] == pytest.approx(100 * wrong, rel=1e-5)
    laws = scores.detach().softmax(1)
    off = calibration_error(laws, pictures.test.labels)
    assert run.metrics["test_calibration"] == pytest.approx(100 * off, rel=1e-5)
    assert 0 < run.metrics["gap_probabilities"] < 2
    calm = network(pictures.scaled(pictures.test.pixels)) / run.metrics["temperature"]
    spread = calm.softmax(1).var(0, correction=0).sum().item()
    ratio = run.metrics["gap_scaled"] / run.metrics["relative_scaled"]
    assert ratio == pytest.approx(spread, rel=1e-3)
    assert run.metrics["error_at_0.50"] >= run.metrics["error_at_0.82"] - 5
    assert run.metrics["relative_logits"] > 0
    assert [row["epoch"] for row in run.history] == [1.0, 2.0, 3.0]
    first = run.arrays["first"]
    assert first.shape == run.arrays["weights"].shape == (11,)
    assert first[-1] > first[0]


@pytest.mark.parametrize("name", ["resnet18-mixup", "erm"])
def test_residual_presets_run_on_a_few_pictures(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = [png(picture) for picture in random_pictures(12, (32, 32, 3))]
    for split in ("train", "test"):
        file = tmp_path / "cifar10" / f"{split}.parquet"
        write_images(file, pictures, [*range(10), 0, 1], ("img", "label"))
    monkeypatch.setenv("REDERIVED_DATA", str(tmp_path))
    data._load.cache_clear()
    config = STUDY.full[name]
    config = replace(config, rows=8, validation=0, batch_size=8, epochs=2)
    models = keep_models(monkeypatch, running)
    run = STUDY.run_config(config, name)
    (network,) = models
    assert isinstance(network, ResidualNet)
    assert "validation_error" not in run.metrics
    fitted = [key for key in run.metrics if "scaled" in key or key == "temperature"]
    assert not fitted  # there is nothing to fit a temperature to
    assert 0 <= run.metrics["test_error"] <= 100


def test_the_fast_network_is_prepared_by_the_pictures_it_learns_from() -> None:
    pixels = torch.randint(256, (40, 3, 32, 32), generator=generator(0))
    part = data.Part(pixels.to(torch.uint8), torch.arange(40) % 10)
    mean, deviation = torch.full((3, 1, 1), 100.0), torch.full((3, 1, 1), 60.0)
    pictures = data.Pictures(part, part, part, mean, deviation, [])
    expected = WhitenedNet(32)
    expected.prepare(pictures.scaled(part.pixels))
    heads = []
    for seed in (0, 1):
        network = methods.build(STUDY.full["narrow-erm"], pictures, seed)
        assert isinstance(network, WhitenedNet)
        torch.testing.assert_close(network.patches.weight, expected.patches.weight)
        heads.append(network.head.weight)
    assert not torch.equal(*heads)


def test_large_networks_alone_compute_in_half_precision() -> None:
    found = {name: _precision(FULL[name]) for name in ("fast-8-erm", "erm")}
    assert found == {"fast-8-erm": "auto", "erm": "float32"}
