"""What the rules of the plan say of the records that are there.

A rule that compares two presets is a ``Difference``; ``plan.yml`` names them under
``differences`` of a row, as the ledger has them::

    differences:
      - {claim: "4.9", study: titles, metric: rouge_l, of: csl-long-prior,
         less: [csl-long-attention], seeds: 3}

The other rules (counts of collapsed networks, bounds) are judged on the pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from rederived.records import Record, SeedResult, load_record, record_names
from rederived.study import study

Side = Literal["above", "below"]


@dataclass(frozen=True)
class Difference:
    """Two presets, and on which side of a bound the mean of a metric's difference lies.

    >>> one = Difference("9.9", "nice", "no_such_metric", "paper", ("modern",), 3)
    >>> list(one.judged())
    ['9.9: no_such_metric, paper less modern: 0 of 3 seeds recorded']
    """

    claim: str
    study: str
    metric: str  # or a column of the history, with ``epoch``
    of: str
    less: tuple[str, ...]  # each is taken from the first
    seeds: int  # pairs, or seeds of ``of``, without which nothing is judged
    first: int = 0  # earlier seeds of ``of`` do not count
    side: Side = "above"
    bound: float = 0.0
    paired: bool = True  # by seed; else by Welch's test
    confidence: float = 0.95  # of each of the two ends of the interval
    epoch: int | None = None  # when the metric was measured; None is the end

    def __post_init__(self) -> None:
        if self.side not in get_args(Side):
            raise ValueError(f"side must be above or below, got {self.side!r}")
        for preset in (self.of, *self.less):
            study(self.study).config(preset, "full")

    def judged(self) -> Iterator[str]:
        """Yield a line for each comparison: how it stands, or what it waits for."""
        for preset in self.less:
            yield self._judged(preset)

    def _judged(self, less: str) -> str:
        when = "" if self.epoch is None else f" after epoch {self.epoch}"
        what = f"{self.claim}: {self.metric}{when}, {self.of} less {less}"
        more = self._values(self.of, self.first)
        other = self._values(less, self.first if self.paired else 0)
        if self.paired:
            both = sorted(more.keys() & other.keys())
            more, other = ({k: found[k] for k in both} for found in (more, other))
        have = len(more)
        if have < max(self.seeds, 2) or len(other) < 2:
            return f"{what}: {have} of {self.seeds} seeds recorded"
        mean, low, high = self._interval([*more.values()], [*other.values()])
        return (
            f"{what}: {mean:.4g}, {100 * self.confidence:g} % ends {low:.4g} and "
            f"{high:.4g}, n {have}; {self.side} {self.bound:g}: "
            f"{self._verdict(low, high)}"
        )

    def _verdict(self, low: float, high: float) -> str:
        if low > self.bound:
            return "yes" if self.side == "above" else "no"
        if high < self.bound:
            return "yes" if self.side == "below" else "no"
        return "not shown"

    def _interval(
        self, more: list[float], other: list[float]
    ) -> tuple[float, float, float]:
        """Return the mean difference and the ends of its interval."""
        from scipy import stats  # noqa: PLC0415 - slow to import

        if self.paired:
            test = stats.ttest_rel(more, other)
        else:
            test = stats.ttest_ind(more, other, equal_var=False)
        ends = test.confidence_interval(2 * self.confidence - 1)
        mean = sum(more) / len(more) - sum(other) / len(other)
        return mean, float(ends.low), float(ends.high)

    def _values(self, preset: str, first: int) -> dict[int, float]:
        """Return the metric of the recorded seeds from ``first`` on."""
        record = self._record(preset)
        if record is None:
            return {}
        found = {one.seed: self._value(one) for one in record.seeds}
        return {
            seed: value
            for seed, value in found.items()
            if value is not None and seed >= first
        }

    def _value(self, result: SeedResult) -> float | None:
        if self.epoch is None:
            return result.metrics.get(self.metric)
        rows = {row["epoch"]: row for row in result.history}
        return rows.get(float(self.epoch), {}).get(self.metric)

    def _record(self, preset: str) -> Record | None:
        """Return the preset's record, if there is one of its present settings."""
        name = f"{self.study}-{preset}"
        if name not in record_names():
            return None
        record, chosen = load_record(name), study(self.study)
        current = chosen.identity(chosen.config(preset, "full"))
        return record if record.identity == current else None
