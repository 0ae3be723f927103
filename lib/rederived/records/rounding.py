"""Numbers for tables, with as many digits as their spread allows."""

from __future__ import annotations

import math

SIGNIFICANT = 3
"""Digits of a number whose spread is unknown."""
_ROUNDING = 1e-12  # of the mean: seeds that differ by less agree


def rounded(mean: float, sd: float) -> str:
    """Return a mean and its standard deviation for a table.

    The deviation has one significant digit, or two if that is a 1, and the mean as many
    decimals.  Without a deviation the mean has :data:`SIGNIFICANT` digits; digits
    before the point are never rounded away.

    Args:
        mean: over the seeds.
        sd: the standard deviation; 0 for one seed, and as good as 0 for seeds that
            agree but for rounding.

    Raises:
        ValueError: if the deviation is negative, NaN or infinite.

    >>> rounded(2013.467, 1.11), rounded(61.79, 0.497), rounded(-0.01234, 0)
    ('2013.5 ± 1.1', '61.8 ± 0.5', '−0.0123')
    >>> rounded(19160000.0, 0), rounded(12345.6, 234.0), rounded(0.0, 0.0)
    ('19,160,000', '12,346 ± 234', '0')
    >>> rounded(7.600902459542084, 5e-16)
    '7.60'
    """
    if not 0 <= sd < math.inf:
        raise ValueError(f"a standard deviation is finite and at least 0, got {sd}")
    if sd == 0 or sd <= _ROUNDING * abs(mean):
        most = _decimals(mean, SIGNIFICANT)
        exact = (d for d in range(most) if round(mean, d) == mean)
        return _text(mean, next(exact, most))
    leading, _, exponent = f"{sd:.0e}".partition("e")
    decimals = max(0, (leading == "1") - int(exponent))
    return f"{_text(mean, decimals)} ± {_text(sd, decimals)}"


def _decimals(value: float, significant: int) -> int:
    """Return how many decimals show so many significant digits of a value."""
    if value == 0 or not math.isfinite(value):
        return 0
    exponent = int(f"{abs(value):.{significant - 1}e}".partition("e")[2])
    return max(0, significant - 1 - exponent)


def _text(value: float, decimals: int) -> str:
    """Return a number with a true minus, and commas if it is long."""
    grouped = "," if abs(value) >= 10_000 else ""
    return f"{value:{grouped}.{decimals}f}".replace("-", "−")
