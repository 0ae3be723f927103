"""The generated parts of the front page, and the table of chapters in the README."""

from __future__ import annotations

from rederived.claims import Verdict

from tools import heroes
from tools.cards import Card
from tools.ledger import Erratum, Ledger
from tools.markdown import table
from tools.verdicts import WORDS, bar, counts, in_words

WRONG = ("4.e5", "6.e7", "8.e1")
"""Errata that the front page shows: one of a program that was mended, one that a reader
of the text cannot see, one that is the title of its article."""

SAMPLE = "3.4"
"""The claim by which the front page explains how a claim is read."""


def score(ledger: Ledger, checks: int) -> list[str]:
    """Return how many claims came out how, with a bar, as MyST.

    Args:
        ledger: all claims.
        checks: how many checks judge them.
    """
    verdicts = [claim.verdict for claim in ledger.claims]
    lines = [":::{div} rd-score", f"- **{len(verdicts)}** claims"]
    lines.append(f"- **{checks}** checks that can fail")
    for verdict, number in counts(verdicts).items():
        as_printed = " as printed" if verdict is Verdict.HOLDS else ""
        lines.append(f"- **{number}** {WORDS[verdict][number > 1]}{as_printed}")
    return [*lines, ":::", "", *bar(verdicts), "", _kinds(ledger)]


def _kinds(ledger: Ledger) -> str:
    """Return what kind of claim does not come back, and how the identities fare."""
    lost = [c.kind for c in ledger.claims if c.verdict is Verdict.UNREPRODUCED]
    same = [c.verdict for c in ledger.claims if c.kind == "identity"]
    exact = same.count(Verdict.HOLDS)
    identities = f"{exact} of {len(same)} identities hold exactly as printed."
    if lost and set(lost) == {"empirical"}:
        which = (
            "The one that was not reproduced is an experiment"
            if len(lost) == 1
            else f"All {len(lost)} that were not reproduced are experiments"
        )
        return f"{which}; {identities}"
    return identities


def chapter_cards(cards: list[Card], ledger: Ledger) -> list[str]:
    """Return a grid of cards, one a chapter, as MyST."""
    lines = ["::::{grid} 1 2 2 4", ":gutter: 3", ":class-container: rd-cards", ""]
    for card in cards:
        chapter = card.chapter
        lines += [":::{grid-item-card}", f":link: {chapter.stem}", ":link-type: doc"]
        if card.figure:
            lines += [
                f":img-top: _static/heroes/{chapter.number}.png",
                f":img-alt: {heroes.alt(card)}",
            ]
        lines += [
            "",
            f"[{int(chapter.number)} · {card.name} · {card.minutes} min]{{.rd-small}}",
            "",
            f"**{card.question}**",
            "",
            card.finding,
            "",
            *bar(_verdicts(ledger, card)),
            ":::",
            "",
        ]
    return [*lines, "::::"]


def chapter_table(cards: list[Card], ledger: Ledger) -> list[str]:
    """Return the chapters with what was found, for the README."""
    rows = []
    for card in cards:
        address, number = card.chapter.article
        link = f"[{card.chapter.title}](book/{card.chapter.stem}.md)"
        rows.append(
            (
                f"{int(card.chapter.number)} · {link}",
                f"[{number}]({address})",
                card.finding,
                in_words(_verdicts(ledger, card)),
            )
        )
    return table(("chapter", "article", "what was found", "its claims"), rows)


def wrong(ledger: Ledger) -> list[str]:
    """Return the errata of :data:`WRONG`: what is said, and what is right."""
    known = {erratum.id: erratum for erratum in ledger.errata}
    return [_wrong(known[id_]) for id_ in WRONG]


def _wrong(erratum: Erratum) -> str:
    """Return one line; its numbers are text, so that the page loads no formulas."""
    said = erratum.article.rstrip(".").replace("$-", "−").replace("$", "")
    first = erratum.evidence.split(". ")[0].rstrip(".")
    return f"- [{said}](#erratum-{erratum.id}). {first}."


def sample(ledger: Ledger, lines: dict[str, list[str]]) -> list[str]:
    """Return the claim of :data:`SAMPLE` and the line of its first check, as MyST.

    Args:
        ledger: all claims.
        lines: claim -> what its checks print.
    """
    claim = next(one for one in ledger.claims if one.id == SAMPLE)
    return [
        f"> **Claim {claim.id}** · {claim.verdict.value}",
        ">",
        f"> {claim.statement}",
        "",
        "```text",
        lines[SAMPLE][0],
        "```",
    ]


def _verdicts(ledger: Ledger, card: Card) -> list[Verdict]:
    mine = card.chapter.number
    return [claim.verdict for claim in ledger.claims if claim.chapter == mine]
