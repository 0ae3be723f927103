"""The pages of results: one a chapter, and one that lists them.

A page shows what the sources report beside what we find, then tables of the chapter's
records and a figure of curves as ``book/results.yml`` asks for them, then every record,
folded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import yaml
from rederived.records import Record, load_record, record_names
from rederived.study import studies

from tools.contents import Chapter
from tools.curves import curves
from tools.files import BOOK, RESULTS
from tools.markdown import plain, stacking_table, table

FOLDER = BOOK / "results"
PROVENANCE = ("device", "torch", "python", "commit")

INTRODUCTION = """\
# Recorded results

Full runs, recorded with the raw numbers of every seed. A page for each chapter sets
what the sources report beside what we find, compares the settings in small tables, and
lists the records with their seeds, machines, commands and deviations. A value is the
mean over the seeds ± their standard deviation, with as many digits as that allows; a
value without ± is one seed, or seeds that agree.
"""


@dataclass(frozen=True)
class Table:
    """A table of records: what its rows and columns are."""

    title: str
    rows: dict[str, tuple[Record, str]]
    """Label -> the record, and the text that takes the place of ``{}``."""
    columns: dict[str, str]
    """Metric -> heading."""
    caption: str = ""
    """What the values are; empty if they are means over the seeds."""


@dataclass(frozen=True)
class Specification:
    """What ``book/results.yml`` says, its records read."""

    quantities: dict[str, str]
    tables: dict[str, list[Table]]
    """Chapter -> its tables."""
    curves: dict[str, dict[str, Any]]
    """Chapter -> title, metric and records of its figure."""
    lost: frozenset[str] = frozenset()
    """Commits that records name and no history holds."""


def specification(path: Path = BOOK / "results.yml") -> Specification:
    """Read the file.

    Raises:
        ValueError: if a table has more than six columns, or a row a metric of nothing.
        RunError: if there is no record of a name.
    """
    said = yaml.safe_load(path.read_text(encoding="utf-8"))
    made = {
        number: [_table(number, entry) for entry in chapter.get("tables", [])]
        for number, chapter in said["chapters"].items()
    }
    figures = {
        number: chapter["curves"]
        for number, chapter in said["chapters"].items()
        if "curves" in chapter
    }
    lost = frozenset(said["lost_commits"])
    return Specification(said["quantities"], made, figures, lost)


def _table(number: str, entry: dict[str, Any]) -> Table:
    rows = {}
    for label, named in entry["rows"].items():
        name, part = named if isinstance(named, list) else (named, "")
        rows[label] = load_record(name, RESULTS), part
    made = Table(entry["title"], rows, entry["columns"], entry.get("caption", ""))
    where = f"book/results.yml, chapter {number}, {made.title!r}"
    if len(made.columns) > 5:
        raise ValueError(f"{where}: more than six columns")
    for metric in made.columns:
        if not any(r.values(metric.replace("{}", p)) for r, p in rows.values()):
            raise ValueError(f"{where}: no record has {metric!r}")
    return made


def results_pages(chapters: list[Chapter]) -> dict[Path, str]:
    """Return path -> content of the pages, as MyST.

    Args:
        chapters: of the book; one without records has no page.
    """
    said = specification()
    records = [load_record(name, RESULTS) for name in record_names(RESULTS)]
    number = {name: f"{study.chapter:02d}" for name, study in studies().items()}
    mine = {
        chapter: [one for one in records if number[one.study] == chapter.number]
        for chapter in chapters
    }
    filled = {chapter: group for chapter, group in mine.items() if group}
    made = {
        FOLDER / f"chapter-{chapter.number}.md": _page(chapter, group, said)
        for chapter, group in filled.items()
    }
    return {BOOK / "results.md": _index(filled), **made}


def _index(records: Mapping[Chapter, list[Record]]) -> str:
    """Return the page that lists the others."""
    rows = [
        (
            f"{int(chapter.number)} · [{chapter.title}](results/chapter-"
            f"{chapter.number}.md)",
            str(len(group)),
            str(sum(len(record.seeds) for record in group)),
            str(len(_reported(group)) or ""),
        )
        for chapter, group in records.items()
    ]
    head = ("chapter", "records", "runs", "reported numbers beside ours")
    return "\n".join([INTRODUCTION, *table(head, rows)]) + "\n"


def _page(chapter: Chapter, records: list[Record], said: Specification) -> str:
    """Return the page of a chapter."""
    tables = said.tables.get(chapter.number, [])
    lines = [
        "---",
        "nosearch: true",
        "---",
        "",
        f"# Results of chapter {int(chapter.number)}",
        "",
        f"The recorded runs of {{doc}}`../{chapter.stem}`.",
        "",
        "## What the sources report, and what we find",
        "",
        *_published(records, said, tables),
    ]
    for one in tables:
        lines += ["", f"## {one.title}", "", *_rows(one)]
    if chapter.number in said.curves:
        lines += ["", *_curves(said.curves[chapter.number])]
    lines += ["", "## The records", "", *_traces(records, said.lost)]
    for record in records:
        lines += _record(record, said.lost)
    return "\n".join(lines) + "\n"


def _reported(records: list[Record]) -> dict[tuple[str, float, str], list[Record]]:
    """Return metric, value and source -> the records that have the metric."""
    found: dict[tuple[str, float, str], list[Record]] = {}
    for record in records:
        for entry in record.published:
            if record.values(entry.metric):
                key = (entry.metric, entry.value, entry.source)
                found.setdefault(key, []).append(record)
    return found


def _published(
    records: list[Record], said: Specification, tables: list[Table]
) -> list[str]:
    """Return a table of the sources' numbers with ours beside them, and the sources.

    Raises:
        ValueError: if a metric has no words.
    """
    found, quantities = _reported(records), said.quantities
    if not found:
        return ["No source reports a number for what these runs measure."]
    if unknown := {metric for metric, _, _ in found} - quantities.keys():
        names = ", ".join(sorted(unknown))
        raise ValueError(f"book/results.yml: say in words under quantities: {names}")
    labels = _labels(tables)
    sources = list(dict.fromkeys(source for _, _, source in found))
    rows = []
    for (metric, value, source), group in found.items():
        ours = "<br>".join(
            f"{_value(one, metric)} {_link(one, labels.get(one.name, one.preset))}"
            for one in group
        )
        reported = f"{value:g}".replace("-", "−")
        number = sources.index(source) + 1
        rows.append((escape(quantities[metric]), f"{reported} ({number})", ours))
    notes = [f"{k}. {plain(source)}." for k, source in enumerate(sources, start=1)]
    group = [one for records in found.values() for one in records]
    head = ("quantity", "reported (by)", "ours")
    return [*stacking_table(_seeds(group, labels), head, rows), "", *notes]


def _labels(tables: list[Table]) -> dict[str, str]:
    """Return record -> its label, with the table's title if another has it too."""
    named = {(label, r.name) for one in tables for label, (r, _) in one.rows.items()}
    common = Counter(label for label, _ in named)
    found: dict[str, str] = {}
    for one in tables:
        for label, (record, _) in one.rows.items():
            full = f"{label}: {one.title}" if common[label] > 1 else label
            found.setdefault(record.name, full)
    return found


