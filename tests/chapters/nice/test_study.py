"""The experiment of chapter 3: data, optimizer, metrics, analysis, cached runs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_nice
import torch
from kept_models import keep_models
from rederived import datasets
from rederived.chapters.nice.model import nice as nice_flow
from rederived.chapters.nice.study import STUDY, NiceConfig, analysis, build, data
from rederived.chapters.nice.study import run as running
from rederived.flows import DiagonalScale, Flow, StandardNormal
from rederived.networks import initialize
from rederived.records import RunError, as_dict, run_directory
from rederived.study import run_or_load
from rederived.training import CheckpointError, generator
from scipy import linalg, stats
from torch import Tensor, nn


class ReachedLoopError(Exception):
    """Holds what a run hands to the training loop."""


def handed(patch: pytest.MonkeyPatch, settings: NiceConfig) -> Any:
    """Return the training loop's arguments, by name, of a run that ends there."""

    def fit(
        objective: object, data: object, optimizer: object, *_: object, **rest: Any
    ):
        raise ReachedLoopError({"objective": objective, "optimizer": optimizer} | rest)

    patch.setattr(running, "fit", fit)
    with pytest.raises(ReachedLoopError) as caught:
        STUDY.run_config(settings, "tiny")
    return caught.value.args[0]


class Watched(nn.Module):
    """A law that remembers the events it was asked about."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))
        self.events: list[Tensor] = []

    def log_prob(self, x: Tensor) -> Tensor:
        """Remember the events."""
        self.events.append(x)
        return x.sum(1)


def test_validation_images_are_the_last_sixth_of_the_training_images() -> None:
    pictures = data.load_pictures("digits", "validation")
    train_images = datasets.load("digits", "train")
    flat = train_images.pixels.flatten(1)
    assert len(pictures.train) == 1437 - 239
    assert len(pictures.held_out) == 239
    assert torch.equal(torch.cat([pictures.train, pictures.held_out]), flat)
    assert torch.equal(pictures.train_labels, train_images.labels[: 1437 - 239])
    test = datasets.load("digits", "test")
    assert torch.equal(pictures.test, test.pixels.flatten(1))
    assert torch.equal(pictures.test_labels, test.labels)
    assert pictures.levels == 17


def test_the_article_chooses_its_weights_on_the_test_images() -> None:
    pictures = data.load_pictures("digits", "test")
    assert len(pictures.train) == 1437
    assert torch.equal(pictures.held_out, pictures.test)


def test_sources_are_named_with_their_fingerprints() -> None:
    pictures = data.load_pictures("digits", "test")
    source = datasets.load("digits", "test").source
    assert pictures.sources[1] == f"digits/test {source.fingerprint}"


def test_unit_pictures_end_at_one() -> None:
    pictures = data.load_pictures("digits", "test")
    unit = pictures.unit(pictures.train)
    assert (float(unit.min()), float(unit.max())) == (0.0, 1.0)


@pytest.mark.parametrize("rule", ["adam", "adamw"])
def test_scales_have_their_own_rate_and_no_decay(
    rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(tiny_nice.PAPER, optimizer=rule, betas=(0.8, 0.9), epsilon=1e-3)
    optimizer = handed(monkeypatch, settings)["optimizer"]
    networks, scales = optimizer.param_groups
    assert (
        type(optimizer) is {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[rule]
    )
    assert [p.shape for p in scales["params"]] == [(64,)]
    assert len(networks["params"]) == 3 * 2 * 2
    assert (networks["lr"], scales["lr"]) == (1e-3, 1e-2)
    assert (networks["weight_decay"], scales["weight_decay"]) == (0.05, 0.0)
    for group in optimizer.param_groups:
        assert (group["betas"], group["eps"]) == ((0.8, 0.9), 1e-3)
        assert group["fused"]


def test_the_schedule_spans_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    # 1198 training pictures: 5 steps an epoch, 10 in all
    cycle = handed(monkeypatch, tiny_nice.PAPER)["schedule"]
    assert cycle(0) == pytest.approx(0.04)
    assert cycle(9) == pytest.approx(1e-4)
    papers = replace(tiny_nice.PAPER, schedule="exponential")
    falling = handed(monkeypatch, papers)["schedule"]
    assert falling(1) == pytest.approx(1 / 1.0005)
    assert falling(10**6) == pytest.approx(0.1)
    assert handed(monkeypatch, tiny_nice.ARTICLE)["schedule"](7) == 1.0


def test_the_articles_form_is_chosen_on_pictures_without_noise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = []
    for settings in (tiny_nice.ARTICLE, tiny_nice.PAPER):
        law = Watched()
        evaluate = handed(monkeypatch, settings)["evaluate"]
        found = evaluate(law)
        seen.append(torch.cat(law.events))
        assert found["held_out"] == pytest.approx(-float(seen[-1].sum(1).mean()))
    pictures = data.load_pictures("digits", "test")
    assert torch.equal(seen[0], pictures.unit(pictures.test))
    held_out = data.load_pictures("digits", "validation").held_out
    assert not torch.equal(seen[1] * 17, held_out.float())
    assert torch.equal((seen[1] * 17).floor(), held_out.float())


def test_metrics_of_the_papers_form(monkeypatch: pytest.MonkeyPatch) -> None:
    models = keep_models(monkeypatch, running)
    run = STUDY.run_config(tiny_nice.PAPER, "tiny", seed=2)
    (flow,) = models
    found = run.metrics
    assert not flow.training
    bits = math.log2(17) - found["test_log_likelihood"] / (64 * math.log(2))
    assert found["test_bits_per_dim"] == pytest.approx(bits)
    assert "held_out_loss" not in found
    assert found["parameters"] == 3 * (32 * 12 + 12 + 12 * 32 + 32) + 64
    assert [row["epoch"] for row in run.history] == [1.0, 2.0]
    assert run.config == as_dict(tiny_nice.PAPER)
    assert (run.study, run.preset, run.seed) == ("nice", "tiny", 2)
    assert run.provenance["trained_on"] in {"cpu", "cuda"}
    # the held-out value of the history is that of fresh noise on the same pictures
    assert found["held_out_log_likelihood"] == pytest.approx(
        -min(row["held_out"] for row in run.history), abs=1.0
    )
    np.testing.assert_array_equal(
        run.arrays["log_scales"], flow.bijection.steps[-1].log_scale.detach()
    )


def test_metrics_of_the_articles_form(monkeypatch: pytest.MonkeyPatch) -> None:
    models = keep_models(monkeypatch, running)
    run = STUDY.run_config(replace(tiny_nice.ARTICLE, noise="none"), "tiny", seed=1)
    (flow,) = models
    test = datasets.load("digits", "test").unit().flatten(1)
    with torch.no_grad():
        z, log_det = flow.bijection(test)
        density = flow.log_prob(test).double()
    loss = float((0.5 * z.double().square().sum(1) - log_det.double()).mean())
    assert run.metrics["held_out_loss"] == pytest.approx(loss, rel=1e-5)
    for name in ("test", "held_out"):
        likelihood = run.metrics[f"{name}_log_likelihood"]
        assert likelihood == pytest.approx(float(density.mean()), rel=1e-5)
    # the four draws are the same without noise: the error is that of the pictures
    error = float(density.std()) / math.sqrt(360)
    assert run.metrics["test_standard_error"] == pytest.approx(error, rel=1e-4)
    assert "test_bits_per_dim" not in run.metrics


def test_training_improves_the_likelihood() -> None:
    run = STUDY.run_config(replace(tiny_nice.PAPER, epochs=6), "tiny")
    held_out = [row["held_out"] for row in run.history]
    assert held_out[-1] < held_out[0] - 5.0


class Interrupted(KeyboardInterrupt):
    """A person stops the run."""


def stop_after(calls: int) -> Callable[..., Tensor]:
    """Return ``with_noise`` that is interrupted after some calls."""
    left = iter(range(calls))

    def limited(*arguments: object) -> Tensor:
        if next(left, None) is None:
            raise Interrupted
        return data.with_noise(*arguments)

    return limited


def test_a_cached_run_is_found_and_an_interrupted_one_goes_on(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(STUDY.quick, "tiny", tiny_nice.PAPER)
    whole = STUDY.run_config(tiny_nice.PAPER, "tiny", 4)
    with monkeypatch.context() as patch:
        patch.setattr(running, "with_noise", stop_after(9))  # 1 + 5 + 3: epoch 2
        with pytest.raises(Interrupted):
            run_or_load("nice", "tiny", "quick", 4)
    folder = run_directory("nice", STUDY.identity(tiny_nice.PAPER), 4)
    assert (folder / "checkpoint.safetensors").exists()
    assert not (folder / "run.json").exists()
    resumed = run_or_load("nice", "tiny", "quick", 4)
    for name, value in whole.metrics.items():
        if name != "training_seconds":
            assert resumed.metrics[name] == value, name

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the run was computed again")

    monkeypatch.setattr(running, "fit", refuse)
    found = run_or_load("nice", "tiny", "quick", 4)
    assert found.metrics == resumed.metrics
    with pytest.raises(AssertionError, match="computed again"):
        run_or_load("nice", "tiny", "quick", 5)


def test_damaged_files_of_a_cached_run_are_named(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(STUDY.quick, "tiny", tiny_nice.PAPER)
    folder = run_directory("nice", STUDY.identity(tiny_nice.PAPER), 0)
    folder.mkdir(parents=True)
    (folder / "checkpoint.safetensors").write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match="delete it to start afresh"):
        run_or_load("nice", "tiny", "quick")
    (folder / "run.json").write_text("{", encoding="utf-8")
    with pytest.raises(RunError, match="delete that folder"):
        run_or_load("nice", "tiny", "quick")


def test_frechet_distance_against_a_matrix_root() -> None:
    rng = np.random.default_rng(0)
    first = rng.normal(size=(300, 4)) @ rng.normal(size=(4, 4))
    second = rng.normal(size=(200, 4)) @ rng.normal(size=(4, 4)) + 1.5
    one, two = np.cov(first.T), np.cov(second.T)
    means = first.mean(0) - second.mean(0)
    root = linalg.sqrtm(one @ two).real
    expected = means @ means + np.trace(one + two - 2 * root)
    assert analysis.feature_distance(first, second) == pytest.approx(expected)
    assert analysis.feature_distance(first, first) == pytest.approx(0, abs=1e-9)
    moved = first + np.array([3.0, 4.0, 0.0, 0.0])
    assert analysis.feature_distance(first, moved) == pytest.approx(25.0)


def test_dependence_of_known_samples(rng: torch.Generator) -> None:
    n = 20_000
    free = torch.randn(n, 3, generator=rng)
    first, second = analysis.dependence(free)
    assert first < 5 / math.sqrt(n)
    assert second < 5 / math.sqrt(n)
    same = free[:, :1].repeat(1, 2)
    assert analysis.dependence(same) == pytest.approx((1.0, 1.0))
    scaled = free[:, :2] * free[:, 2:].abs()  # uncorrelated, but not independent
    first, second = analysis.dependence(scaled)
    assert first < 0.03
    # corr(x^2, y^2) = (E s^4 - 1) / (3 E s^4 - 1) = 2/8 for s^2 chi-square
    assert second == pytest.approx(0.25, abs=0.06)


def test_dependence_leaves_constant_coordinates_out(rng: torch.Generator) -> None:
    pair = torch.randn(100, 1, generator=rng).repeat(1, 2)
    wide = torch.cat([pair, torch.ones(100, 5)], 1)
    assert analysis.dependence(wide) == pytest.approx((1.0, 1.0))


@pytest.mark.parametrize("form", ["paper", "article"])
def test_log_scales_start_with_the_variance_of_the_config(form: str) -> None:
    config = replace(tiny_nice.PAPER, form=form, scale_start="normal", width=2)
    flow = build(config, 2000, 0)
    (scales,) = (p for n, p in flow.named_parameters() if n.endswith("log_scale"))
    spread = math.sqrt(2 / 2001)
    error = spread / math.sqrt(2000)
    assert float(scales.detach().mean()) == pytest.approx(0, abs=4 * error)
    assert float(scales.detach().std()) == pytest.approx(spread, abs=4 * error)


def test_log_scales_are_those_of_the_scale_layer() -> None:
    flow = build(tiny_nice.PAPER, 64, 0)
    with torch.no_grad():
        flow.bijection.steps[-1].log_scale.copy_(torch.arange(64.0))
    assert torch.equal(analysis.log_scales(flow), torch.arange(64.0))


def test_outputs_of_dead_and_of_live_networks_are_told_apart(
    rng: torch.Generator,
) -> None:
    flow = build(tiny_nice.ARTICLE, 64, 0)
    x = torch.rand(50, 64, generator=rng)
    assert analysis.varying_outputs(flow, x) > 0.2
    ends = [
        m for m in flow.modules() if isinstance(m, nn.Linear) and m.out_features == 32
    ]
    for layer in ends:
        nn.init.constant_(layer.bias, -100.0)  # every last ReLU is off
    assert analysis.varying_outputs(flow, x) == 0.0
    nn.init.zeros_(ends[0].weight)
    nn.init.constant_(ends[0].bias, 1.0)  # a constant that is not zero
    assert analysis.varying_outputs(flow, x) == 0.0


@pytest.fixture(scope="module")
def evaluator() -> analysis.Evaluator:
    pictures = data.load_pictures("digits", "test")
    return analysis.train_evaluator(
        pictures.unit(pictures.train).repeat(4, 1),
        pictures.train_labels.repeat(4),
        pictures.unit(pictures.test),
        pictures.test_labels,
    )


def test_the_evaluators_features_lead_to_its_probabilities(
    evaluator: analysis.Evaluator,
) -> None:
    pictures = data.load_pictures("digits", "test")
    x = pictures.unit(pictures.test).numpy()
    weights, biases = evaluator.network.coefs_[1], evaluator.network.intercepts_[1]
    logits = evaluator.features(x) @ weights + biases
    odds = np.exp(logits - logits.max(1, keepdims=True))
    probabilities = odds / odds.sum(1, keepdims=True)
    assert evaluator.confidence(x) == pytest.approx(
        probabilities.max(1).mean(), rel=1e-5
    )
    hits = (probabilities.argmax(1) == pictures.test_labels.numpy()).mean()
    assert evaluator.accuracy == pytest.approx(hits)
    assert evaluator.accuracy > 0.85


def plain_flow(size: int) -> Flow:
    """Return the flow that is its prior, the standard normal law."""
    return Flow(DiagonalScale((size,)), StandardNormal(), (size,))


def bent_flow(size: int) -> Flow:
    """Return a flow with starting weights."""
    flow = nice_flow(size, prior=StandardNormal(), width=8, depth=1)
    initialize(flow, "he", generator(0))
    return flow.eval()


def test_samples_are_scored_at_each_temperature(evaluator: analysis.Evaluator) -> None:
    real = datasets.load("digits", "test").unit().flatten(1)
    metrics, arrays = analysis.sample_scores(plain_flow(64), evaluator, real, seed=3)
    assert list(arrays["temperatures"]) == list(analysis.TEMPERATURES)
    codes = StandardNormal().sample((2000, 64), generator(3, 100))
    target = evaluator.features(real.numpy())
    for place, temperature in enumerate(analysis.TEMPERATURES):
        pictures = (temperature * codes).clamp(0, 1)
        sheet = (255 * pictures[:100]).round().numpy()
        np.testing.assert_array_equal(arrays["samples"][place], sheet)
        name = f"@{temperature:g}"
        distance = analysis.feature_distance(
            evaluator.features(pictures.numpy()), target
        )
        assert metrics["frechet" + name] == pytest.approx(distance)
        confidence = evaluator.confidence(pictures.numpy())
        assert metrics["confidence" + name] == pytest.approx(confidence)


def test_background_of_a_known_law() -> None:
    blank = torch.arange(20) < 5
    found = analysis.background(plain_flow(20), blank, seed=1)
    n = 2000 * 5
    assert abs(found["background_raw"]) < 5 * 0.75 / math.sqrt(n)
    # E min(max(t z, 0), 1) for t = 0.75: t (phi(0) - phi(1/t)) + P(z > 1/t)
    end = 1 / 0.75
    expected = 0.75 * (stats.norm.pdf(0) - stats.norm.pdf(end)) + stats.norm.sf(end)
    assert found["background_clipped"] == pytest.approx(expected, abs=0.02)
    assert found["positive_share"] == pytest.approx(0.5, abs=5 * 0.5 / 200)


def test_background_looks_at_the_blank_pixels_only() -> None:
    flow = plain_flow(4)
    with torch.no_grad():
        flow.bijection.log_scale.copy_(torch.tensor([20.0, 20.0, 0.0, 0.0]))
    found = analysis.background(flow, torch.tensor([True, True, False, False]), 0)
    assert abs(found["background_raw"]) < 1e-8


def test_interpolations_share_their_ends() -> None:
    arrays = analysis.interpolations(bent_flow(6), seed=2)
    code, pixels = arrays["interpolation_code"], arrays["interpolation_pixels"]
    assert code.shape == pixels.shape == (8, 9, 6)
    assert code.dtype == pixels.dtype == np.uint8
    for end in (0, -1):
        np.testing.assert_allclose(code[:, end].astype(int), pixels[:, end], atol=1)
    middle = pixels[:, [0, -1]].astype(float).mean(1)
    np.testing.assert_allclose(pixels[:, 4], middle, atol=1)
    assert np.abs(code[:, 4].astype(int) - pixels[:, 4]).max() > 5


def test_a_linear_flow_interpolates_alike_in_code_and_pixels() -> None:
    flow = plain_flow(6)
    with torch.no_grad():
        flow.bijection.log_scale.copy_(torch.linspace(-1, 1, 6))
    arrays = analysis.interpolations(flow, seed=2)
    difference = (
        arrays["interpolation_code"].astype(int) - arrays["interpolation_pixels"]
    )
    assert np.abs(difference).max() <= 1


def test_halfway_points_are_scored_against_the_pictures(
    evaluator: analysis.Evaluator,
) -> None:
    pictures = datasets.load("digits", "test").unit().flatten(1)
    found = analysis.midpoint_scores(plain_flow(64), evaluator, pictures)
    middle = ((pictures[:180] + pictures[180:]) / 2).numpy()
    target = evaluator.features(pictures.numpy())
    distance = analysis.feature_distance(evaluator.features(middle), target)
    for name in ("code", "pixels"):
        assert found[f"midpoint_frechet_{name}"] == pytest.approx(distance, rel=1e-3)
        assert found[f"midpoint_confidence_{name}"] == pytest.approx(
            evaluator.confidence(middle), rel=1e-4
        )
    bent = analysis.midpoint_scores(bent_flow(64), evaluator, pictures)
    assert bent["midpoint_frechet_code"] != pytest.approx(distance, rel=1e-2)


def test_halfway_points_of_an_odd_number_of_pictures(
    evaluator: analysis.Evaluator,
) -> None:
    pictures = datasets.load("digits", "test").unit().flatten(1)[:101]
    found = analysis.midpoint_scores(plain_flow(64), evaluator, pictures)
    assert all(math.isfinite(value) for value in found.values())


def test_the_analysis_of_a_run_measures_everything() -> None:
    run = STUDY.run_config(replace(tiny_nice.PAPER, analyse=True, epochs=1), "tiny")
    expected = {
        *(f"frechet@{t:g}" for t in analysis.TEMPERATURES),
        *(f"confidence@{t:g}" for t in analysis.TEMPERATURES),
        *(
            "evaluator_accuracy",
            "background_raw",
            "background_clipped",
            "positive_share",
        ),
        *("correlation_pixels", "correlation_codes"),
        *("square_correlation_pixels", "square_correlation_codes"),
        *("midpoint_frechet_code", "midpoint_frechet_pixels"),
        "varying_outputs",
    }
    assert expected <= set(run.metrics)
    assert set(run.arrays) == {
        *("log_scales", "samples", "temperatures"),
        *("interpolation_code", "interpolation_pixels"),
    }
    pictures = data.load_pictures("digits", "validation")
    first, _ = analysis.dependence(pictures.unit(pictures.test))
    assert run.metrics["correlation_pixels"] == pytest.approx(first)


def test_the_objective_is_the_mean_negative_log_likelihood(
    rng: torch.Generator,
) -> None:
    flow = bent_flow(6)
    x = torch.randn(5, 6, generator=rng)
    loss = running.negative_log_likelihood(flow, x)
    expected = -flow.log_prob(x).detach().mean()
    assert float(loss.detach()) == pytest.approx(float(expected))
