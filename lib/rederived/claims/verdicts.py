"""What a passing check means, and what the checks of one claim say together."""

from collections.abc import Iterable
from enum import Enum


class Evidence(str, Enum):
    """What it means for the article's statement that a check passes."""

    SUPPORTS = "supports"
    REFUTES = "refutes as printed"
    CORRECTS = "supports the correction"
    UNREPRODUCED = "not reproduced"
    UNDECIDED = "not shown"

    @property
    def mark(self) -> str:
        """The sign before the check's line; a tick stands for support alone."""
        return _MARKS[self]


_MARKS = {
    Evidence.SUPPORTS: "✓",
    Evidence.REFUTES: "✗",
    Evidence.CORRECTS: "△",
    Evidence.UNREPRODUCED: "○",
    Evidence.UNDECIDED: "?",
}


class Verdict(str, Enum):
    """What the checks of one claim say together.

    ``HOLDS``: as the source states it.  ``CORRECTED``: a corrected statement holds, the
    printed one fails.  ``FALSE``: the printed statement fails.  ``UNREPRODUCED``: what
    the source ran was run, and its effect did not come.  ``NOT_SHOWN``: our evidence
    cannot tell.  ``NOT_TESTED``: there is no check.
    """

    HOLDS = "holds"
    CORRECTED = "holds with correction"
    FALSE = "does not hold"
    UNREPRODUCED = "not reproduced"
    NOT_SHOWN = "not shown"
    NOT_TESTED = "not tested"


def verdict(kinds: Iterable[Evidence | str]) -> Verdict:
    """The verdict on a claim from the kinds of all its checks.

    No check leaves the claim untested.  Any unreproduced check decides, then any
    undecided one; then any correction, or support together with refutation; then
    refutation alone; support alone leaves the claim as it stands.

    Raises:
        ValueError: if a kind is unknown.
    """
    found = {Evidence(kind) for kind in kinds}
    if not found:
        return Verdict.NOT_TESTED
    if Evidence.UNREPRODUCED in found:
        return Verdict.UNREPRODUCED
    if Evidence.UNDECIDED in found:
        return Verdict.NOT_SHOWN
    if found == {Evidence.SUPPORTS}:
        return Verdict.HOLDS
    if found == {Evidence.REFUTES}:
        return Verdict.FALSE
    return Verdict.CORRECTED
