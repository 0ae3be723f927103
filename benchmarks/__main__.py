"""Time the library against its peers: ``python -m benchmarks``."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks import (
    bench_infomax,
    bench_mixing,
    bench_optimizers,
    bench_titles,
    bench_training,
)
from benchmarks.harness import Group, Plan, measure
from benchmarks.precision import default_precision
from benchmarks.report import Goal, judge, results, table, verdicts, write

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Suite:
    """One benchmark.

    Attributes:
        groups: what is timed.
        goals: what is wanted, none for a quick trial.
        about: a description, with a note that is printed.
        packages: distributions whose versions matter.
    """

    groups: Iterable[Group]
    goals: list[Goal]
    about: dict[str, Any]
    packages: tuple[str, ...]


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmarks, print their tables and goals, write their results.

    Args:
        arguments: the command line; None takes the process's own.
    """
    options = _parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    plan = Plan(rounds=options.rounds)
    folder = options.results or (None if options.quick else RESULTS)
    print(f"{options.threads} threads, {plan.rounds} rounds\n")
    for name in options.only or SUITES:
        _run(name, SUITES[name](options.quick), plan, folder)


def _run(name: str, suite: Suite, plan: Plan, folder: Path | None) -> None:
    """Time one benchmark, print it, and write it if there is a folder."""
    timings = []
    for group in suite.groups:
        timings.append(measure(group, plan))
        print(table(timings[-1]) + "\n", flush=True)
    outcomes = judge(suite.goals, timings)
    print(f"Note: {suite.about['note']}.")
    if outcomes:
        print(f"\nGoals\n{verdicts(outcomes)}")
    if folder is not None:
        path = folder / f"{name}.json"
        found = results(timings, outcomes, plan, suite.packages)
        write(path, {"about": suite.about} | found)
        print(f"\nWritten: {path}")
    print()


def _nice(quick: bool) -> Suite:
    """Return the benchmark of chapter 3, which needs the peer libraries."""
    try:
        from benchmarks import bench_nice  # noqa: PLC0415 - only where peers are
        from benchmarks.nice_model import Size  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise SystemExit(
            f"{error.name} is not installed: "
            'pip install -c constraints.txt -e ".[peers]" brings the peers'
        ) from error
    size, batches, goals = Size(), bench_nice.BATCHES, bench_nice.goals()
    if quick:
        size, batches, goals = Size(dimensions=8, width=16, depth=2), (8,), []
    return Suite(
        bench_nice.groups(size, batches),
        goals,
        bench_nice.about(size, batches),
        bench_nice.PACKAGES,
    )


def _optimizers(quick: bool) -> Suite:
    """Return the benchmark of chapter 7."""
    shapes = bench_optimizers.QUICK_SHAPES if quick else bench_optimizers.SHAPES
    return Suite(
        bench_optimizers.groups(shapes),
        [] if quick else bench_optimizers.goals(),
        bench_optimizers.about(shapes),
        bench_optimizers.PACKAGES,
    )


def _mixing(quick: bool) -> Suite:
    """Return the benchmark of chapter 1, which needs timm."""
    shapes = bench_mixing.QUICK_SHAPES if quick else bench_mixing.SHAPES
    try:
        groups = bench_mixing.groups(shapes)
    except ModuleNotFoundError as error:
        raise SystemExit(
            "timm is not installed: pip install --no-deps -c constraints.txt timm "
            "brings it, without torchvision, which the benchmark does not need"
        ) from error
    return Suite(
        groups,
        [] if quick else bench_mixing.goals(),
        bench_mixing.about(shapes),
        bench_mixing.PACKAGES,
    )


def _infomax(quick: bool) -> Suite:
    """Return the benchmark of chapter 6."""
    size = bench_infomax.QUICK if quick else bench_infomax.Size()
    precision = default_precision()
    return Suite(
        bench_infomax.groups(size, precision),
        [] if quick else bench_infomax.goals(size, precision),
        bench_infomax.about(size, precision),
        bench_infomax.PACKAGES,
    )


def _titles(quick: bool) -> Suite:
    """Return the benchmark of chapter 4."""
    size = bench_titles.QUICK if quick else bench_titles.Size()
    return Suite(
        bench_titles.groups(size),
        [] if quick else bench_titles.goals(size),
        bench_titles.about(size),
        bench_titles.PACKAGES,
    )


def _training(quick: bool) -> Suite:
    """Return the benchmark of the training loop."""
    size = bench_training.QUICK if quick else bench_training.Size()
    return Suite(
        bench_training.groups(size),
        [] if quick else bench_training.goals(),
        bench_training.about(size),
        bench_training.PACKAGES,
    )


SUITES = {
    "mixing": _mixing,
    "nice": _nice,
    "titles": _titles,
    "infomax": _infomax,
    "optimizers": _optimizers,
    "training": _training,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", action="append", choices=list(SUITES), help="which; default: all"
    )
    parser.add_argument("--rounds", type=int, default=30, help="default: 30")
    parser.add_argument(
        "--threads",
        type=int,
        default=torch.get_num_threads(),
        help="default: what torch chooses on this machine",
    )
    parser.add_argument(
        "--quick", action="store_true", help="a tiny model, no goals: tries the code"
    )
    parser.add_argument(
        "--results", type=Path, help="where JSON goes; default: benchmarks/results"
    )
    return parser


if __name__ == "__main__":
    main()
