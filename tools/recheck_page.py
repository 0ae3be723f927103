"""The page of certificates: verdicts on records that were drawn anew."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tools.contents import Chapter
from tools.files import BOOK
from tools.ledger import Ledger
from tools.markdown import plain, table

RECORD = BOOK / "recheck.json"

INTRODUCTION = """\
# Drawn anew

`make recheck CHAPTER=07` runs the cheapest recorded presets of a chapter again, those
of several seeds first, as many seeds of each as are recorded. The seeds follow from
the commit's hash, so that nobody can choose them. Then it runs the page, whose
checks are the rules, on these records in place of the stored ones. A verdict stands
if its checks pass. A check that measures what it measured before rests on no new
draw; such claims are left out here.
"""


def recheck_page(ledger: Ledger, chapters: list[Chapter]) -> str:
    """Return the page as MyST."""
    found = json.loads(RECORD.read_text(encoding="utf-8"))
    return page(found, ledger, chapters)


HEADER = ("claim", "verdict", "checks on new draws", "stands")
NOTHING = "No claim rests on what was drawn, so this certificate says nothing yet."


def page(
    found: Mapping[str, Mapping[str, Any]], ledger: Ledger, chapters: list[Chapter]
) -> str:
    """Return the page of certificates, by chapter."""
    without = [
        f"{{doc}}`{int(one.number)} <{one.stem}>`"
        for one in chapters
        if one.number not in found
    ]
    lines = [INTRODUCTION]
    if without:
        lines += [f"No certificate yet: chapters {', '.join(without)}.", ""]
    for chapter in chapters:
        if chapter.number in found:
            title = f"## Chapter {int(chapter.number)}: {chapter.title}"
            lines += [title, "", *_certificate(found[chapter.number], ledger), ""]
    return "\n".join(lines).rstrip() + "\n"


def _certificate(one: Mapping[str, Any], ledger: Ledger) -> list[str]:
    """Return the certificate of a chapter."""
    drawn, kept, failed = one["drawn"], one["kept"], one["failed"]
    rows = [
        (
            f"{{ref}}`{claim.id} <ledger-{claim.id}>`",
            claim.verdict.value,
            str(one["moved"].get(claim.id, 0)),
            _stands(claim.id, one),
        )
        for claim in ledger.claims
        if claim.id in failed or one["moved"].get(claim.id)
    ]
    others = [f"- {plain(f'{k}: {_line(v)}')}" for k, v in failed.items() if " " in k]
    return [
        f"Commit `{one['commit'][:12]}`, seeds {', '.join(map(str, one['seeds']))}. "
        f"{len(drawn)} of {len(drawn) + len(kept)} records drawn anew: "
        f"{', '.join(f'`{name}`' for name in drawn)}.",
        "",
        *(table(HEADER, rows) if rows else [NOTHING]),
        *others,
    ]


def _stands(claim: str, one: Mapping[str, Any]) -> str:
    """Say whether a claim stands, and what has been done since if it does not."""
    if claim not in one["failed"]:
        return "yes"
    since = one.get("since", {}).get(claim, "")
    return f"no: {plain(_line(one['failed'][claim]))} {since}".strip()


def _line(text: str) -> str:
    return " ".join(text.split())
