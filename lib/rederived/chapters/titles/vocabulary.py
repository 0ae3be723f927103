"""Characters as numbers: the vocabulary of a model, and padded batches of texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

PAD, UNK, START, END = range(4)
"""The special tokens: no token at all, an unknown character, and the two ends."""
SPECIAL = 4
"""How many tokens are special; characters are numbered from here."""


@dataclass(frozen=True)
class Vocabulary:
    """The characters that a model knows.

    Padding and unknown characters are two things: padding is no token and counts
    nowhere, while an unknown character takes its place in the text.

    Attributes:
        characters: distinct single characters; the i-th has the number ``4 + i``.

    >>> vocabulary = Vocabulary.build(["上海上海", "北"], min_count=2)
    >>> vocabulary.encode("上北")
    [4, 1]
    >>> vocabulary.titles(["上海", "海"], limit=9)
    tensor([[2, 4, 5, 3],
            [2, 5, 3, 0]])
    """

    characters: tuple[str, ...]

    def __post_init__(self) -> None:
        wrong = [c for c in self.characters if len(c) != 1]
        if wrong or len(set(self.characters)) != len(self.characters):
            raise ValueError(
                "a vocabulary has distinct single characters, got "
                f"{wrong or 'one of them twice'}"
            )

    def __len__(self) -> int:
        return SPECIAL + len(self.characters)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Character to number."""
        return {c: SPECIAL + i for i, c in enumerate(self.characters)}

    @classmethod
    def build(cls, texts: Iterable[str], min_count: int = 1) -> Vocabulary:
        """Collect the characters that occur ``min_count`` times or more, common first.

        Args:
            texts: the training texts and titles, and no others.
            min_count: how often a character must occur.
        """
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(text)
        kept = [c for c, n in counts.items() if n >= min_count]
        return cls(tuple(sorted(kept, key=lambda c: (-counts[c], c))))

    def encode(self, text: str) -> list[int]:
        """Return the numbers of a text's characters, ``UNK`` for unknown ones."""
        return [self.numbers.get(c, UNK) for c in text]

    def decode(self, tokens: Iterable[int]) -> str:
        """Return the characters of some numbers; special tokens are left out."""
        return "".join(self.characters[n - SPECIAL] for n in tokens if n >= SPECIAL)

    def texts(self, texts: Sequence[str], limit: int) -> Tensor:
        """Return texts as a padded batch.

        Args:
            texts: B of them.
            limit: characters kept of each, its first ones.

        Returns:
            int64 ``(B, N)``, N the longest length.
        """
        _refuse_limit(limit)
        return padded([self.encode(text[:limit]) for text in texts])

    def titles(self, titles: Sequence[str], limit: int) -> Tensor:
        """Return titles between ``START`` and ``END`` as a padded batch.

        Args:
            titles: B of them.
            limit: characters kept of each, its first ones.

        Returns:
            int64 ``(B, M + 2)``, M the longest length.
        """
        _refuse_limit(limit)
        return padded([[START, *self.encode(t[:limit]), END] for t in titles])


def _refuse_limit(limit: int) -> None:
    if limit < 1:
        raise ValueError(f"limit must be at least 1 character, got {limit}")


def padded(rows: Sequence[Sequence[int]]) -> Tensor:
    """Return rows of numbers as int64 ``(B, N)``, filled up with ``PAD``.

    Raises:
        ValueError: if there is no row, or an empty one: a text has a character.
    """
    if not rows or any(not row for row in rows):
        raise ValueError("a batch needs at least one text, and each a character")
    width = max(map(len, rows))
    filled = [[*row, *[PAD] * (width - len(row))] for row in rows]
    return torch.tensor(filled, dtype=torch.int64)


def trimmed(tokens: Tensor) -> Tensor:
    """Cut off the columns of ``(B, N)`` that hold nothing but padding."""
    used = (tokens != PAD).any(0).nonzero()
    return tokens[:, : int(used[-1]) + 1 if len(used) else 1]
