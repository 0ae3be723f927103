"""Tables of records for a page: our means beside what the sources report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rederive.display import publish
from rederive.results.records import Record


def show_comparison(records: Mapping[str, Record], metrics: Mapping[str, str]) -> None:
    """Put a table on the page: one row a record, then one a published source.

    Args:
        records: label of the row to record.
        metrics: metric to heading of the column; a record without one shows a dash.
    """
    rows = [
        [label, *(_cell(record, metric) for metric in metrics)]
        for label, record in records.items()
    ]
    sources = {
        entry.source: entry for record in records.values() for entry in record.published
    }
    for source in sources:
        reported = {
            entry.metric: f"{entry.value:g}"
            for record in records.values()
            for entry in record.published
            if entry.source == source
        }
        if reported.keys() & metrics.keys():
            rows.append([source, *(reported.get(metric, "–") for metric in metrics)])
    show_table(["", *metrics.values()], rows)


def show_table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Put a table of texts on the page as Markdown.

    Raises:
        ValueError: if a row has not as many cells as the heading.
    """
    for row in rows:
        if len(row) != len(heading):
            raise ValueError(f"the row {list(row)} does not fit {list(heading)}")
    lines = [heading, ["---"] * len(heading), *rows]
    text = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    publish({"text/markdown": text, "text/plain": text})


def _cell(record: Record, metric: str) -> str:
    """Return mean, deviation and n of a metric, or a dash."""
    return str(record.summary(metric)) if record.values(metric) else "–"
