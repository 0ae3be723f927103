"""The GAN study on pictures: its evaluator, its presets, and a tiny run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rederived.chapters.variational import study_images as study
from rederived.chapters.variational.measures import low_variance
from rederived.chapters.variational.studies.evaluator import (
    Evaluator,
    covered_classes,
    total_variance,
)
from rederived.chapters.variational.studies.images import Images, load_images, small
from rederived.chapters.variational.study_images import STUDY, ImageGanConfig
from rederived.evaluation import frechet_distance, moments
from rederived.records import Trial
from scipy.linalg import sqrtm

TINY = replace(
    STUDY.quick["dcgan-norm-1"],
    updates=8,
    measurements=2,
    samples=30,
    batch_size=8,
    classifier_epochs=1,
)


def test_large_pictures_are_averaged_and_padded() -> None:
    pixels = torch.zeros(1, 1, 28, 28)
    pixels[0, 0, :2, :2] = torch.tensor([[1.0, 1.0], [1.0, 0.0]])
    found = small(pixels)
    assert found.shape == (1, 1, 16, 16)
    assert float(found[0, 0, 1, 1]) == pytest.approx(2 * 0.75 - 1)
    found[0, 0, 1, 1] = -1
    assert torch.equal(found, -torch.ones(1, 1, 16, 16))
    assert small(torch.ones(2, 1, 8, 8)).shape == (2, 1, 8, 8)


def test_the_frechet_distance_is_that_of_scipy(rng: torch.Generator) -> None:
    samples = torch.randn(2, 3, 40, 5, generator=rng).double()
    mean, covariance = moments(samples)
    np.testing.assert_allclose(
        covariance[1, 2], np.cov(samples[1, 2].numpy().T), atol=1e-12
    )
    other_mean, other = moments(1 + 2 * torch.randn(50, 5, generator=rng))
    found = frechet_distance(mean, covariance, other_mean, other)
    assert found.shape == (2, 3)
    root = sqrtm(covariance[1, 2].numpy() @ other.numpy()).real
    expected = float((mean[1, 2] - other_mean).square().sum())
    expected += float(np.trace(covariance[1, 2].numpy() + other.numpy() - 2 * root))
    assert float(found[1, 2]) == pytest.approx(expected)
    same = frechet_distance(other_mean, other, other_mean, other)
    assert float(same) == pytest.approx(0, abs=1e-9)


def test_a_class_needs_a_tenth_of_its_share_of_good_samples() -> None:
    sure, unsure = torch.eye(10) * 0.9 + 0.01, torch.eye(10)[3] * 0.8 + 0.02
    samples = sure[0].repeat(100, 1)
    samples[:1] = sure[3]
    covered, good = covered_classes(samples)
    assert (int(covered), float(good)) == (2, 1.0)
    samples[:1] = unsure
    covered, good = covered_classes(torch.stack([samples, sure.repeat(10, 1)]))
    assert covered.tolist() == [1, 10]
    assert good.tolist() == [pytest.approx(0.99), pytest.approx(1.0)]


def test_the_total_variance_of_one_picture_is_zero(rng: torch.Generator) -> None:
    pictures = torch.randn(2, 50, 9, generator=rng)
    by_hand = pictures[1].numpy().var(0, ddof=1).sum()
    assert float(total_variance(pictures)[1]) == pytest.approx(by_hand, rel=1e-5)
    same = pictures[:, :1].expand(2, 50, 9)
    assert float(total_variance(same).abs().max()) < 1e-6
    assert low_variance(torch.tensor([0.0, 0.24, 0.26, 1.0])).tolist() == [
        *(True, True),
        *(False, False),
    ]


def test_the_evaluator_knows_real_pictures(rng: torch.Generator) -> None:
    pictures = load_images("digits")
    evaluator = Evaluator(pictures, 10)
    assert evaluator.classifier.accuracy(pictures.test, pictures.test_labels) > 0.9
    found = evaluator(pictures.test[None])
    assert int(found["covered"][0]) == 10
    assert float(found["high_quality_share"][0]) > 0.6
    assert float(found["variance_ratio"][0]) == pytest.approx(1, abs=0.05)
    noise = torch.rand(2, 200, pictures.side**2, generator=rng) * 2 - 1
    strange = evaluator(noise)
    assert strange["frechet_distance"].shape == (2,)
    assert float(strange["frechet_distance"].min()) > 10 * float(
        found["frechet_distance"][0]
    )
    one = evaluator(pictures.test[:1].expand(50, -1))
    assert float(one["variance_ratio"]) == pytest.approx(0, abs=1e-6)
    assert int(one["covered"]) <= 1
    again = Evaluator(pictures, 10)
    assert torch.equal(again.real[0], evaluator.real[0])  # one classifier for all runs


def test_coloured_pictures_are_measured(
    rng: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = torch.randint(10, (400,), generator=rng)
    shades = torch.rand(10, 3, 1, 1, generator=rng) - 0.5
    pixels = (shades[labels] + torch.rand(400, 3, 8, 8, generator=rng) - 0.5).flatten(1)
    pictures = Images(
        pixels[:300], labels[:300], pixels[300:], labels[300:], 8, 3, ["made here"]
    )
    monkeypatch.setattr(study, "load_images", lambda name: pictures)
    result = STUDY.run_config(replace(TINY, classifier_epochs=20), "tiny", seed=3)
    assert result.arrays["frames"].shape == (2, 2, 8, 9, 3 * 8 * 8)
    assert np.isfinite(result.arrays["frechet_distance"]).all()
    assert result.metrics["accuracy"] > 0.5  # one colour a class; by chance 0.1
    assert Evaluator(pictures, 2).classifier.features[1].weight.shape[1] == 3
    generators, discriminators = study.make_networks(TINY, 8, 3, colours=3)
    with pytest.raises(RuntimeError):
        discriminators(torch.zeros(4, 5, 8 * 8))  # grey pictures do not fit
    assert discriminators(generators(torch.zeros(4, 5, TINY.noise))).shape == (4, 5, 1)


def test_a_step_is_measured_by_the_mean_over_all_colours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grey = load_images("digits")
    coloured = replace(
        grey, train=grey.train.repeat(1, 3), test=grey.test.repeat(1, 3), colours=3
    )
    seen = []
    genuine = study.Gan

    def noted(*parts: Any, unit: float) -> Any:
        seen.append(unit)
        return genuine(*parts, unit=unit)

    monkeypatch.setattr(study, "Gan", noted)
    monkeypatch.setattr(study, "load_images", lambda name: coloured)
    STUDY.run_config(TINY, "tiny", seed=3)
    assert seen == [pytest.approx(1 / (3 * 64))]


def test_presets_differ_in_what_their_names_say() -> None:
    full = {name: c for name, c in STUDY.full.items() if c.dataset != "celeba"}
    deviations = STUDY.reported().deviations
    assert all(config.weights[0] == 0 for config in full.values())
    assert all(config.members >= 10 for config in full.values())
    for name, config in full.items():
        coloured = name.startswith("cifar10")
        assert config.dataset == ("cifar10" if coloured else "fashion-mnist")
        twin = full[name.replace("cifar10", "dcgan")]
        same = replace(config, dataset=twin.dataset, samples=twin.samples)
        assert same == twin
        assert ("CIFAR-10" in deviations[name][0]) == coloured
    turns = {(c.discriminator_batches, c.generator_batches) for c in full.values()}
    assert turns == {(1, 1), (5, 5)}
    with pytest.raises(ValueError, match="are not 25 equal parts of rounds of 5"):
        replace(full["dcgan-norm-5"], updates=100)


@pytest.mark.parametrize("network", ["convolutional", "perceptron"])
def test_a_run_measures_and_is_repeatable(network: str) -> None:
    config: ImageGanConfig = replace(TINY, network=network)  # type: ignore[arg-type]
    result = STUDY.run_config(config, "tiny", seed=3)
    again = STUDY.run_config(config, "tiny", seed=3)
    assert result.metrics == again.metrics
    for name in (
        "covered",
        "high_quality_share",
        "frechet_distance",
        "variance_ratio",
        "step_size",
    ):
        assert result.arrays[name].shape == (2, 2, 2)
        assert np.isfinite(result.arrays[name]).all()
    frames = result.arrays["frames"]
    assert frames.shape == (2, 2, 8, 9, 64)
    assert frames.std() > 0
    late = result.arrays["frechet_distance"][1, :, 1:].mean()
    assert result.metrics["frechet_distance@5"] == pytest.approx(late)
    assert result.metrics["accuracy"] > 0.3
    assert not np.array_equal(frames[0], frames[1])


def test_a_killed_run_goes_on_along_the_same_trajectory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = STUDY.run_config(TINY, "tiny", seed=3)
    genuine = Evaluator.__call__
    calls = []

    def killed(self: Evaluator, samples: torch.Tensor) -> dict[str, torch.Tensor]:
        calls.append(1)
        if len(calls) == 3:  # the start, the first part, the second part
            raise KeyboardInterrupt
        return genuine(self, samples)

    monkeypatch.setattr(Evaluator, "__call__", killed)
    with pytest.raises(KeyboardInterrupt):
        STUDY.run_config(TINY, "tiny", seed=3, directory=tmp_path)
    monkeypatch.setattr(Evaluator, "__call__", genuine)
    assert (tmp_path / "checkpoint.safetensors").exists()
    resumed = STUDY.run_config(TINY, "tiny", seed=3, directory=tmp_path)
    for name, table in whole.arrays.items():
        np.testing.assert_array_equal(table, resumed.arrays[name], err_msg=name)


def test_frames_and_steps_are_those_of_the_game(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps, films = [], []
    step, play = study.Gan.generator_steps, study.train_gan

    def stepped(gan: study.Gan) -> torch.Tensor:
        steps.append(step(gan))
        return steps[-1]

    def played(*parts: Any) -> dict[str, Any]:
        arrays = play(*parts)
        films.append(arrays["frames"].astype(float))
        return arrays

    monkeypatch.setattr(study.Gan, "generator_steps", stepped)
    monkeypatch.setattr(study, "train_gan", played)
    found = STUDY.run_config(TINY, "tiny", seed=3).arrays
    shades = found["frames"] / 127.5 - 1  # black is -1 and white is 1
    # half a shade, and what half precision adds
    assert np.abs(shades - films[0]).max() < 0.7 / 127.5
    parts = torch.stack(steps).unflatten(0, (2, -1)).mean(1)  # (measurements, N)
    by_network = found["step_size"].reshape(-1, 2)
    np.testing.assert_allclose(by_network, parts.T.numpy(), rtol=1e-5)


def test_a_game_is_played_on_the_gpu_if_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moved: list[torch.nn.Module] = []

    class GameError(Exception):
        """The game would begin."""

    def cuda(network: torch.nn.Module) -> None:
        moved.append(network)

    def begin(config: object, networks: object, *rest: object, unit: float) -> None:
        raise GameError(networks)

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.nn.Module, "cuda", cuda)
    monkeypatch.setattr(study, "Evaluator", lambda *parts: None)
    monkeypatch.setattr(study, "Gan", begin)
    with pytest.raises(GameError) as caught:
        study.measure(TINY, Trial())
    assert moved == list(caught.value.args[0])


def test_a_config_gets_the_networks_that_it_names() -> None:
    for network, kinds in {
        "convolutional": (study.Generators, study.Discriminators),
        "perceptron": (torch.nn.Sequential, torch.nn.Sequential),
    }.items():
        config = replace(TINY, network=network)  # type: ignore[arg-type]
        assert tuple(map(type, study.make_networks(config, 8, 3))) == kinds
