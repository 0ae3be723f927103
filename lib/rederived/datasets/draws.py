"""Random choices among Python objects, each draw from one torch generator."""

from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import Generator

from rederived.datasets.title_words import GIVEN_NAMES, SURNAMES

_T = TypeVar("_T")


class Draws:
    """Draws numbers, items and names."""

    def __init__(self, generator: Generator) -> None:
        self.generator = generator
        self.pool: list[float] = []

    def uniform(self) -> float:
        """Return a number in [0, 1); torch is asked for 4,096 at a time, for speed."""
        if not self.pool:
            self.pool = torch.rand(4096, generator=self.generator).tolist()
        return self.pool.pop()

    def number(self, low: int, high: int) -> int:
        """Return a whole number, low <= number <= high."""
        return low + int(self.uniform() * (high - low + 1))

    def one(self, items: Sequence[_T]) -> _T:
        """Return one of ``items``."""
        return items[self.number(0, len(items) - 1)]

    def two(self, items: Sequence[_T]) -> tuple[_T, _T]:
        """Return two different ones of ``items``."""
        first = self.number(0, len(items) - 1)
        step = self.number(1, len(items) - 1)
        return items[first], items[(first + step) % len(items)]

    def some(self, items: Sequence[_T], count: int) -> list[_T]:
        """Return ``count`` different ones of ``items`` in random order."""
        left = list(items)
        return [left.pop(self.number(0, len(left) - 1)) for _ in range(count)]

    def person(self) -> str:
        """Return an invented full name."""
        return self.one(SURNAMES) + self.one(GIVEN_NAMES)

    def people(self, count: int) -> list[str]:
        """Return ``count`` names with different surnames."""
        surnames = self.some(SURNAMES, count)
        return [surname + self.one(GIVEN_NAMES) for surname in surnames]
