"""The page of the claim graph: the picture, and the same as a table."""

from __future__ import annotations

from tools.claim_graph import SIGNS, picture
from tools.claim_titles import Place, places
from tools.contents import Chapter
from tools.ledger import Ledger, LedgerClaim
from tools.markdown import table
from tools.verdicts import badge


def claim_graph_page(ledger: Ledger, chapters: list[Chapter]) -> str:
    """Return the page as MyST.

    Raises:
        ValueError: if a claim has no block on its chapter's page.
    """
    titles = {chapter.number: chapter.title for chapter in chapters}
    found = places()
    for claim in ledger.claims:
        if claim.id not in found:
            what = f"give its block on the page the label {claim.label}"
            raise ValueError(f"claim {claim.id} stands on no page: {what}")
    edges = sum(len(claim.uses) for claim in ledger.claims)
    lines = [
        "# What rests on what",
        "",
        f"{len(ledger.claims)} claims and {edges} uses. A line leads from a claim to "
        "one whose derivation, statement or checks rest on it, to the right within a "
        "chapter, up or down between chapters. If a claim fails, everything that can "
        "be reached from it is in question; a failing check names these claims. "
        f"{_most_used(ledger)}",
        "",
        *_legend(ledger),
        "",
        "```{raw} html",
        '<div class="rd-graph" id="claim-graph">',
        '<p class="rd-graph-says" aria-live="polite">Point at a claim, or go to it by '
        "the tab key: what it rests on and what rests on it stands out.</p>",
        '<div class="rd-graph-picture" tabindex="0" role="region" aria-label="Picture '
        'of the graph">',
        *picture(ledger, found, titles),
        "</div>",
        "</div>",
        '<script src="../_static/claim-graph.js" defer></script>',
        "```",
        "",
        "## The same as a table",
    ]
    for chapter in chapters:
        mine = [claim for claim in ledger.claims if claim.chapter == chapter.number]
        rows = [_row(claim, ledger, found[claim.id]) for claim in mine]
        head = ("claim", "verdict", "uses", "used by")
        lines += ["", f"### Chapter {int(chapter.number)}: {chapter.title}", ""]
        lines += table(head, rows)
    return "\n".join(lines) + "\n"


def _most_used(ledger: Ledger) -> str:
    """Say on which claim most of the others rest."""
    counts = {claim.id: len(ledger.resting_on(claim.id)) for claim in ledger.claims}
    id_ = max(counts, key=lambda one: counts[one])
    return f"On claim {_link(id_)} rest most, {counts[id_]}."


def _legend(ledger: Ledger) -> list[str]:
    """Say what colours, signs and shapes mean."""
    verdicts = [v for v in SIGNS if any(c.verdict is v for c in ledger.claims)]
    words = ", ".join(map(badge, verdicts))
    return [
        f"Verdicts: {words}. Round boxes are identities, bounds and limits; boxes with "
        "corners are empirical. Claims without neighbours stand in the last row of "
        "their chapter."
    ]


def _row(claim: LedgerClaim, ledger: Ledger, place: Place) -> tuple[str, ...]:
    return (
        f"{_link(claim.id)} {place.title}",
        badge(claim.verdict),
        ", ".join(map(_link, claim.uses)),
        ", ".join(map(_link, ledger.used_by(claim.id))),
    )


def _link(id_: str) -> str:
    return f"{{prf:ref}}`{id_} <claim-{id_.replace('.', '-')}>`"
