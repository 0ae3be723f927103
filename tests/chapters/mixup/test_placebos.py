"""Chapter 1's empirical checks fail where their statement is false by construction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from rederived.chapters.mixup import irreducible_error
from rederived.chapters.mixup.measures import linearity_gaps
from rederived.claims import Claim, ClaimFailed, claim
from rederived.evaluation import fit_temperature
from rederived.records import load_record
from rederived.training import generator
from torch import Tensor, nn


def values(name: str, metric: str = "test_error") -> Tensor:
    """Return one metric of a record of the study, one number a seed."""
    return torch.tensor(load_record(f"mixup-{name}").values(metric))


def gain(name: str, metric: str = "test_error", family: str = "") -> Tensor:
    """Return plain training less a method, paired by seed."""
    return values(f"{family}erm", metric) - values(family + name, metric)


@dataclass(frozen=True)
class Cooled:
    """A network whose logits, six times its outputs, are divided by a number."""

    network: nn.Module
    divisor: float

    @torch.no_grad()
    def __call__(self, points: Tensor) -> Tensor:
        logits: Tensor = 6 * self.network(points) / self.divisor
        return logits


def lost_confidence(*, scaled: bool) -> Tensor:
    """Return what dividing the logits by 4 takes off the gap, 5 random networks.

    Args:
        scaled: whether the gaps are measured at each network's own temperature.
    """
    falls = []
    for seed in range(5):
        torch.manual_seed(seed)
        network = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 3))
        x = 2 * torch.randn(400, 4)
        labels = torch.multinomial(Cooled(network, 2.0)(x).softmax(1), num_samples=1)[
            :, 0
        ]
        gaps = []
        for divisor in (1.0, 4.0):
            logits = Cooled(network, divisor)(x)
            own = fit_temperature(logits, labels) if scaled else 1.0
            cooled = Cooled(network, divisor * own)
            found = linearity_gaps(cooled, x, generator(1, seed))
            gaps.append(found["probabilities"].relative)
        falls.append(gaps[0] - gaps[1])
    return torch.tensor(falls, dtype=torch.float64)


def equal_arms(check: Claim) -> None:
    """Judge 1.14's "not shown" on two arms that are as good as equal."""
    difference = 0.1 * torch.randn(5, generator=generator(1, 90))
    half = 2.132 * float(difference.std()) / 5**0.5
    check.undecided.above(abs(float(difference.mean())) + half, 0.65, what="x")


PLACEBOS: dict[str, Callable[[Claim], None]] = {
    "1.8, label smoothing": lambda c: c.mean_above(
        gain("smoothing", "relative_scaled"), 0.0, what="x"
    ),
    "1.8, confidence alone": lambda c: c.mean_above(
        lost_confidence(scaled=True), 1e-4, what="x"
    ),
    "1.9, another method that mixes, 10,000": lambda c: c.mean_above(
        gain("pairing", family="large-"), 0.0, what="x"
    ),
    "1.9, plain less plain of other seeds": lambda c: c.mean_above(
        values("large-erm") - values("large-erm").roll(1), 0.0, what="x"
    ),
    "1.10, no mixing: the training error of the penalty": lambda c: c.mean_above(
        -gain("penalty", "train_error"), 1.0, what="x"
    ),
    "1.10, samples on a line": lambda c: c.close(
        irreducible_error(torch.arange(3.0).double(), torch.arange(3.0).double()),
        4 / 81,
        atol=1e-14,
        what="x",
    ),
    "1.11, no mixing as the default": lambda c: c.mean_below(
        values("digits-erm") - values("digits-mixup-1"), 1.0, what="x"
    ),
    "1.12, photographs for digits": lambda c: c.mean_above(
        values("erm") - values("erm-no-flip"), 0.0, what="x"
    ),
    "1.12, digits for photographs": lambda c: c.mean_above(
        values("digits-all") - values("digits-all-flip"), 0.0, what="x"
    ),
    "1.13, never a pause": lambda c: c.mean_above(
        gain("pairing-always"), 0.0, what="x"
    ),
    "1.13, the coin for the pauses": lambda c: c.mean_above(
        gain("pairing") - gain("pairing-mean-labels"), 1.0, what="x"
    ),
    "1.14, arms that are equal": equal_arms,
    "1.14, smoothing for the penalty": lambda c: c.mean_above(
        values("mixup", "relative_scaled") - values("smoothing", "relative_scaled"),
        0.0,
        what="x",
    ),
    "1.15, a network that saw whole pictures": lambda c: c.mean_above(
        values("erm") - values("erm", "error_at_0.82"), 0.0, what="x"
    ),
    "1.15, the variance for the contrast": lambda c: c.mean_above(
        values("pairing-always") - values("pairing-always", "error_at_0.50"),
        0.0,
        what="x",
    ),
}


@pytest.mark.parametrize("name", PLACEBOS)
def test_a_check_fails_where_its_statement_is_false(name: str) -> None:
    id_ = name.partition(",")[0]
    with pytest.raises(ClaimFailed):
        PLACEBOS[name](claim(id_))


def test_lost_confidence_looks_like_straightness_without_a_temperature() -> None:
    """Why claim 1.8 gives every network its own temperature."""
    claim("1.8").mean_above(lost_confidence(scaled=False), 0.05, what="x")


def test_arms_of_one_distribution_gain_in_one_case_of_twenty() -> None:
    """The rule of claims 1.9 and 1.13."""
    passed = 0
    for seed in range(400):
        one, other = torch.randn(2, 5, generator=generator(1, 100 + seed))
        try:
            claim("1.9").mean_above(one - other, 0.0, what="x")
        except ClaimFailed:
            continue
        passed += 1
    assert 0.02 < passed / 400 < 0.08
