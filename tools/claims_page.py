"""The page of all claims: first what did not come out as printed, then every one."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from rederived.claims import Evidence, Verdict

from tools.contents import Chapter
from tools.files import BOOK
from tools.ledger import UNSETTLED, Ledger, LedgerClaim, StoredCheck
from tools.markdown import plain, table
from tools.verdicts import CLASSES, badge, in_words

MEANING = {
    Evidence.SUPPORTS: "its passing supports the statement",
    Evidence.REFUTES: "its passing shows that the statement, as printed, is wrong",
    Evidence.CORRECTS: "its passing supports the corrected statement",
    Evidence.UNREPRODUCED: "its passing shows that our run did not reach it",
    Evidence.UNDECIDED: "its passing shows that our evidence cannot tell",
}

Checks = dict[str, list[StoredCheck]]
"""Claim -> its checks, in order."""


def claims_page(ledger: Ledger, checks: Checks, chapters: list[Chapter]) -> str:
    """Return the page as MyST."""
    total = sum(len(group) for group in checks.values())
    verdicts = in_words(claim.verdict for claim in ledger.claims)
    lines = [
        "# Claims and their checks",
        "",
        f"{len(ledger.claims)} claims, judged by {total} checks: {verdicts}. "
        "As data: [JSON](_static/claims.json), [CSV](_static/claims.csv).",
        "",
        "## What did not come out as printed",
        "",
        *_news(ledger),
        "",
        "## All claims",
        "",
        "A claim opens to its checks. A check has a criterion, which is fixed, and a "
        "measured value, which is what the stored run of the chapter found; another "
        "machine may measure a slightly different value. A verdict follows from what "
        "the checks show, and nothing else:",
        "",
        *[f"- *{kind.value}*: {meaning}." for kind, meaning in MEANING.items()],
        "",
        "```{raw} html",
        '<form class="rd-filter" id="claims-filter" hidden></form>',
        '<script src="../_static/claims.js" defer></script>',
        "```",
    ]
    for chapter in chapters:
        mine = [claim for claim in ledger.claims if claim.chapter == chapter.number]
        lines += ["", f"### Chapter {int(chapter.number)}: {chapter.title}"]
        for claim in mine:
            lines += _claim(claim, chapter.stem, checks.get(claim.id, []))
    return "\n".join(lines) + "\n"


def claims_json(ledger: Ledger, checks: Checks) -> str:
    """Return all claims with their checks as JSON."""
    entries = [
        {
            **_facts(claim),
            "checks": [_check_facts(check) for check in checks.get(claim.id, [])],
        }
        for claim in ledger.claims
    ]
    return json.dumps(entries, ensure_ascii=False, indent=1) + "\n"


def claims_csv(ledger: Ledger) -> str:
    """Return all claims as CSV, one a row, without their checks."""
    rows = [_facts(claim) for claim in ledger.claims]
    made = io.StringIO()
    writer = csv.DictWriter(made, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return made.getvalue()


def _facts(claim: LedgerClaim) -> dict[str, Any]:
    return {
        "id": claim.id,
        "chapter": int(claim.chapter),
        "kind": claim.kind,
        "verdict": claim.verdict.value,
        "article_says": claim.said,
        "we_find": claim.found,
        "source": claim.source,
    }


def _check_facts(check: StoredCheck) -> dict[str, Any]:
    return {
        "what": check.what,
        "criterion": check.criterion,
        "measured": {name: float(f"{x:.4g}") for name, x in check.measured.items()},
        "shows": check.kind,
    }


def _news(ledger: Ledger) -> list[str]:
    """Return a table of the claims that do not hold as printed, the gravest first."""
    order = [Verdict.FALSE, Verdict.UNREPRODUCED, *UNSETTLED, Verdict.CORRECTED]
    rows = [
        (
            f"{{ref}}`{claim.id} <ledger-{claim.id}>` {badge(verdict)}",
            _cell(claim.said),
            _cell(_sentence(claim.found)),
        )
        for verdict in order
        for claim in ledger.claims
        if claim.verdict is verdict
    ]
    head = ("claim", "the article says", "we find")
    return [":::{table}", ":class: rd-news", "", *table(head, rows), ":::"]


def _sentence(text: str) -> str:
    """Return a text that begins like a sentence, formulas left alone."""
    return text[:1].upper() + text[1:]


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def _claim(claim: LedgerClaim, page: str, checks: list[StoredCheck]) -> list[str]:
    """Return one claim, folded, with its checks."""
    return [
        "",
        f"(ledger-{claim.id})=",
        f"::::{{dropdown}} {claim.id} {badge(claim.verdict)} {claim.said}",
        f":class-container: rd-claim rd-chapter-{int(claim.chapter)} "
        f"rd-kind-{claim.kind} rd-is-{CLASSES[claim.verdict]}",
        "",
        *([f"**We find:** {_sentence(claim.found)}", ""] if claim.found else []),
        f"{_link(claim, page)}Kind: {claim.kind}. Source: {claim.source}.",
        "",
        *[_check(check) for check in checks],
        "::::",
    ]


def _link(claim: LedgerClaim, page: str) -> str:
    """Return a link to the numbered block in the chapter, if the chapter has it."""
    text = (BOOK / f"{page}.md").read_text(encoding="utf-8")
    if f":label: {claim.label}\n" not in text:
        return ""
    return f"{{prf:ref}}`Derivation <{claim.label}>`. "


def _check(check: StoredCheck) -> str:
    """Return one check as a list item."""
    measured = ", ".join(f"{name} {x:.4g}" for name, x in check.measured.items())
    return (
        f"- {plain(check.what)}. Criterion: {plain(check.criterion)}. "
        f"Measured: {plain(measured)}. *{check.kind}*"
    )
