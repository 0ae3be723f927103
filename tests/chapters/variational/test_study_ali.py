"""The study of adversarial inference with small networks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from rederived.chapters.variational import study_ali as ali
from rederived.chapters.variational.inference import LOSSES
from rederived.chapters.variational.studies import adversarial
from scipy import stats
from torch.distributions import Normal
from torch.nn.functional import logsigmoid

TINY = ali.AliConfig(data="gaussian", members=2, updates=3, width=8, samples=50)


def test_the_density_is_that_of_torch(rng: torch.Generator) -> None:
    parameters, value = torch.randn(5, 4, generator=rng), torch.randn(5, 2)
    mean, log_deviation = ali._normal(parameters)
    expected = Normal(mean, log_deviation.exp()).log_prob(value).sum(-1)
    torch.testing.assert_close(ali._log_prob(parameters, value), expected)


def test_deviations_are_bounded_and_begin_as_they_are_put_out() -> None:
    raw = torch.tensor([-1e4, -1e-3, 1e-3, 1e4])
    _, log_deviation = ali._normal(torch.stack([torch.zeros(4), raw], -1))
    assert log_deviation[:, 0].tolist() == pytest.approx([-3, -1e-3, 1e-3, 3])


def test_normal_data_have_the_correlation_of_the_study(rng: torch.Generator) -> None:
    drawn = ali.Ali(TINY, 0).data(20_000, rng)[0]
    expected = torch.tensor([[1.0, 0.8], [0.8, 1.0]])
    torch.testing.assert_close(drawn.T.cov(), expected, atol=0.05, rtol=0)


def test_the_sliced_distance_of_a_shift(rng: torch.Generator) -> None:
    points = torch.randn(500, 2, generator=rng)
    moved = points + torch.tensor([1.0, 0.0])
    expected = 2 / torch.pi  # mean |cos| over directions
    assert float(ali.sliced_wasserstein(points, moved, rng)) == pytest.approx(
        expected, abs=0.1
    )
    first, second = points[:, :1], 2 * points[:, :1] + 1
    flat = stats.wasserstein_distance(first[:, 0], second[:, 0])
    both = torch.cat([first, 0 * first], 1), torch.cat([second, 0 * second], 1)
    ratio = float(ali.sliced_wasserstein(*both, rng)) / flat
    assert ratio == pytest.approx(expected, abs=0.1)


def test_each_network_has_its_own_loss() -> None:
    players = ali.Ali(TINY, 0)
    with torch.no_grad():
        real, fake = players.pairs(16, players.random.source)
        found = players.losses(real, fake).reshape(4, 2)
        a, b = (players.logits(pair).squeeze(-1) for pair in (real, fake))
        x, z = fake.chunk(2, -1)
        fourth = -ali._log_prob(players.encoder(x), z).mean(-1)
    reduced = -(logsigmoid(a) + logsigmoid(b)).mean(-1)
    expected = {
        "complete": reduced + fourth,
        "reduced": reduced,
        "minimax": (logsigmoid(a) + logsigmoid(-b)).mean(-1),
        "flipped": -(logsigmoid(-a) + logsigmoid(b)).mean(-1),
    }
    for row, name in enumerate(LOSSES):
        own = expected[name][2 * row : 2 * row + 2]
        torch.testing.assert_close(found[row], own, atol=1e-5, rtol=1e-4)


def test_losses_share_starts_and_draws_and_then_part() -> None:
    players = ali.Ali(replace(TINY, data="ring"), 0)
    real, fake = players.pairs(16, players.random.source)
    assert torch.equal(real[0], real[2])
    assert torch.equal(fake[0], fake[6])
    assert not torch.equal(fake[0], fake[1])
    players.train_step()
    real, _ = players.pairs(16, players.random.source)
    assert not torch.equal(real[0], real[2])


def test_a_run_measures_what_it_says() -> None:
    result = ali.STUDY.run_config(TINY, "tiny", seed=1)
    assert result.arrays["code_distance"].shape == (4, 2)
    mean = float(result.arrays["code_distance"][1].mean())
    assert result.metrics["code_distance@reduced"] == pytest.approx(mean)


def test_a_killed_run_goes_on_along_the_same_trajectory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(TINY, updates=9)
    monkeypatch.setattr(adversarial, "_CHECKPOINT", 4)
    whole = ali.STUDY.run_config(config, "tiny", seed=1)
    genuine, rounds = ali.Ali.train_step, []

    def killed(players: ali.Ali) -> None:
        rounds.append(1)
        if len(rounds) == 7:
            raise KeyboardInterrupt
        genuine(players)

    monkeypatch.setattr(ali.Ali, "train_step", killed)
    with pytest.raises(KeyboardInterrupt):
        ali.STUDY.run_config(config, "tiny", seed=1, directory=tmp_path)
    resumed = ali.STUDY.run_config(config, "tiny", seed=1, directory=tmp_path)
    assert len(rounds) == 7 + 5
    assert resumed.metrics == whole.metrics
