"""What the front page says of each chapter, and where its numbers come from.

Question, answer and minutes are read from the chapter's page; ``book/chapters.yml`` has
the rest, and for each number the record or the check that it is taken from.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rederived.records import load_record

from tools.contents import Chapter, contents
from tools.files import BOOK, RESULTS, ROOT
from tools.ledger import StoredCheck

_TOP = re.compile(
    r"^# .+\n\n\*\*(?P<question>.+?)\*\*\n\n(?P<answer>(?:> .*\n)+)", re.MULTILINE
)
_MINUTES = re.compile(r"\*\*Takes\*\* (\d+) minutes to read")
_NUMBER = re.compile(r"(?<![-\w.])\d+(?:,\d{3})*(?:\.\d+)?")

Source = dict[str, Any]
"""Where a number comes from, as ``book/chapters.yml`` says it."""


@dataclass(frozen=True)
class Card:
    """A chapter as the front page shows it.

    Attributes:
        chapter: stem, title and article.
        name: of its subject, a word or two.
        question: the sentence under the title.
        answer: two sentences, Markdown.
        minutes: to read it.
        finding: what was found, one line.
        figure: the name of the figure that is its picture; empty if it has none.
        crop: the part of the figure that is shown: left, top, right, bottom, as
            shares of width and height.
        numbers: a number of the answer as it is written -> where it comes from.
    """

    chapter: Chapter
    name: str
    question: str
    answer: str
    minutes: int
    finding: str
    numbers: dict[str, Source]
    figure: str = ""
    crop: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)

    @property
    def picture(self) -> Path:
        """The file of its picture."""
        return BOOK / "_static" / "heroes" / f"{self.chapter.number}.png"


def cards(root: Path = ROOT) -> list[Card]:
    """Return a card for every chapter of ``book/chapters.yml``, in order.

    Raises:
        ValueError: if a chapter's page lacks question, answer or minutes, or its entry
            a field.
    """
    entries = yaml.safe_load((root / "book" / "chapters.yml").read_text("utf-8"))
    return [
        _card(one, root, dict(entries[one.number]))
        for one in contents(root)
        if one.number in entries
    ]


def _card(chapter: Chapter, root: Path, entry: dict[str, Any]) -> Card:
    text = (root / "book" / f"{chapter.stem}.md").read_text(encoding="utf-8")
    top, minutes = _TOP.search(text), _MINUTES.search(text)
    if top is None or minutes is None:
        raise ValueError(
            f"{chapter.stem}.md needs under its title a bold question and a quoted "
            "answer, and in its card the minutes to read"
        )
    answer = top["answer"].replace("\n> ", " ").removeprefix("> ").strip()
    if "crop" in entry:
        entry["crop"] = tuple(entry["crop"])
    try:
        return Card(chapter, entry.pop("name"), top["question"], answer,
                    int(minutes[1]), **entry)  # fmt: skip
    except (KeyError, TypeError) as error:
        raise ValueError(f"book/chapters.yml, {chapter.number}: {error}") from error


def numerals(text: str) -> list[str]:
    """Return the numbers that a text has in figures, formulas left out.

    >>> numerals("**2013.5 ± 1.1 nats** with $k=2$, on 1000 pictures of 5,000.")
    ['2013.5', '1.1', '1000', '5,000']
    """
    return _NUMBER.findall(re.sub(r"\$[^$]*\$", "", text))


def unsourced(card: Card) -> list[str]:
    """Return the numbers of answer and finding that no source of the card covers."""
    known = {one for written in card.numbers for one in numerals(written)}
    answer = numerals(card.answer)
    loose = [one for one in answer if one not in known]
    return loose + [
        one
        for one in numerals(card.finding)
        if not any(number.startswith(one) for number in answer)
    ]


def disagreements(card: Card, checks: dict[str, list[StoredCheck]]) -> list[str]:
    """Return what is wrong with the numbers of a card; nothing if all agree.

    Args:
        card: of a chapter.
        checks: claim -> its stored checks.
    """
    found = [f"{one}: no source" for one in unsourced(card)]
    answer = card.answer.replace("**", "")
    for written, source in card.numbers.items():
        if written not in answer:
            found.append(f"{written}: not in the answer")
        if (says := _says(written, source, checks)) != numerals(written):
            found.append(f"{written}: the source has {says}")
    return found


def _says(
    written: str, source: Source, checks: dict[str, list[StoredCheck]]
) -> list[str]:
    """Return a source's number, and its deviation, with the decimals as written."""
    if "record" not in source and "measured" not in source:
        words = _check(source, checks).what
        return [one for one in numerals(words) if one in numerals(written)]
    values = _recorded(source) if "record" in source else _measured(source, checks)
    return [
        f"{value * source.get('times', 1):.{len(one.partition('.')[2])}f}"
        for one, value in zip(numerals(written), values, strict=False)
    ]


def _recorded(source: Source) -> list[float]:
    """Return a metric's mean and deviation, a setting, or a published number."""
    record = load_record(source["record"], RESULTS)
    if "setting" in source:
        return [float(record.config[source["setting"]])]
    if "published" in source:
        metric = source["published"]
        return [one.value for one in record.published if one.metric == metric][:1]
    summary = record.summary(source["metric"])
    return [summary.mean, summary.sd]


def _measured(source: Source, checks: dict[str, list[StoredCheck]]) -> list[float]:
    """Return a value that a check measured."""
    return [_check(source, checks).measured[source["measured"]]]


def _check(source: Source, checks: dict[str, list[StoredCheck]]) -> StoredCheck:
    """Return the check of a claim that compares what the source names."""
    mine = checks.get(source["claim"], [])
    named = [check for check in mine if check.what == source["what"]]
    if not named:
        raise ValueError(f"claim {source['claim']} has no check {source['what']!r}")
    return named[0]
