"""Time contenders against each other in one process.

A machine's speed drifts by more than the differences of interest.  So the contenders
take turns: every round calls each of them once, in an order that changes from round to
round, and what is compared is the ratio of two times of the same round.
Nothing is timed before all contenders have been shown to compute the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import torch
from scipy.stats import quantile_test
from torch import Tensor

Work = Callable[[], object]
Findings = dict[str, Tensor]

FEWEST_ROUNDS = 6
"""With fewer, no interval of order statistics reaches 95 %: 2 * 0.5**5 > 0.05."""


class ContendersDisagreeError(AssertionError):
    """Two contenders of a group do not compute the same."""


@dataclass(frozen=True)
class Contender:
    """One way to do a group's work.

    Attributes:
        name: what the table calls it.
        prepare: builds all that the work needs and returns the call to be timed.
        findings: does the work once, untimed, and returns what it found by name; None
            for a yardstick that does only a part of the work.
    """

    name: str
    prepare: Callable[[], Work]
    findings: Callable[[], Findings] | None = None


@dataclass(frozen=True)
class Group:
    """Contenders that do the same work.

    Attributes:
        name: what the work is.
        subject: the contender whose speed is compared with all others'.
        contenders: all of them, the subject included.
        tolerance: the largest error of a finding that still counts as equal,
            relative to the largest absolute value of the subject's finding.
    """

    name: str
    subject: str
    contenders: tuple[Contender, ...]
    tolerance: float


@dataclass(frozen=True)
class Plan:
    """How a group is timed.

    Attributes:
        rounds: how often each contender is timed, at least ``FEWEST_ROUNDS``.
        warmup: untimed rounds before that.
    """

    rounds: int = 30
    warmup: int = 3

    def __post_init__(self) -> None:
        """Refuse a plan whose intervals would not exist."""
        if self.rounds < FEWEST_ROUNDS or self.warmup < 0:
            raise ValueError(
                f"a 95 % interval needs at least {FEWEST_ROUNDS} rounds and warmup "
                f"cannot be negative, got {self.rounds} and {self.warmup}"
            )


@dataclass(frozen=True)
class Ratio:
    """The median of ratios of paired times, with an exact 95 % interval for it."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Timing:
    """What timing a group gave.

    Attributes:
        group: the group's name.
        subject: the contender that the others are compared with.
        errors: by contender and finding, the relative error against the subject.
        seconds: by contender, one time for each round.
    """

    group: str
    subject: str
    errors: dict[str, dict[str, float]]
    seconds: dict[str, list[float]]

    def speed_over(self, other: str) -> Ratio:
        """Return how many times as fast as ``other`` the subject is."""
        return paired_ratio(self.seconds[other], self.seconds[self.subject])


def paired_ratio(numerators: list[float], denominators: list[float]) -> Ratio:
    """Return the median ratio of pairs and its interval.

    The interval lies between two order statistics of the ratios, chosen by the sign
    test (the binomial law), so it assumes nothing about how times are distributed.

    Args:
        numerators: at least ``FEWEST_ROUNDS`` positive numbers.
        denominators: as many, each belonging to the numerator in its place.
    """
    ratios = [a / b for a, b in zip(numerators, denominators, strict=True)]
    interval = quantile_test(ratios, p=0.5).confidence_interval(0.95)
    return Ratio(median(ratios), float(interval.low), float(interval.high))


def check_equal(group: Group) -> dict[str, dict[str, float]]:
    """Let every contender show its findings and compare them with the subject's.

    Returns:
        The relative error of each finding, by contender.

    Raises:
        ContendersDisagreeError: if an error exceeds the group's tolerance.
    """
    contenders = {one.name: one for one in group.contenders}
    expected = _findings(contenders.pop(group.subject))
    errors: dict[str, dict[str, float]] = {}
    for name, contender in contenders.items():
        if contender.findings is None:
            continue
        found = _findings(contender)
        errors[name] = {
            what: _relative_error(found[what], value)
            for what, value in expected.items()
        }
        for what, error in errors[name].items():
            if not error <= group.tolerance:
                raise ContendersDisagreeError(
                    f"{group.name}: the {what} of {name} differs from that of "
                    f"{group.subject} by {error:.3g}, more than {group.tolerance:.3g}: "
                    "they do not do the same work, so their times say nothing"
                )
    return errors


def measure(group: Group, plan: Plan) -> Timing:
    """Check that the contenders agree, then time them in turns."""
    errors = check_equal(group)
    works = [(one.name, one.prepare()) for one in group.contenders]
    seconds: dict[str, list[float]] = {name: [] for name, _ in works}
    for number in range(-plan.warmup, plan.rounds):
        for name, work in _turn(works, number):
            started = time.perf_counter()
            work()
            elapsed = time.perf_counter() - started
            if number >= 0:
                seconds[name].append(elapsed)
    return Timing(group.name, group.subject, errors, seconds)


def _turn(works: list[tuple[str, Work]], number: int) -> list[tuple[str, Work]]:
    """Return the order of a round: every rotation, forwards and then backwards.

    Over ``2 * len(works)`` rounds each contender stands in each place equally often,
    and follows each of its two neighbours equally often.
    """
    first = number // 2 % len(works)
    order = works[first:] + works[:first]
    return order[::-1] if number % 2 else order


def _findings(contender: Contender) -> Findings:
    assert contender.findings is not None, f"{contender.name} has nothing to compare"
    return contender.findings()


def _relative_error(found: Tensor, expected: Tensor) -> float:
    """Return the largest error over the largest expected value; NaN if any is NaN."""
    if found.shape != expected.shape:
        return float("inf")
    scale = expected.abs().max().clamp_min(torch.finfo(expected.dtype).tiny)
    return float((found - expected).abs().max() / scale)
