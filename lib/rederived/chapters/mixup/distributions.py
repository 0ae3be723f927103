"""The distribution of what SamplePairing trains on, by counting, in two ways."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from torch import Tensor

from rederived.chapters.mixup.exact import all_pairs
from rederived.chapters.mixup.transforms import pair

Distribution = dict[tuple[tuple[float, ...], int], Fraction]
"""(average of two inputs, label) -> probability, exact."""


def pairing_distribution(x: Tensor, labels: Tensor) -> Distribution:
    """Return the distribution of (average, label of the first) over all ordered pairs.

    Args:
        x: inputs ``(n, D)``.
        labels: int64 ``(n,)``.
    """
    first, second = all_pairs(len(x))
    return _counted(x, labels, first, second, first)


def coin_distribution(x: Tensor, labels: Tensor) -> Distribution:
    """Return the distribution of (average, label drawn from the two by a fair coin).

    Arguments as in :func:`pairing_distribution`.
    """
    first, second = all_pairs(len(x))
    heads = _counted(x, labels, first, second, first)
    tails = _counted(x, labels, first, second, second)
    return {
        case: (heads.get(case, Fraction(0)) + tails.get(case, Fraction(0))) / 2
        for case in heads.keys() | tails.keys()
    }


def _counted(
    x: Tensor, labels: Tensor, first: Tensor, second: Tensor, chosen: Tensor
) -> Distribution:
    """Count the averages of pairs with the labels of the chosen ones."""
    swapped = second * len(x) + first  # where the pair stands the other way round
    averages, _ = pair(x[first], labels[first], swapped)
    averages = (averages + averages[swapped]) / 2  # rounded alike both ways round
    cases = zip(map(tuple, averages.tolist()), labels[chosen].tolist(), strict=True)
    return {
        case: Fraction(number, len(first)) for case, number in Counter(cases).items()
    }
