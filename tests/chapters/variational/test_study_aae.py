"""The study of adversarial autoencoders: its losses, its data, and tiny runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from rederived.chapters.variational import study_aae as aae
from rederived.chapters.variational.studies import adversarial
from torch.nn.functional import logsigmoid, mse_loss

TINY = aae.AaeConfig(
    data="ring", weights=(0.0, 2.0), members=2, updates=20, width=8, samples=50
)


def players(config: aae.AaeConfig = TINY, seed: int = 0) -> aae.Aae:
    return aae.Aae(config, aae.load_data(config), seed)


def test_the_loss_is_equation_34(rng: torch.Generator) -> None:
    three = players()
    x, _ = three.batch(16, rng)
    with torch.no_grad():
        found = three.losses(x)
        for k in range(4):
            codes = three.encoder(x)[k]
            game = -logsigmoid(three.logits(three.encoder(x)))[k].mean()
            assert codes.shape == (16, 2)
            decoded = three.decoder(three.encoder(x))[k]
            error = 2 * mse_loss(decoded, x[k]) / (4 + 2 * 0.1**2)
            assert float(found[k]) == pytest.approx(float(game + error), rel=1e-5)


def test_the_weight_is_felt_by_the_encoder_alone(rng: torch.Generator) -> None:
    three = players()
    x, _ = three.batch(16, rng)
    encoder, decoder = three.encoder[0].weight, three.decoder[0].weight
    torch.autograd.backward(three.losses(x).sum())
    assert encoder.grad is not None
    assert decoder.grad is not None
    torch.testing.assert_close(decoder.grad[0], decoder.grad[2])  # weights 0 and 2
    found, of_decoder = encoder.grad.clone(), decoder.grad.clone()
    three.zero_grad()
    codes = three.encoder(x)
    game = -logsigmoid(three.logits(codes)).mean(-1)
    weights = torch.tensor([0.0, 0.0, 2.0, 2.0])
    by_hand = game + weights * three.error(x, codes)
    torch.autograd.backward(by_hand.sum())
    torch.testing.assert_close(found, encoder.grad)
    torch.testing.assert_close(2 * of_decoder[2:], decoder.grad[2:])


def test_weights_share_starts_data_and_noise_and_then_part() -> None:
    three = players()
    x, z = three.batch(16, three.random.source)
    assert torch.equal(x[0], x[2])
    assert torch.equal(z[1], z[3])
    assert not torch.equal(x[0], x[1])
    assert torch.equal(three.encoder(x)[0], three.encoder(x)[2])
    before = three.discriminators[0].weight.clone()
    three.train_step()
    assert not torch.equal(three.discriminators[0].weight, before)
    assert torch.equal(
        three.discriminators[0].weight[0], three.discriminators[0].weight[2]
    )
    assert not torch.equal(three.encoder(x)[0], three.encoder(x)[2])


def test_the_discriminator_prefers_draws_of_the_prior() -> None:
    three = players(replace(TINY, learning_rate=0.01))
    three.encoder.requires_grad_(False)
    for _ in range(150):
        three.train_step()
    x, z = three.batch(200, three.random.source)
    on_prior, on_codes = three.logits(z).mean(1), three.logits(three.encoder(x))
    assert bool((on_prior > on_codes.mean(1) + 0.1).all())


def test_a_decoder_may_be_an_affine_map() -> None:
    decoder = players(replace(TINY, decoder="linear")).decoder
    assert len(decoder) == 1
    assert decoder[0].weight.shape == (4, 2, 2)


def test_images_are_measured_on_the_test_part(rng: torch.Generator) -> None:
    config = replace(TINY, data="digits")
    data = aae.load_data(config)
    assert data.train is not None
    assert data.test is not None
    variance = data.train.double().var(0).sum()
    assert data.variance == pytest.approx(float(variance), rel=1e-5)
    for test, pictures in ((False, data.train), (True, data.test)):
        drawn = data.draw(40, rng, test=test)
        distances = torch.cdist(drawn, pictures).min(1).values
        assert float(distances.max()) == pytest.approx(0, abs=1e-3)
    three = aae.Aae(config, data, 0)
    seen = []

    class Spy(aae.AaeData):
        def draw(self, count, generator, *, test=False):
            seen.append(test)
            return super().draw(count, generator, test=test)

    three.data = Spy(**vars(data))
    three.evaluate(rng)
    three.train_step()
    assert seen == [True, False, False]


def test_a_run_measures_what_it_says() -> None:
    result = aae.STUDY.run_config(TINY, "tiny", seed=1)
    for name, metric in (("code_distance", "code_distance@2"), ("error", "error@2")):
        assert result.arrays[name].shape == (2, 2)
        mean = float(result.arrays[name][1].mean())
        assert result.metrics[metric] == pytest.approx(mean)
    assert 0.1 < result.metrics["floor"] < 0.4  # 50 draws each
    assert {c.weights[0] for c in aae.STUDY.full.values()} == {0.0}


def test_what_was_measured_is_averaged(monkeypatch: pytest.MonkeyPatch) -> None:
    values = iter(range(10))
    monkeypatch.setattr(
        aae.Aae,
        "evaluate",
        lambda self, generator: torch.full((2, 4), float(next(values))),
    )
    result = aae.STUDY.run_config(TINY, "tiny")
    assert result.metrics["code_distance@0"] == pytest.approx(4.5)
    assert next(values, None) is None


def test_a_killed_run_goes_on_along_the_same_trajectory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adversarial, "_CHECKPOINT", 4)
    whole = aae.STUDY.run_config(TINY, "tiny", seed=1)
    genuine, rounds = aae.Aae.train_step, []

    def killed(three: aae.Aae) -> None:
        rounds.append(1)
        if len(rounds) == 15:
            raise KeyboardInterrupt
        genuine(three)

    monkeypatch.setattr(aae.Aae, "train_step", killed)
    with pytest.raises(KeyboardInterrupt):
        aae.STUDY.run_config(TINY, "tiny", seed=1, directory=tmp_path)
    resumed = aae.STUDY.run_config(TINY, "tiny", seed=1, directory=tmp_path)
    assert len(rounds) == 15 + 8
    assert resumed.metrics == whole.metrics
