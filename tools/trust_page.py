"""The page that says how far the book can be trusted, and what says so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rederived.records import load_record, record_names

from tools.claims_page import Checks
from tools.contents import Chapter
from tools.files import BOOK, RESULTS
from tools.ledger import Ledger
from tools.markdown import table
from tools.mutants_page import killed_share
from tools.results_pages import specification
from tools.tightness import WIDE
from tools.tightness_page import rows

INTRODUCTION = """\
# How far to trust it

A derivation is a test, and a test is worth what it catches. `make trust` asks the
questions of this table, one after the other, and renews these pages; it takes hours.
What stands here is what is on record.
"""


def trust_page(ledger: Ledger, checks: Checks, chapters: list[Chapter]) -> str:
    """Return the page as MyST."""
    mutants = json.loads((BOOK / "mutants.json").read_text(encoding="utf-8"))
    rechecks = json.loads((BOOK / "recheck.json").read_text(encoding="utf-8"))
    answers = [
        _claims(ledger, checks),
        _breaks(ledger),
        _mutants(mutants),
        _tightness(ledger, checks),
        _recheck(rechecks, chapters),
        _records(),
    ]
    return (
        INTRODUCTION + "\n" + "\n".join(table(("asked", "by", "found"), answers)) + "\n"
    )


Answer = tuple[str, str, str]
"""What is asked, the command, and what was found."""


def _claims(ledger: Ledger, checks: Checks) -> Answer:
    total = sum(map(len, checks.values()))
    return (
        "Does what the pages say still hold?",
        "`make test`",
        f"[{len(ledger.claims)} claims by {total} checks](claims.md), compared at "
        "every change",
    )


def _breaks(ledger: Ledger) -> Answer:
    count = sum(len(claim.breaks) for claim in ledger.claims)
    return (
        "Does a claim fail when the code that it is about is broken?",
        "`make breaks`",
        f"all {count} breaks must fail their claim, a third of them at every change",
    )


def _mutants(record: Mapping[str, Any]) -> Answer:
    return (
        "Do tests and pages notice a small error that nobody chose?",
        "`make mutants`",
        f"{killed_share(record)} [were noticed](mutants.md) when they were drawn",
    )


def _tightness(ledger: Ledger, checks: Checks) -> Answer:
    wide = [row for row in rows(ledger, checks) if row.tight.wide]
    bare = sum(not row.reason for row in wide)
    return (
        f"Is a criterion wider than {WIDE:g} times what it measures?",
        "`make run`",
        f"[{len(wide)} are](tightness.md), {bare} of them without a reason",
    )


def _recheck(found: Mapping[str, Mapping[str, Any]], chapters: list[Chapter]) -> Answer:
    fallen = sum(len(one["failed"]) for one in found.values())
    return (
        "Do verdicts stand on seeds that nobody chose?",
        "`make recheck`",
        f"[{len(found)} of {len(chapters)} chapters](recheck.md) have a certificate; "
        f"{fallen or 'no'} verdicts fell",
    )


def _records() -> Answer:
    lost = specification().lost
    records = [load_record(name, RESULTS) for name in record_names(RESULTS)]
    untraced = sum(
        any(one.provenance["commit"] in lost for one in record.seeds)
        for record in records
    )
    dirty = sum(
        any(one.provenance["dirty"] is True for one in record.seeds)
        for record in records
    )
    return (
        "Can a recorded number be followed to its code?",
        "`make test`",
        f"of [{len(records)} records](results.md), {untraced} name a commit that no "
        f"history holds, and {dirty} were made with uncommitted changes",
    )
