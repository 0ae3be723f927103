"""The GAN study: its measures, its presets, and a tiny run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from rederived.chapters.variational import study_ali, study_images
from rederived.chapters.variational.measures import (
    covered_modes,
    first_time,
    late,
    mode_collapse,
    summaries,
)
from rederived.chapters.variational.studies import train
from rederived.chapters.variational.study_plane import (
    STUDY,
    PlaneGanConfig,
    make_gan,
    mixture,
)
from rederived.datasets import points
from rederived.training import CheckpointError

TINY = PlaneGanConfig(
    data="ring",
    weights=(0.0, 5.0),
    members=2,
    updates=20,
    measurements=2,
    width=8,
    samples=200,
    learning_rate=0.01,
)


def test_samples_of_the_data_cover_everything(rng: torch.Generator) -> None:
    drawn = points.ring(4000, rng)
    covered, good = covered_modes(drawn[None], points.ring_centres(), 0.1)
    assert covered.tolist() == [8]
    assert float(good[0]) == pytest.approx(1 - np.exp(-4.5), abs=0.01)


def test_a_mode_needs_a_tenth_of_its_share_of_good_samples() -> None:
    centres = torch.tensor([[0.0, 0.0], [10.0, 0.0]])
    samples = torch.zeros(100, 2)
    samples[:4] = torch.tensor([10.0, 0.0])
    assert int(covered_modes(samples, centres, 1.0)[0]) == 1
    samples[:5] = torch.tensor([10.0, 0.0])
    assert int(covered_modes(samples, centres, 1.0)[0]) == 2
    samples[:5] = torch.tensor([10.0, 3.1])  # too far from its centre
    covered, good = covered_modes(samples, centres, 1.0)
    assert (int(covered), float(good)) == (1, pytest.approx(0.95))


def test_collapse_is_the_loss_of_half_of_what_was_reached() -> None:
    covered = torch.tensor([[1, 4, 8, 5, 4, 8], [3, 1, 1, 1, 3, 0], [4, 3, 2, 4, 4, 4]])
    assert mode_collapse(covered, 8).tolist() == [
        [False, False, False, False, True, False],
        [False] * 6,
        [False, False, True, False, False, False],  # half of all was enough to lose
    ]


def test_first_time() -> None:
    reached = torch.tensor([[False, True, True], [False, False, False]])
    assert first_time(reached).tolist() == [1, 3]


def test_late_is_the_second_half() -> None:
    values = torch.tensor([[9.0, 9.0, 1.0, 2.0, 6.0]])
    assert late(values).tolist() == [3.0]
    assert late(values[0]).item() == late(values[None]).item() == 3.0


def test_presets() -> None:
    full = STUDY.full
    turns = {(c.discriminator_batches, c.generator_batches) for c in full.values()}
    assert turns == {(1, 1), (5, 5), (5, 1), (1, 5)}
    assert all(config.weights[0] == 0 for config in full.values())
    assert all(config.members >= 10 for config in full.values())
    with pytest.raises(ValueError, match="are not 25 equal parts of rounds of 5"):
        replace(full["ring-norm-5"], updates=100)


def test_as_many_points_are_filmed_as_there_are() -> None:
    for samples, kept in ((20, 20), (200, 128)):
        run = STUDY.run_config(replace(TINY, samples=samples), "tiny", seed=0)
        assert run.arrays["frames"].shape[3:] == (kept, 2)


@pytest.mark.parametrize("batches", [1, 5])
def test_weights_differ_in_nothing_but_the_proximity_term(batches: int) -> None:
    config = replace(TINY, discriminator_batches=batches, generator_batches=batches)
    gan = make_gan(config, 0)
    assert gan.weight.tolist() == [0.0, 0.0, 5.0, 5.0]
    noise = gan.noise(10, gan.random.source)
    assert torch.equal(noise[0], noise[2])
    assert not torch.equal(noise[0], noise[1])
    gan.discriminator_steps()
    first = gan.samples(noise)
    assert torch.equal(first[0], first[1])  # one start for both weights
    step_size = gan.generator_steps()
    assert bool((step_size > 0).all())
    drawn = gan.samples(noise)
    assert not torch.allclose(drawn[0], drawn[1])


def test_each_side_moves_in_its_own_steps() -> None:
    gan = make_gan(TINY, 0)

    def weights(network: torch.nn.Module) -> torch.Tensor:
        return torch.cat([p.detach().flatten() for p in network.parameters()])

    before = weights(gan.generators), weights(gan.discriminators)
    gan.discriminator_steps()
    between = weights(gan.discriminators)
    assert torch.equal(weights(gan.generators), before[0])
    assert not torch.equal(between, before[1])
    gan.generator_steps()
    assert not torch.equal(weights(gan.generators), before[0])
    assert torch.equal(weights(gan.discriminators), between)


def test_discriminators_have_the_slope_of_their_article() -> None:
    """Of 0.2 below zero, arXiv:1511.06434; generators have none."""
    gan = make_gan(TINY, 0)
    pictures = study_images.STUDY.quick["dcgan-norm-1"]
    perceptrons = study_images.make_networks(
        replace(pictures, network="perceptron"), 8, 0
    )
    ali = study_ali.Ali(study_ali.AliConfig(data="ring", members=1), 0)
    for network, slope in (
        (gan.generators, 0.0),
        (gan.discriminators, 0.2),
        (perceptrons[0], 0.0),
        (perceptrons[1], 0.2),
        (ali.discriminators, 0.2),
    ):
        layers = [m for m in network.modules() if isinstance(m, torch.nn.LeakyReLU)]
        assert [layer.negative_slope for layer in layers] == [slope, slope]


def test_the_first_step_with_a_fresh_old_generator_ignores_the_term() -> None:
    gan = make_gan(replace(TINY, steps_per_batch=1), 0)
    noise = gan.noise(10, gan.random.source)
    for _ in range(3):
        gan.discriminator_steps()
        step_size = gan.generator_steps()
    assert torch.equal(step_size, torch.zeros(4))
    drawn = gan.samples(noise)
    assert torch.equal(drawn[0], drawn[1])


def test_a_run_measures_what_it_says() -> None:
    result = STUDY.run_config(TINY, "tiny", seed=3)
    assert result.arrays["covered"].shape == (2, 2, 2)
    assert result.arrays["high_quality_share"].shape == (2, 2, 2)
    assert result.arrays["frames"].shape[:2] == (2, 2)
    half = result.arrays["covered"][:, :, 1:].mean((1, 2))
    assert result.metrics["covered@0"] == pytest.approx(half[0])
    assert result.metrics["covered@5"] == pytest.approx(half[1])
    assert result.metrics["covered"] == result.metrics["covered@0"]


def test_a_killed_run_goes_on_along_the_same_trajectory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(TINY, updates=40, measurements=4)
    whole = STUDY.run_config(config, "tiny", seed=3)
    genuine, rounds = train.Gan.generator_steps, []

    def killed(gan: object) -> torch.Tensor:
        rounds.append(1)
        if len(rounds) == 27:  # in the third of four parts
            raise KeyboardInterrupt
        return genuine(gan)

    monkeypatch.setattr(train.Gan, "generator_steps", killed)
    with pytest.raises(KeyboardInterrupt):
        STUDY.run_config(config, "tiny", seed=3, directory=tmp_path)
    resumed = STUDY.run_config(config, "tiny", seed=3, directory=tmp_path)
    assert len(rounds) == 27 + 20  # only what was lost is played again
    for name, table in whole.arrays.items():
        np.testing.assert_array_equal(table, resumed.arrays[name], err_msg=name)
    with pytest.raises(CheckpointError, match="seed is 3 there and 4 here"):
        STUDY.run_config(config, "tiny", seed=4, directory=tmp_path)


def test_the_summaries_are_means_over_the_second_half_of_the_time() -> None:
    covered = torch.tensor([[[0, 1, 2, 3, 4, 4, 4, 2]], [[8, 8, 8, 8, 2, 2, 2, 2]]])
    found = summaries((0.0, 0.5), 8, covered, covered / 8)
    assert (found["covered@0"], found["covered@0.5"]) == (3.5, 2.0)
    assert found["high_quality_share@0"] == 3.5 / 8
    assert (found["on_track@0"], found["on_track@0.5"]) == (4.0, 0.0)
    assert found["covered"] == found["covered@0"]


def test_the_ring_has_eight_modes_and_the_grid_twenty_five() -> None:
    assert [len(mixture(name)[0]) for name in ("ring", "grid")] == [8, 25]