def _rows(one: Table) -> list[str]:
    """Return a table of records, with the numbers of seeds in its caption."""
    rows = []
    for label, (record, part) in one.rows.items():
        cells = [_value(record, metric.replace("{}", part)) for metric in one.columns]
        rows.append((_link(record, label), *cells))
    labels = {record.name: label for label, (record, _) in one.rows.items()}
    head = ("setting", *one.columns.values())
    records = [record for record, _ in one.rows.values()]
    return stacking_table(one.caption or _seeds(records, labels), head, rows)


def _link(record: Record, label: str) -> str:
    """Return a link to the record at the foot of the page, as HTML."""
    place = re.sub(r"[^a-z0-9]+", "-", f"record-{record.name}")
    return f'<a href="#{place}">{escape(label)}</a>'


def _value(record: Record, metric: str) -> str:
    """Return a metric of a record with the digits that its spread allows, as HTML."""
    if not record.values(metric):
        return "–"
    return record.summary(metric).value.replace(" ± ", "&nbsp;±&nbsp;")


def _seeds(records: list[Record], labels: Mapping[str, str]) -> str:
    """Return of how many seeds the values are means, for a caption."""
    found: dict[int, list[str]] = {}
    for record in records:
        names = found.setdefault(len(record.seeds), [])
        if (label := labels.get(record.name, record.preset)) not in names:
            names.append(label)
    ordered = sorted(found, key=lambda n: -len(found[n]))
    others = [
        f"n = {n} for {', '.join(f'“{label}”' for label in found[n])}"
        for n in ordered[1:]
    ]
    return "; ".join([f"n = {ordered[0]}", *others]) + "."


