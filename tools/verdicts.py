"""How generated pages show verdicts: a word with its colour, a bar of counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rederived.claims import Verdict

CLASSES = {
    Verdict.HOLDS: "holds",
    Verdict.CORRECTED: "corrected",
    Verdict.FALSE: "false",
    Verdict.UNREPRODUCED: "unreproduced",
    Verdict.NOT_SHOWN: "not-shown",
    Verdict.NOT_TESTED: "not-tested",
}
"""The end of the class by which the style sheet colours a verdict."""

WORDS = {
    Verdict.HOLDS: ("holds", "hold"),
    Verdict.CORRECTED: ("holds with a correction", "hold with a correction"),
    Verdict.FALSE: ("does not hold", "do not hold"),
    Verdict.UNREPRODUCED: ("not reproduced", "not reproduced"),
    Verdict.NOT_SHOWN: ("not shown", "not shown"),
    Verdict.NOT_TESTED: ("not tested", "not tested"),
}
"""A verdict on one claim, and on several."""


def badge(verdict: Verdict) -> str:
    """Return the verdict's word in its colour, as MyST."""
    return f"[{verdict.value}]{{.rd-verdict .rd-{CLASSES[verdict]}}}"


def counts(verdicts: Iterable[Verdict]) -> dict[Verdict, int]:
    """Return how many came out how, in the order of the verdicts, zeros left out."""
    found = Counter(verdicts)
    return {verdict: found[verdict] for verdict in Verdict if found[verdict]}


def in_words(verdicts: Iterable[Verdict]) -> str:
    """Return the counts as a phrase: ``9 hold, 2 hold with a correction``."""
    return ", ".join(
        f"{number} {WORDS[verdict][number > 1]}"
        for verdict, number in counts(verdicts).items()
    )


def bar(verdicts: Iterable[Verdict]) -> list[str]:
    """Return a bar of the counts for the site, line by line."""
    found = counts(verdicts)
    words = in_words(v for v, number in found.items() for _ in range(number))
    parts = "".join(
        f'<i class="rd-{CLASSES[verdict]}" style="flex-grow:{number}"></i>'
        for verdict, number in found.items()
    )
    return [
        "```{raw} html",
        f'<div class="rd-bar" role="img" aria-label="{words}">{parts}</div>',
        "```",
    ]
