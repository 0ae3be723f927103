"""What a benchmark leaves behind: a table to read and a JSON file to keep."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

from rederived.records import provenance
from rederived.records.runs import write_json

from benchmarks.harness import Plan, Ratio, Timing


@dataclass(frozen=True)
class Goal:
    """A speed to reach.

    Attributes:
        name: what is wanted.
        group: the group that it is read from.
        over: the contenders to be compared with; the one that the subject leads by
            the least decides.
        least: the least ratio that reaches the goal.
    """

    name: str
    group: str
    over: tuple[str, ...]
    least: float


@dataclass(frozen=True)
class Outcome:
    """How far a goal was reached.

    Attributes:
        goal: the goal.
        against: the contender that decided.
        ratio: how many times as fast as that contender the subject is.
        met: whether the median reaches the goal.
    """

    goal: Goal
    against: str
    ratio: Ratio
    met: bool


def judge(goals: Iterable[Goal], timings: Iterable[Timing]) -> list[Outcome]:
    """Compare goals with what was measured."""
    by_name = {timing.group: timing for timing in timings}
    return [_outcome(goal, by_name[goal.group]) for goal in goals]


def table(timing: Timing) -> str:
    """Lay out a group: median time, and the subject's speed over each contender."""
    lines = [
        timing.group,
        f"  {'contender':<16}{'median ms':>11}   {timing.subject} against it (95 %)",
    ]
    for name, seconds in timing.seconds.items():
        time = f"  {name:<16}{1000 * median(seconds):>11.2f}"
        if name != timing.subject:
            time += "   " + _text(timing.speed_over(name))
        lines.append(time)
    return "\n".join(lines)


def verdicts(outcomes: Iterable[Outcome]) -> str:
    """Lay out the goals, one a line, with what was reached."""
    return "\n".join(
        f"  {'met' if outcome.met else 'missed':<7}{outcome.goal.name}: "
        f">= {outcome.goal.least:.2f}, is {_text(outcome.ratio)} "
        f"against {outcome.against}"
        for outcome in outcomes
    )


def write(path: Path, content: dict[str, Any]) -> None:
    """Write a benchmark's results as JSON, whole or not at all.

    Args:
        path: the file; its folder is made if need be.
        content: plain values, such as ``results`` returns.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, content)


def results(
    timings: Iterable[Timing],
    outcomes: Iterable[Outcome],
    plan: Plan,
    packages: Iterable[str],
) -> dict[str, Any]:
    """Gather everything that was measured as plain values.

    Args:
        timings: every group's times.
        outcomes: every goal's outcome.
        plan: how it was timed.
        packages: distributions whose versions matter.
    """
    return {
        "provenance": provenance(),
        "versions": {name: _version(name) for name in packages},
        "plan": asdict(plan),
        "goals": [asdict(outcome) for outcome in outcomes],
        "groups": [_group(timing) for timing in timings],
    }


def _group(timing: Timing) -> dict[str, Any]:
    others = [name for name in timing.seconds if name != timing.subject]
    return {
        "name": timing.group,
        "subject": timing.subject,
        "speed_over": {name: asdict(timing.speed_over(name)) for name in others},
        "relative_errors": timing.errors,
        "median_seconds": {name: median(all_) for name, all_ in timing.seconds.items()},
        "seconds": timing.seconds,
    }


def _outcome(goal: Goal, timing: Timing) -> Outcome:
    ratios = {name: timing.speed_over(name) for name in goal.over}
    against = min(ratios, key=lambda name: ratios[name].median)
    ratio = ratios[against]
    return Outcome(goal, against, ratio, ratio.median >= goal.least)


def _text(ratio: Ratio) -> str:
    return f"{ratio.median:.3f} [{ratio.low:.3f}, {ratio.high:.3f}]"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
