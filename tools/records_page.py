"""The page on results: every recorded run beside what the sources report."""

from rederived.records import Record, load_record, record_names

from tools.files import RESULTS
from tools.markdown import plain, table

INTRODUCTION = """\
# Recorded results

Full runs, recorded with their raw numbers per seed under `results/`. Ours is the mean
± the standard deviation over n seeds; a source's value stands beside it where the
source has one. How a run differs from its source is listed under it.
"""

PROVENANCE = ("device", "torch", "python", "commit")


def results_page() -> str:
    """All records, as MyST."""
    names = record_names(RESULTS)
    if not names:
        return f"{INTRODUCTION}\nNo full run has been recorded yet.\n"
    records = [load_record(name, RESULTS) for name in names]
    return "\n".join([INTRODUCTION, *[_section(record) for record in records]])


def _section(record: Record) -> str:
    """One record."""
    seeds = ", ".join(str(seed.seed) for seed in record.seeds)
    provenance = record.seeds[0].provenance
    facts = [f"- {key}: {plain(str(provenance[key]))}" for key in PROVENANCE]
    facts.append(f"- command: `{provenance['command']}`")
    deviations = [f"- {plain(line)}" for line in record.deviations]
    return "\n".join(
        [
            f"(record-{record.name})=",
            f"## {record.name}",
            "",
            *_table(record),
            "",
            f"Seeds {seeds}. Data: {plain('; '.join(record.data))}.",
            "",
            *(
                ["Deviations from the source:", "", *deviations, ""]
                if deviations
                else []
            ),
            "Run by:",
            "",
            *facts,
            "",
        ]
    )


def _table(record: Record) -> list[str]:
    """The metrics, or the arrays of a record that has nothing else."""
    rows = _rows(record)
    if rows:
        return table(("metric", "ours", "published"), rows)
    shapes = [
        (plain(name), " × ".join(map(str, array.shape)))
        for name, array in record.arrays.items()
    ]
    return table(("array", "shape"), shapes)


def _rows(record: Record) -> list[tuple[str, str, str]]:
    """Every metric of the first seed with its summary and the published values."""
    return [
        (
            plain(metric),
            str(record.summary(metric)),
            "; ".join(
                f"{entry.value:g} ({plain(entry.source)})"
                for entry in record.published
                if entry.metric == metric
            ),
        )
        for metric in record.seeds[0].metrics
        if "@" not in metric  # one temperature of a sweep, which the chapter draws
    ]
