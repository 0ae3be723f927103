"""Time the library against its peers: ``python -m benchmarks``."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from benchmarks.harness import Plan, measure
from benchmarks.report import judge, results, table, verdicts, write

try:
    from benchmarks import bench_nice
    from benchmarks.nice_model import Size
except ModuleNotFoundError as error:
    raise SystemExit(
        f"{error.name} is not installed: "
        'pip install -c constraints.txt -e ".[peers]" brings the peers'
    ) from error

RESULTS = Path(__file__).parent / "results"
QUICK_SIZE, QUICK_BATCHES = Size(dimensions=8, width=16, depth=2), (8,)


def main(arguments: list[str] | None = None) -> None:
    """Run every benchmark, print its tables and goals, write its results.

    Args:
        arguments: the command line; None takes the process's own.
    """
    options = _parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    size, batches, goals = Size(), bench_nice.BATCHES, bench_nice.goals()
    if options.quick:
        size, batches, goals = QUICK_SIZE, QUICK_BATCHES, []
    plan = Plan(rounds=options.rounds)
    print(f"{options.threads} threads, {plan.rounds} rounds\n")
    timings = []
    for group in bench_nice.groups(size, batches):
        timings.append(measure(group, plan))
        print(table(timings[-1]) + "\n", flush=True)
    outcomes = judge(goals, timings)
    about = bench_nice.about(size, batches)
    print(f"Note: {about['note']}.")
    if outcomes:
        print(f"\nGoals\n{verdicts(outcomes)}")
    folder = options.results or (None if options.quick else RESULTS)
    if folder is not None:
        path = folder / "nice.json"
        found = results(timings, outcomes, plan, bench_nice.PACKAGES)
        write(path, {"about": about} | found)
        print(f"\nWritten: {path}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
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
