"""Tables of records for a page: our means beside what the sources report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rederived.records.records import Record
from rederived.records.rounding import rounded
from rederived.records.runs import RunError

NONE = "–"
"""The cell of what was not measured or reported."""
AGREEMENT = 1e-4
"""Deviation, as a part of the mean, below which seeds agree: it is not shown."""


def show_comparison(records: Mapping[str, Record], metrics: Mapping[str, str]) -> None:
    """Put a table on the page: the records, then the published sources, numbered.

    A row is a record or a source; where there are more metrics than those, a row is a
    metric.  A value is the mean over the seeds, with its spread; how many seeds is said
    once below the table, or in a column where the records differ.  There the sources
    are spelled out, too.

    Args:
        records: label of the row to record.
        metrics: metric to heading of the column; a record without one shows a dash.

    Raises:
        RunError: if some seeds of a record have a metric and others do not, or one
            source reports two values of it.
    """
    rows = [
        [label, *(_cell(record, metric) for metric in metrics)]
        for label, record in records.items()
    ]
    sources: list[str] = []
    for source, reported in _published(records).items():
        if reported.keys() & metrics.keys():
            sources.append(f"{len(sources) + 1}. {source}")
            cells = (reported.get(metric, NONE) for metric in metrics)
            rows.append([f"published, {len(sources)}", *cells])
    by_metric = len(metrics) > len(rows)
    table = [["", *metrics.values()], *rows]
    sizes = [len(record.seeds) for record in records.values()]
    notes = [_of_seeds(sizes), *([""] if sources else []), *sources]
    if len(set(sizes)) > 1:
        column = ["n", *map(str, sizes), *(NONE for _ in sources)]
        table = [[row[0], n, *row[1:]] for row, n in zip(table, column, strict=True)]
    if by_metric:
        table = [list(column) for column in zip(*table, strict=True)]
    _show(table[0], table[1:], notes)


def _of_seeds(sizes: Sequence[int]) -> str:
    """Return what the values of records with so many seeds are, for a note."""
    if set(sizes) == {1}:
        return "One seed."
    n = str(sizes[0]) if len(set(sizes)) == 1 else "n"
    return f"Mean ± standard deviation over {n} seeds."


def _published(records: Mapping[str, Record]) -> dict[str, dict[str, str]]:
    """Return what each source reports, by metric, in the order of the records."""
    found: dict[str, dict[str, str]] = {}
    for record in records.values():
        for entry in record.published:
            value = f"{entry.value:g}"
            before = found.setdefault(entry.source, {}).setdefault(entry.metric, value)
            if before != value:
                raise RunError(
                    f"{entry.source!r} reports {entry.metric} {before} and {value} for "
                    "two presets: show them apart, or say which in their sources"
                )
    return found


def show_table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Put a table of texts on the page as Markdown.

    Raises:
        ValueError: if a row has not as many cells as the heading.
    """
    _show(heading, rows, [])


def _show(
    heading: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str]
) -> None:
    """Put a table on the page with notes below it."""
    from rederived.claims import publish  # noqa: PLC0415 - it loads torch

    for row in rows:
        if len(row) != len(heading):
            raise ValueError(f"the row {list(row)} does not fit {list(heading)}")
    cells = [[_escaped(cell) for cell in line] for line in (heading, *rows)]
    lines = [cells[0], ["---"] * len(heading), *cells[1:]]
    text = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    if notes:
        text += "\n\n" + "\n".join(notes)
    publish({"text/markdown": text, "text/plain": text})


def _escaped(cell: str) -> str:
    """Return a cell's text as Markdown keeps it in one cell of one row."""
    return " ".join(cell.split("\n")).replace("|", "\\|")


def _cell(record: Record, metric: str) -> str:
    """Return mean and deviation of a metric, or a dash."""
    values = record.values(metric)
    if not values:
        return NONE
    if len(values) != len(record.seeds):
        raise RunError(
            f"record {record.name} has {metric!r} of {len(values)} seeds of "
            f"{len(record.seeds)}: show it apart, with its own n"
        )
    summary = record.summary(metric)
    agree = summary.sd < AGREEMENT * abs(summary.mean)
    return rounded(summary.mean, 0.0 if agree else summary.sd)
