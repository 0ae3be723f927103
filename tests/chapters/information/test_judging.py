"""The rules of chapter 8's recorded runs, on numbers whose answer is known."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from rederived import claims
from rederived.chapters.information.judging import (
    judge,
    judge_parts,
    lower_end,
    with_interval,
)
from rederived.claims import CHECK_MIME, ClaimFailed, claim, verdict
from rederived.training import generator
from scipy import stats


def kind(
    monkeypatch: pytest.MonkeyPatch, differences: list[float], bound: float = 0.0
) -> str:
    """What the printed check means."""
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(
        claims.checks, "publish", lambda data, *_, **__: shown.append(data)
    )
    judge(claim("8.12").corrected, torch.tensor(differences), bound, what="x")
    (data,) = shown
    return str(data[CHECK_MIME]["kind"])


def decided(
    monkeypatch: pytest.MonkeyPatch, whole: list[float], *parts: list[float]
) -> str:
    """The verdict that the checks on a step and its parts give."""
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(
        claims.checks, "publish", lambda data, *_, **__: shown.append(data)
    )
    named = {f"part {k}": torch.tensor(part) for k, part in enumerate(parts)}
    judge_parts(claim("8.14"), torch.tensor(whole), named, what="whole")
    return verdict(data[CHECK_MIME]["kind"] for data in shown).value


def test_the_end_is_that_of_scipy() -> None:
    values = torch.randn(5, generator=generator(0)).double()
    interval = stats.ttest_1samp(values.numpy(), 0.0).confidence_interval(0.9)
    assert lower_end(values) == pytest.approx(float(interval.low))
    assert lower_end(values[:1]) == -float("inf")


def test_a_clear_difference_of_five_seeds_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert kind(monkeypatch, [1.0, 1.1, 0.9, 1.0, 1.2]) == "supports the correction"


def test_the_same_difference_of_four_seeds_is_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert kind(monkeypatch, [1.0, 1.1, 0.9, 1.0]) == "not shown"


CLEAR, VAGUE = [1.0, 1.1, 0.9, 1.0, 1.2], [0.3, -0.4, 0.1, 0.2, -0.1]


@pytest.mark.parametrize(
    ("whole", "parts", "expected"),
    [
        (CLEAR, (CLEAR, CLEAR), "holds"),
        (CLEAR, (CLEAR, VAGUE), "holds with correction"),
        (CLEAR, (VAGUE, VAGUE), "holds with correction"),
        (VAGUE, (CLEAR, VAGUE), "not shown"),
        (CLEAR[:4], (CLEAR[:4], VAGUE[:4]), "not shown"),
        (CLEAR[:1], (CLEAR[:1], VAGUE[:1]), "not shown"),
        (CLEAR, (CLEAR, VAGUE[:3]), "not shown"),
    ],
)
def test_the_verdict_follows_from_the_whole_step_and_its_parts(
    monkeypatch: pytest.MonkeyPatch,
    whole: list[float],
    parts: tuple[list[float], ...],
    expected: str,
) -> None:
    assert decided(monkeypatch, whole, *parts) == expected


def test_where_the_whole_is_not_shown_its_parts_are_judged_by_themselves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(
        claims.checks, "publish", lambda data, *_, **__: shown.append(data)
    )
    parts = {"clear": torch.tensor(CLEAR), "vague": torch.tensor(VAGUE)}
    judge_parts(claim("8.14"), torch.tensor(VAGUE), parts, what="whole")
    kinds = [data[CHECK_MIME]["kind"] for data in shown]
    assert kinds == ["not shown", "supports", "not shown"]


def test_two_arms_of_one_distribution_are_not_told_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The placebo: with a level of 95 %, about one of twenty is."""
    draws = torch.randn(200, 2, 5, generator=generator(1))
    found = [kind(monkeypatch, row.tolist()) for row in draws[:, 0] - draws[:, 1]]
    assert 2 <= len(found) - found.count("not shown") <= 20


def test_a_difference_of_a_point_is_not_level() -> None:
    """The placebo of claim 8.16: an interval off zero fails the check on its end."""
    gains = torch.tensor([1.0, 1.1, 0.9]).double()
    end = gains.mean() - 2.92 * gains.std() / 3**0.5
    with pytest.raises(ClaimFailed):
        claim("8.16").undecided.below(end, 0.0, what="lower end")


def test_a_mean_has_its_interval_from_three_seeds_on() -> None:
    values = torch.randn(5, generator=generator(2)).double()
    low, high = stats.ttest_1samp(values.numpy(), 0.0).confidence_interval(0.95)
    expected = f"{values.mean():.2f} ± {(high - low) / 2:.2f}".replace("-", "−")
    assert with_interval(values) == expected
    assert with_interval([1.5]) == "1.50"
    assert with_interval([1.0, 2.0]) == "1.50"
