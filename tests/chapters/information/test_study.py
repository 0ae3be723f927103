"""The experiment of chapter 8 on a few digits."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from kept_models import keep_models
from rederived import datasets
from rederived.chapters.information import InfoMax
from rederived.chapters.information.study import STUDY, InformationConfig
from rederived.chapters.information.study import run as running
from rederived.chapters.information.study.run import load_pictures
from rederived.claims import ClaimFailed, claim
from rederived.records import Trial
from rederived.vae import VAE

TINY = replace(
    STUDY.quick["reach-0"],
    rows=300,
    latent_size=3,
    width=16,
    epochs=2,
    importance_samples=5,
)


def test_presets_differ_in_what_their_names_say() -> None:
    for profile in ("quick", "full"):
        found = STUDY.presets(profile)
        base = found["reach-0"]
        for name, config in found.items():
            changed = {
                field
                for field in vars(base)
                if getattr(base, field) != getattr(config, field)
            }
            if name.startswith("60k"):
                short = replace(config, rows=base.rows, epochs=base.epochs)
                assert short == found[name.removeprefix("60k-").removeprefix("twice-")]
            elif name.startswith("reach"):
                assert changed <= {"context"}
            elif name.startswith("beta"):
                assert changed == {"beta"}
            else:
                assert changed - {"objective"} == {"latent_size"}
            features = name.startswith("features")
            assert config.latent_size == (16 if features else 4)  # as the page says


def test_pictures_are_zeros_and_ones() -> None:
    pictures = load_pictures(TINY)
    assert pictures.train.shape == (300, 64)
    assert set(pictures.train.unique().tolist()) == {0.0, 1.0}
    grey = datasets.load("digits", "test").pixels.flatten(1)
    assert torch.equal(pictures.test, (grey >= 8).float())


@pytest.mark.parametrize("objective", ["bound", "infomax"])
def test_a_run_measures_what_it_says(
    objective: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config: InformationConfig = replace(TINY, objective=objective, context=1)
    models = keep_models(monkeypatch, running)
    run = STUDY.run_config(config, "tiny", seed=3)
    (trained,) = models
    found = run.metrics
    assert found["information_lower"] <= found["information_cap"]
    assert found["information_lower"] <= found["information_upper"] + 1e-9
    total = found["information_lower"] + found["aggregate_kl"]
    assert total == pytest.approx(found["rate"], abs=0.5)
    assert [row["epoch"] for row in run.history] == [1.0, 2.0]
    assert run.arrays["rates"].sum() == pytest.approx(found["rate"], rel=1e-4)
    assert 0 < found["probe_accuracy"] < 1
    if objective == "infomax":
        assert isinstance(trained, InfoMax)
        assert "test_rate" not in found
        return
    assert isinstance(trained, VAE)
    parts = found["test_distortion"] + found["test_rate"]
    assert found["test_negative_bound"] == pytest.approx(parts, rel=1e-6)
    gap = found["scored_negative_bound"] - found["scored_negative_log_likelihood"]
    assert gap > 0
    assert set(run.arrays["samples"].ravel().tolist()) <= {0, 1}


def test_the_test_pictures_bound_the_information() -> None:
    found = STUDY.measure(TINY, Trial(0))
    lower, upper, cap = (
        found.metrics[f"test_information_{name}"] for name in ("lower", "upper", "cap")
    )
    assert 0 < lower <= upper
    assert lower <= cap == pytest.approx(math.log(360))  # the digits' test pictures
    curve = [row["test_negative_bound"] for row in found.history]
    # all 360 are among the first 2,000, so only the draws of the codes differ
    assert curve[-1] == pytest.approx(found.metrics["test_negative_bound"], rel=0.02)


def test_an_encoder_that_does_not_learn_fails_the_check_of_features() -> None:
    """The placebo of claim 8.11: a rate of zero leaves the starting weights."""
    idle = replace(TINY, objective="infomax", learning_rate=0.0, epochs=1)
    found = [STUDY.measure(idle, Trial(seed)).metrics for seed in range(3)]
    gains = [row["probe_accuracy"] - row["probe_untrained"] for row in found]
    with pytest.raises(ClaimFailed):
        claim("8.11").mean_above(gains, 0.05, what="probe, trained less untrained")
