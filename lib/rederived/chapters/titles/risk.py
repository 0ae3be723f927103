"""The title that is most like the others that a model would write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rederived.chapters.titles.overlap import rouge


def least_risk(drawn: Sequence[str]) -> str:
    """Return the drawn title with the highest mean ROUGE-L against all drawn ones.

    Minimum Bayes risk with the samples as candidates and as evidence (Eikema and Aziz,
    arXiv:2005.10283); of equals the first drawn.

    Args:
        drawn: titles drawn from a model for one text.

    Raises:
        ValueError: if there is none.

    >>> least_risk(["ab", "abcd", "abcx"])
    'abcd'
    """
    if not drawn:
        raise ValueError("the risk needs at least one drawn title")
    counts = Counter(drawn)  # in the order in which they were drawn first

    def likeness(name: str) -> float:
        return sum(n * rouge(name, other).longest for other, n in counts.items())

    return max(counts, key=likeness)
