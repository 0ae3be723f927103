"""What the book has: its chapters as `_toc.yml` lists them, and a table of records.

A chapter's facts are read from its page: the title from the heading, the article's
number from the card of its source.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rederived.records import Record, load_record, record_names
from rederived.study import AnyStudy, studies

from tools.files import CHAPTER_PATTERN, RESULTS, ROOT
from tools.markdown import table

_HEADING = re.compile(r"^# (.+)$", re.MULTILINE)
_ARTICLE = re.compile(r"\]\((https://kexue\.fm/archives/(\d+))\)")


@dataclass(frozen=True)
class Chapter:
    """A chapter of the book.

    Attributes:
        stem: the file's name without its end, ``03-nice``.
        title: its heading.
        article: the address of the article that it derives, and its number there.
    """

    stem: str
    title: str
    article: tuple[str, str]

    @property
    def number(self) -> str:
        """Two digits, as in the file's name."""
        return self.stem[:2]


def toc_files(path: Path = ROOT / "_toc.yml") -> list[str]:
    """Return every page that the table of contents names, globs as they stand."""
    toc = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [toc["root"], *_files(toc["parts"])]


def _files(entries: list[dict[str, Any]]) -> list[str]:
    """Return the pages of entries and of those below them."""
    found = []
    for entry in entries:
        found += [entry[key] for key in ("file", "glob") if key in entry]
        found += _files(entry.get("chapters", []) + entry.get("sections", []))
    return found


def contents(root: Path = ROOT) -> list[Chapter]:
    """Return the chapters in the order of the table of contents.

    Raises:
        ValueError: if a page has no heading, or its card names no article.
    """
    pages = [root / f"{name}.md" for name in toc_files(root / "_toc.yml")]
    return [_chapter(page) for page in pages if page.match(f"{CHAPTER_PATTERN}.md")]


def _chapter(page: Path) -> Chapter:
    text = page.read_text(encoding="utf-8")
    heading, article = _HEADING.search(text), _ARTICLE.search(text)
    if heading is None or article is None:
        raise ValueError(f"{page.name} needs a heading and the address of its article")
    return Chapter(page.stem, heading[1], (article[1], article[2]))


def headline_table() -> list[str]:
    """Return each study's headline metric over its records, beside the sources'."""
    records = [load_record(name, RESULTS) for name in record_names(RESULTS)]
    rows = [row for study in studies().values() for row in _headline(study, records)]
    return table(("ch.", "study", "metric", "source", "ours, beside it"), rows)


def _headline(study: AnyStudy, records: list[Record]) -> list[tuple[str, ...]]:
    """Return a row for each published number, or one row if there is none."""
    headline = study.reported().headline
    if headline is None:
        return []
    mine = [
        record
        for record in records
        if record.study == study.name and record.values(headline.metric)
    ]
    beside: dict[str, list[Record]] = {}
    for record in mine:
        for entry in record.published:
            if entry.metric == headline.metric:
                says = f"{entry.value:g} ({entry.source})"
                beside.setdefault(says, []).append(record)
    if mine and not beside:
        beside = {"": mine}
    first = (str(study.chapter), study.name, headline.label)
    return [
        (*first, says, _span(group, headline.metric)) for says, group in beside.items()
    ]


def _span(records: list[Record], metric: str) -> str:
    """Return the one value, or the least and the greatest of several records."""
    ranked = sorted(records, key=lambda record: record.summary(metric).mean)
    ends = ranked if len(ranked) < 2 else [ranked[0], ranked[-1]]
    text = " to ".join(f"{_value(one, metric)} `{one.preset}`" for one in ends)
    return f"{text}, {len(ranked)} records" if len(ranked) > 2 else text


def _value(record: Record, metric: str) -> str:
    return record.summary(metric).value


def between(text: str, mark: str, lines: list[str]) -> str:
    """Return a text with the lines between ``<!-- mark -->`` and ``<!-- /mark -->``.

    Raises:
        ValueError: if the text does not have each of the two marks once.
    """
    begin, end = f"<!-- {mark} -->\n", f"<!-- /{mark} -->\n"
    if (text.count(begin), text.count(end)) != (1, 1):
        raise ValueError(f"the marks {begin.strip()} and {end.strip()} must stand once")
    before, rest = text.split(begin)
    return before + begin + "\n".join(lines) + "\n" + end + rest.split(end)[1]
