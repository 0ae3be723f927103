"""The README's table of results, made from the records."""

from rederived.records import Record, load_record, record_names

from tools.files import RESULTS, ROOT
from tools.markdown import table

BEGIN, END = "<!-- records -->\n", "<!-- /records -->\n"
HEADLINES = (
    ("held_out_loss", "held-out loss, nats"),
    ("test_log_likelihood", "test log-likelihood, nats"),
)


def readme() -> str:
    """The README with its table renewed.

    Raises:
        ValueError: if the README has not the two marks between which the table stands.
    """
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise ValueError(f"README.md needs the lines {BEGIN.strip()} and {END.strip()}")
    before, rest = text.split(BEGIN)
    return before + BEGIN + "\n".join(_table()) + "\n" + END + rest.split(END)[1]


def _table() -> list[str]:
    """One row for each published number that a record stands beside."""
    records = [load_record(name, RESULTS) for name in record_names(RESULTS)]
    rows = [row for record in records for row in _rows(record)]
    return table(("record", "metric", "ours", "published"), rows)


def _rows(record: Record) -> list[tuple[str, str, str, str]]:
    rows = []
    for metric, heading in HEADLINES:
        reported = [
            f"{entry.value:g} ({entry.source})"
            for entry in record.published
            if entry.metric == metric
        ]
        if reported:
            ours = str(record.summary(metric))
            rows.append((record.name, heading, ours, "; ".join(reported)))
    return rows
