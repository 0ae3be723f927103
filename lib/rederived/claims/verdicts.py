"""What a passing check means, and what the checks of one claim say together."""

from collections.abc import Iterable
from enum import Enum


class Evidence(str, Enum):
    """What it means for the article's statement that a check passes."""

    SUPPORTS = "supports"
    REFUTES = "refutes as printed"
    CORRECTS = "supports the correction"
    UNREPRODUCED = "not reproduced"


class Verdict(str, Enum):
    """What the checks of one claim say together."""

    HOLDS = "holds"
    CORRECTED = "holds with correction"
    FALSE = "does not hold"
    UNREPRODUCED = "not reproduced"


def verdict(kinds: Iterable[Evidence | str]) -> Verdict:
    """The verdict on a claim from the kinds of all its checks.

    Any unreproduced check decides; then any correction, or support together with
    refutation; then refutation alone; support alone leaves the claim as it stands.

    Raises:
        ValueError: if there is no check, or a kind is unknown.
    """
    found = {Evidence(kind) for kind in kinds}
    if not found:
        raise ValueError("a claim without a check has no verdict; add a check")
    if Evidence.UNREPRODUCED in found:
        return Verdict.UNREPRODUCED
    if found == {Evidence.SUPPORTS}:
        return Verdict.HOLDS
    if found == {Evidence.REFUTES}:
        return Verdict.FALSE
    return Verdict.CORRECTED
