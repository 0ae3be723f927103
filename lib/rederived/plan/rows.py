"""The plan as data: ``plan.yml``, read and compared with the studies.

A file is a list of rows in the order of their value on a GPU::

    rows:
      - name: "5"
        decides: "what the runs settle"
        rules: ["3.15"]       # claims whose entries in the ledger hold the rule
        runs:
          - {study: nice, presets: [article-first], seeds: 3,
             core_seconds: 1140, gpu_seconds: 60}
        missing: ["what cannot be run yet, and why"]
        differences: []       # what the rules compare, see rederived.plan.judging

``seeds: 3`` are the seeds 0, 1 and 2; with ``first: 5``, 5, 6 and 7.  The costs are
those of one seed of one preset, in seconds of one core and of one process on a GPU;
absent where nothing is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from rederived.plan.judging import Difference
from rederived.records.reading import require_numbers, require_seed, require_texts
from rederived.study import study

PLAN = Path(__file__).with_name("plan.yml")


@dataclass(frozen=True)
class Job:
    """One seed of a full preset of a study.

    >>> str(Job("nice", "paper", 1))
    'nice paper seed 1'
    """

    study: str
    preset: str
    seed: int

    def __str__(self) -> str:
        return f"{self.study} {self.preset} seed {self.seed}"


@dataclass(frozen=True)
class Batch:
    """Presets of one study that cost about the same.

    >>> [str(job) for job in Batch("nice", ("paper", "modern"), 1).jobs()]
    ['nice paper seed 0', 'nice modern seed 0']
    """

    study: str
    presets: tuple[str, ...]
    seeds: int  # how many
    core_seconds: float | None = None  # of one seed of one preset, one thread
    gpu_seconds: float | None = None  # the same, one process on a GPU
    first: int = 0  # the seed that the others follow

    def __post_init__(self) -> None:
        whole = isinstance(self.seeds, int) and not isinstance(self.seeds, bool)
        if not (whole and self.seeds >= 1):
            raise ValueError(
                f"seeds of {self.study} must be at least 1 and whole, got {self.seeds}"
            )
        require_seed(self.first)
        costs = {"core_seconds": self.core_seconds, "gpu_seconds": self.gpu_seconds}
        require_numbers(
            self.study, {k: v for k, v in costs.items() if v is not None}, finite=True
        )

    def jobs(self) -> list[Job]:
        """Return its jobs, a seed of every preset before the next seed."""
        return [
            Job(self.study, preset, seed)
            for seed in range(self.first, self.first + self.seeds)
            for preset in self.presets
        ]


@dataclass(frozen=True)
class Row:
    """What settles one question."""

    name: str
    decides: str  # one line
    rules: tuple[str, ...]  # claims whose ledger entries hold the rule
    runs: tuple[Batch, ...]
    missing: tuple[str, ...]  # what cannot be run yet, and why
    differences: tuple[Difference, ...] = ()  # what the rules compare

    def jobs(self) -> list[Job]:
        """Return its jobs in the order of their value."""
        return [job for batch in self.runs for job in batch.jobs()]


def load_plan(path: Path = PLAN) -> list[Row]:
    """Read a plan.

    Raises:
        ValueError: if the file is no plan, or names a study or a preset that does not
            exist; the message says which.
    """
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))["rows"]
        rows = [_row(entry) for entry in entries]
    except (
        *(OSError, yaml.YAMLError),
        *(KeyError, TypeError, ValueError, AttributeError),
    ) as error:
        raise ValueError(f"{path} is no plan ({error!r}): see {__name__}") from error
    for row in rows:
        if [one.name for one in rows].count(row.name) > 1:
            raise ValueError(f"{path} has two rows {row.name!r}: rename one")
        for job in row.jobs():
            study(job.study).config(job.preset, "full")
    return rows


def rows_named(rows: Sequence[Row], names: Sequence[str]) -> list[Row]:
    """Return the rows of these names in the order given; all if there is no name.

    Raises:
        ValueError: if there is no row of a name.
    """
    by_name = {row.name: row for row in rows}
    for name in names:
        if name not in by_name:
            raise ValueError(f"no row {name!r} in the plan; there are {list(by_name)}")
    return [by_name[name] for name in names] if names else list(rows)


def _row(entry: dict[str, Any]) -> Row:
    if unknown := entry.keys() - {one.name for one in fields(Row)}:
        raise ValueError(f"a row has no field {', '.join(sorted(unknown))}")
    for name in ("rules", "missing"):  # a text would count as its characters
        require_texts(name, entry.get(name, []))
    runs = [
        Batch(**{**run, "presets": tuple(run["presets"])})
        for run in entry.get("runs", [])
    ]
    return Row(
        name=str(entry["name"]),
        decides=entry["decides"],
        rules=tuple(entry.get("rules", [])),
        runs=tuple(runs),
        missing=tuple(entry.get("missing", [])),
        differences=tuple(
            Difference(**{**one, "less": tuple(one["less"])})
            for one in entry.get("differences", [])
        ),
    )
