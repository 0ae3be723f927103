"""Tables of records for a page: our means beside what the sources report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rederived.records.records import Record


def show_comparison(records: Mapping[str, Record], metrics: Mapping[str, str]) -> None:
    """Put a table on the page: the records, then the published sources, numbered.

    A row is a record or a source; where there are more metrics than those, a row is a
    metric.  The sources are spelled out below the table.

    Args:
        records: label of the row to record.
        metrics: metric to heading of the column; a record without one shows a dash.
    """
    rows = [
        [label, *(_cell(record, metric) for metric in metrics)]
        for label, record in records.items()
    ]
    notes: list[str] = []
    for source, reported in _published(records).items():
        if reported.keys() & metrics.keys():
            notes.append(f"{len(notes) + 1}. {source}")
            cells = (reported.get(metric, "–") for metric in metrics)
            rows.append([f"published, {len(notes)}", *cells])
    table = [["", *metrics.values()], *rows]
    if len(metrics) > len(rows):
        table = [list(column) for column in zip(*table, strict=True)]
    _show(table[0], table[1:], notes)


def _published(records: Mapping[str, Record]) -> dict[str, dict[str, str]]:
    """Return what each source reports, by metric, in the order of the records."""
    found: dict[str, dict[str, str]] = {}
    for record in records.values():
        for entry in record.published:
            found.setdefault(entry.source, {})[entry.metric] = f"{entry.value:g}"
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
    """Return mean, deviation and n of a metric, or a dash."""
    return str(record.summary(metric)) if record.values(metric) else "–"
