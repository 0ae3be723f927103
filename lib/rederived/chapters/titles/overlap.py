"""How much two texts share: ROUGE by characters, coverage, common parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Rouge:
    """ROUGE by characters: the harmonic means of recall and precision.

    Lin 2004, with one reference and equal weights (F1), in [0, 1].

    Attributes:
        one: of single characters.
        two: of pairs of neighbours.
        longest: of the longest common subsequence.

    >>> rouge("aab", "ab")
    Rouge(one=0.8, two=0.6666666666666666, longest=0.8)
    """

    one: float
    two: float
    longest: float


def rouge(candidate: str, reference: str) -> Rouge:
    """Compare a title with the true one; 0 where there is nothing to compare.

    Args:
        candidate: the title that was written.
        reference: the true title.
    """
    return Rouge(
        _grams(candidate, reference, 1),
        _grams(candidate, reference, 2),
        _f1(common_subsequence(candidate, reference), len(candidate), len(reference)),
    )


def mean_rouge(candidates: Sequence[str], references: Sequence[str]) -> Rouge:
    """Return the mean of each measure over pairs.

    Raises:
        ValueError: if there is no pair, or the numbers differ.
    """
    pairs = list(zip(candidates, references, strict=True))
    if not pairs:
        raise ValueError("there are no titles to compare")
    found = [rouge(*pair) for pair in pairs]
    n = len(found)
    return Rouge(
        sum(r.one for r in found) / n,
        sum(r.two for r in found) / n,
        sum(r.longest for r in found) / n,
    )


def coverage(title: str, text: str) -> float:
    """Return the share of a title's characters that occur in the text.

    Raises:
        ValueError: if the title is empty.
    """
    if not title:
        raise ValueError("an empty title has no coverage")
    known = set(text)
    return sum(character in known for character in title) / len(title)


def common_subsequence(a: Sequence[object], b: Sequence[object]) -> int:
    """Return the length of the longest common subsequence; gaps are allowed."""
    row = [0] * (len(b) + 1)
    for x in a:
        diagonal = 0
        for j, y in enumerate(b, start=1):
            above = row[j]
            row[j] = diagonal + 1 if x == y else max(above, row[j - 1])
            diagonal = above
    return row[-1]


def common_substring(a: str, b: str) -> int:
    """Return the length of the longest common substring; no gaps."""
    best, row = 0, [0] * (len(b) + 1)
    for x in a:
        for j in range(len(b), 0, -1):
            row[j] = row[j - 1] + 1 if x == b[j - 1] else 0
        best = max(best, *row)
    return best


def _grams(candidate: str, reference: str, n: int) -> float:
    """Return F1 of the n-grams, each counted at most as often as in the other."""
    ours, theirs = (
        Counter(text[i : i + n] for i in range(len(text) - n + 1))
        for text in (candidate, reference)
    )
    return _f1((ours & theirs).total(), ours.total(), theirs.total())


def _f1(common: int, ours: int, theirs: int) -> float:
    """Return 2 common / (ours + theirs), the harmonic mean of the two shares."""
    return 2.0 * common / (ours + theirs) if common else 0.0