def _curves(entry: dict[str, Any]) -> list[str]:
    """Return the figure of a chapter: means over the seeds, epoch by epoch."""
    metric = entry["metric"]
    lines: dict[str, list[float]] = {}
    for label, name in entry["records"].items():
        histories = [seed.history for seed in load_record(name, RESULTS).seeds]
        steps = zip(*histories, strict=False)
        lines[label] = [sum(row[metric] for row in s) / len(s) for s in steps]
    alt = f"{entry['title']}, by epoch: " + "; ".join(
        f"{label} from {values[0]:.3g} to {values[-1]:.3g}"
        for label, values in lines.items()
    )
    drawn = curves(lines, "epoch", alt)
    return [f"## {entry['title']}", "", "```{raw} html", *drawn, "```"]


def _traces(records: list[Record], lost: frozenset[str]) -> list[str]:
    """Say which records cannot be followed to the code that made them."""
    said = {
        "names a commit that no history holds: its code cannot be looked at, and it is "
        "to be run again": [one for one in records if _lost(one, lost)],
        "was made with uncommitted changes: the commit that it names is not all of its "
        "code": [one for one in records if _dirty(one)],
    }
    return [
        line
        for what, group in said.items()
        if group
        for line in (
            f"Each of these {len(group)} records {what}: "
            f"{', '.join(one.preset for one in group)}.",
            "",
        )
    ]


def _lost(record: Record, lost: frozenset[str]) -> bool:
    """Whether a seed names a commit that is lost."""
    return any(one.provenance["commit"] in lost for one in record.seeds)


def _dirty(record: Record) -> list[int]:
    """Return the seeds that ran with uncommitted changes."""
    return [one.seed for one in record.seeds if one.provenance["dirty"] is True]


def _record(record: Record, lost: frozenset[str]) -> list[str]:
    """Return one record, folded: how it was made, and where its numbers are."""
    seeds = ", ".join(str(seed.seed) for seed in record.seeds)
    data = sorted({source.split(" ")[0] for source in record.data})
    facts = [f"- seeds: {seeds}"]
    facts += [f"- data: {plain(', '.join(data))}"] if any(data) else []
    facts += [f"- {key}: {plain(_over_seeds(record, key))}" for key in PROVENANCE]
    if _lost(record, lost):
        facts.append("- the commit is in no history")
    if dirty := _dirty(record):
        facts.append(f"- with uncommitted changes: seeds {', '.join(map(str, dirty))}")
    commands = dict.fromkeys(str(one.provenance["command"]) for one in record.seeds)
    facts += [f"- command: `{command}`" for command in commands]
    return [
        f"(record-{record.name})=",
        f":::{{dropdown}} {record.name}",
        "",
        *[f"- deviation: {plain(line)}" for line in record.deviations],
        *facts,
        "",
        "All numbers of every seed, the settings and the fingerprints of the data: "
        f"[record.json](../../results/{record.name}/record.json).",
        ":::",
        "",
    ]


def _over_seeds(record: Record, key: str) -> str:
    """Return what the seeds say of a fact, once if they agree."""
    return ", ".join(dict.fromkeys(str(s.provenance[key]) for s in record.seeds))
