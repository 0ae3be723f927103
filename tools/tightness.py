"""How much wider than what was measured is the criterion of a check?

A ratio of 1 means that the check would fail if the measured value were any worse; 3
that it may become three times worse.  Where zero is the bound, where a difference is
rounding, and where the criterion is made of standard errors, the criterion does not
come from what was measured and there is no ratio.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tools.ledger import StoredCheck

WIDE = 3.0
"""A criterion that is this many times wider than what was measured wants a reason."""
ROUNDING = 1e-9
"""A tolerance of at most so much is for rounding, which differs between machines."""

_NUMBER = r"(-?[0-9.]+(?:e[+-]?[0-9]+)?)"


@dataclass(frozen=True)
class Tightness:
    """How tight one check is.

    Attributes:
        ratio: criterion over what was measured, at least 1; None where there is none.
        why: why there is no ratio, or nothing.
    """

    ratio: float | None
    why: str = ""

    @property
    def wide(self) -> bool:
        """Whether the criterion is so wide that it wants a reason."""
        return self.ratio is not None and self.ratio > WIDE


def tightness(check: StoredCheck) -> Tightness:
    """Return how tight a check is, from its criterion and its measured values.

    Raises:
        ValueError: if the criterion is none of those that a claim prints.
    """
    for pattern, judge in _JUDGES.items():
        found = re.fullmatch(pattern, check.criterion)
        if found:
            return judge([float(one) for one in found.groups()], check.measured)
    raise ValueError(f"claim {check.id}: unknown criterion {check.criterion!r}")


def _close(bounds: list[float], measured: Mapping[str, float]) -> Tightness:
    """|a - b| <= bound."""
    if bounds[0] <= ROUNDING:
        return Tightness(None, "rounding")
    return _ratio(bounds[0], measured["max |difference|"])


def _relative(_bounds: list[float], _measured: Mapping[str, float]) -> Tightness:
    """|a - b| <= bound + share |b|; what |b| was is not stored."""
    return Tightness(None, "relative tolerance")


def _differs(bounds: list[float], measured: Mapping[str, float]) -> Tightness:
    """|a - b| >= bound."""
    return _ratio(measured["max |difference|"], bounds[0])


def _below(bounds: list[float], measured: Mapping[str, float]) -> Tightness:
    """Value < bound."""
    return _one_sided(bounds[0], measured["largest value"], 1)


def _above(bounds: list[float], measured: Mapping[str, float]) -> Tightness:
    """Value > bound."""
    return _one_sided(bounds[0], measured["smallest value"], -1)


def _mean_below(bounds: list[float], measured: Mapping[str, float]) -> Tightness:
    """Mean < bound, with confidence."""
    return _one_sided(bounds[0], measured["mean"], 1)


def _mean_above(bounds: list[float], measured: Mapping[str, float]) -> Tightness:
    """Mean > bound, with confidence."""
    return _one_sided(bounds[0], measured["mean"], -1)


def _between(bounds: list[float], measured: Mapping[str, float]) -> Tightness:
    """Low <= value <= high; the wider side counts."""
    low, high = bounds
    if low <= 0 <= high:
        largest = max(abs(measured["smallest value"]), abs(measured["largest value"]))
        return _ratio(max(-low, high), largest)
    sides = (
        _one_sided(low, measured["smallest value"], -1),
        _one_sided(high, measured["largest value"], 1),
    )
    return max(sides, key=lambda one: one.ratio or 0.0)


def _one_sided(bound: float, value: float, sign: int) -> Tightness:
    """A bound above (sign 1) or below (-1) the value, both on one side of zero."""
    if bound == 0 or value == 0 or (bound > 0) != (value > 0):
        return Tightness(None, "the sign decides")
    wider = sign * (1 if bound > 0 else -1) > 0
    return _ratio(bound, value) if wider else _ratio(value, bound)


def _exact(_bounds: list[float], _measured: Mapping[str, float]) -> Tightness:
    return Tightness(None, "exact")


def _monte_carlo(_bounds: list[float], _measured: Mapping[str, float]) -> Tightness:
    return Tightness(None, "standard errors")


def _ratio(wide: float, narrow: float) -> Tightness:
    """A ratio; nothing measured at all is infinitely narrow."""
    return Tightness(abs(wide / narrow) if narrow else math.inf)


_JUDGES: dict[str, Callable[[list[float], Mapping[str, float]], Tightness]] = {
    rf"max \|difference\| ≤ {_NUMBER}": _close,
    rf"max \|difference\| ≤ {_NUMBER} \+ {_NUMBER}·\|expected\|": _relative,
    rf"max \|difference\| ≥ {_NUMBER}": _differs,
    rf"value < {_NUMBER}": _below,
    rf"value > {_NUMBER}": _above,
    rf"{_NUMBER} ≤ value ≤ {_NUMBER}": _between,
    rf"mean < {_NUMBER} with {_NUMBER} % confidence": _mean_below,
    rf"mean > {_NUMBER} with {_NUMBER} % confidence": _mean_above,
    r"exactly equal": _exact,
    rf"\|mean − expected\| ≤ {_NUMBER} standard errors": _monte_carlo,
}
