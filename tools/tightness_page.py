"""The page on how tight the checks are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tools.claims_page import Checks
from tools.contents import Chapter
from tools.ledger import Ledger, StoredCheck
from tools.markdown import plain, table
from tools.tightness import ROUNDING, WIDE, Tightness, tightness


@dataclass(frozen=True)
class Row:
    """A check with its ratio, and why it may be wide, if that is said."""

    check: StoredCheck
    tight: Tightness
    reason: str

    @property
    def chapter(self) -> int:
        """The number of its chapter."""
        return int(self.check.id.split(".")[0])

    @property
    def group(self) -> str:
        """The column of the table of counts."""
        if self.tight.ratio is None:
            return self.tight.why
        if not self.tight.wide:
            return WITHIN
        return EXPLAINED if self.reason else UNEXPLAINED


WITHIN = f"at most {WIDE:g} times"
EXPLAINED = "wider, with a reason"
UNEXPLAINED = "wider, without a reason"
GROUPS = (
    *("exact", "rounding", "standard errors", "the sign decides"),
    *("relative tolerance", WITHIN, EXPLAINED, UNEXPLAINED),
)


INTRODUCTION = (
    "A check has a criterion, which is fixed, and a measured value. Their ratio "
    "says how much worse the value may become before the check fails: 1 is as tight "
    f"as can be. A criterion more than {WIDE:g} times as wide as what it measures "
    "needs a reason in the ledger. There is no ratio where things are exactly "
    f"equal; where the tolerance, at most {ROUNDING:g}, is for rounding, which "
    "differs between machines; where the criterion is a number of standard errors; "
    "where the bound is zero or on the other side of it, so that only the sign is "
    "asked for; and where the tolerance is a share of each value."
)


def rows(ledger: Ledger, checks: Checks) -> list[Row]:
    """Return every check of the book, in the ledger's order."""
    return [
        Row(check, tightness(check), claim.wide.get(check.what, ""))
        for claim in ledger.claims
        for check in checks.get(claim.id, [])
    ]


def tightness_page(ledger: Ledger, checks: Checks, chapters: list[Chapter]) -> str:
    """Return the page as MyST."""
    found = rows(ledger, checks)
    wide = sorted(
        (row for row in found if row.tight.wide),
        key=lambda row: (bool(row.reason), -_ratio(row)),
    )
    lines = [
        "---",
        "nosearch: true",
        "---",
        "",
        "# How tight the checks are",
        "",
        INTRODUCTION,
        "",
        *_counts(found, chapters),
        "",
        f"## Wider than {WIDE:g} times",
        "",
        f"{len(wide)} of {len(found)} checks; those without a reason come first.",
        "",
        *table(
            ("claim", "check", "criterion", "ratio", "reason"), map(_wide_cells, wide)
        ),
        "",
        "## Every check that has a ratio",
    ]
    for chapter in chapters:
        mine = [row for row in found if row.chapter == int(chapter.number)]
        lines += ["", *_folded(chapter, mine)]
    return "\n".join(lines) + "\n"


def _counts(found: list[Row], chapters: list[Chapter]) -> list[str]:
    """Return how many checks of each chapter are how tight."""
    counts = Counter((row.chapter, row.group) for row in found)
    numbers = [int(chapter.number) for chapter in chapters]
    body = [
        (f"{{doc}}`{number} <{chapter.stem}>`", *_row(counts, [number]))
        for number, chapter in zip(numbers, chapters, strict=True)
    ]
    return table(("chapter", *GROUPS), [*body, ("all", *_row(counts, numbers))])


def _row(counts: Counter[tuple[int, str]], numbers: list[int]) -> Iterator[str]:
    for group in GROUPS:
        yield str(sum(counts[number, group] for number in numbers))


def _ratio(row: Row) -> float:
    return row.tight.ratio or 0.0


def _wide_cells(row: Row) -> tuple[str, ...]:
    """Return a wide check's cells."""
    return (*_cells(row), f"{_ratio(row):.2g}", plain(row.reason))


def _cells(row: Row) -> tuple[str, ...]:
    id_ = row.check.id
    return (
        f"{{ref}}`{id_} <ledger-{id_}>`",
        plain(row.check.what),
        plain(row.check.criterion),
    )


def _folded(chapter: Chapter, mine: list[Row]) -> list[str]:
    """Return the checks of a chapter that have a ratio, in a block that opens."""
    body = [
        (
            *_cells(row),
            plain(", ".join(f"{k} {x:.3g}" for k, x in row.check.measured.items())),
            f"{row.tight.ratio:.2g}",
        )
        for row in mine
        if row.tight.ratio is not None
    ]
    head = ("claim", "check", "criterion", "measured", "ratio")
    return [
        f":::{{dropdown}} Chapter {int(chapter.number)}: {chapter.title}",
        "",
        *table(head, body),
        ":::",
    ]
