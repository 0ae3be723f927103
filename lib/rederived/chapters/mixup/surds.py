"""Exact numbers ``a + b sqrt(2)``, ``a`` and ``b`` rational: the field Q(sqrt 2)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

Rational = int | Fraction


@dataclass(frozen=True)
class Surd:
    """The number ``rational + root * sqrt(2)``; sums and products are exact.

    Attributes:
        rational: the part without the root.
        root: the factor of the root.
    """

    rational: Fraction
    root: Fraction = Fraction(0)

    def __add__(self, other: Surd | Rational) -> Surd:
        value = _surd(other)
        return Surd(self.rational + value.rational, self.root + value.root)

    __radd__ = __add__

    def __neg__(self) -> Surd:
        return Surd(-self.rational, -self.root)

    def __sub__(self, other: Surd | Rational) -> Surd:
        return self + -_surd(other)

    def __rsub__(self, other: Rational) -> Surd:
        return _surd(other) - self

    def __mul__(self, other: Surd | Rational) -> Surd:
        value = _surd(other)
        return Surd(
            self.rational * value.rational + 2 * self.root * value.root,
            self.rational * value.root + self.root * value.rational,
        )

    __rmul__ = __mul__

    def __float__(self) -> float:
        return float(self.rational) + float(self.root) * math.sqrt(2.0)


def rational_part(number: Surd) -> Surd:
    """Return ``a`` of ``a + b sqrt(2)``: additive, linear over Q, and not over R."""
    return Surd(number.rational)


def _surd(number: Surd | Rational) -> Surd:
    """Return a rational number as one of these."""
    return number if isinstance(number, Surd) else Surd(Fraction(number))
