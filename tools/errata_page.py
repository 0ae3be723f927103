"""The page of errata, by consequence."""

from __future__ import annotations

from rederived.claims import Verdict

from tools.contents import Chapter
from tools.ledger import ERRATA_KINDS, Erratum, Ledger

HEADINGS = {
    "wrong": ("Wrong", "A statement that a reader should not carry away."),
    "imprecise": ("Imprecise", "Right if read with care, or under a condition."),
    "history": ("History", "What readers or the author have put right since."),
    "slip": ("Slips of the pen", "What is meant is clear."),
}


def errata_page(ledger: Ledger, chapters: list[Chapter]) -> str:
    """Return the page as MyST: the gravest class first, in it by chapter."""
    where = {chapter.number: chapter for chapter in chapters}
    lines = [
        "# Errata",
        "",
        "Where an article needs correction or care. A heading is what the article "
        "says; below it stand the place, what is right, and the claims whose checks "
        "show it. " + _counts(ledger),
    ]
    verdicts = {claim.id: claim.verdict for claim in ledger.claims}
    for kind in ERRATA_KINDS:
        mine = [erratum for erratum in ledger.errata if erratum.kind == kind]
        heading, meaning = HEADINGS[kind]
        lines += ["", f"## {heading}", "", meaning] if mine else []
        for erratum in sorted(mine, key=lambda one: _shown(one, verdicts)):
            lines += _erratum(erratum, where[erratum.chapter])
    return "\n".join(lines) + "\n"


def _counts(ledger: Ledger) -> str:
    """Return how many errata there are of each class."""
    kinds = [erratum.kind for erratum in ledger.errata]
    found = [(kinds.count(kind), kind) for kind in ERRATA_KINDS if kind in kinds]
    words = {"slip": "slips", "history": "history"}
    return ", ".join(f"{n} {words.get(kind, kind)}" for n, kind in found) + "."


def _shown(erratum: Erratum, verdicts: dict[str, Verdict]) -> int:
    """Return 0 if the erratum changes the verdict on a claim, else 1."""
    changed = [verdicts.get(id_) not in (None, Verdict.HOLDS) for id_ in erratum.claims]
    return 0 if any(changed) else 1


def _erratum(erratum: Erratum, chapter: Chapter) -> list[str]:
    """Return one erratum."""
    address, _ = chapter.article
    links = ", ".join(f"{{ref}}`{id_} <ledger-{id_}>`" for id_ in erratum.claims)
    many = "s" if len(erratum.claims) > 1 else ""
    shown = f" Shown by the checks of claim{many} {links}." if links else ""
    return [
        "",
        f"(erratum-{erratum.id})=",
        f"### {erratum.article.rstrip('.')}",
        "",
        f"[{erratum.kind}]{{.rd-verdict .rd-{erratum.kind}}} Erratum {erratum.id}, "
        f"[the article]({address}) of {{doc}}`chapter {int(chapter.number)} "
        f"<{chapter.stem}>`: {erratum.place}.",
        "",
        f"{erratum.evidence}{shown}",
    ]
