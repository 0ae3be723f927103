"""Small exact language models: every probability is a number in a table.

They have the methods of an encoder-decoder, so that the searches run on them, and few
enough titles that all of them can be listed.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from rederived.chapters.titles.trees import Tree
from rederived.chapters.titles.vocabulary import END, SPECIAL


class TableModel:
    """M random models whose next symbol depends on the whole history.

    The "text" of a model is its number plus one, a single symbol.

    Args:
        models: M.
        characters: C; with ``END`` a step has C + 1 choices.
        longest: symbols of the longest title, ``END`` included; the last one is
            always ``END``.
        generator: source of the tables.
        sharpness: standard deviation of the logits that make the tables.

    Attributes:
        tables: for each number of characters before, t, log-probabilities
            ``(M, C ** t, C + 1)``, ``END`` last; histories are numbers in base C.
    """

    def __init__(
        self,
        models: int,
        characters: int,
        longest: int,
        generator: torch.Generator,
        sharpness: float = 1.0,
    ) -> None:
        self.models, self.characters, self.longest = models, characters, longest
        self.tables = [
            (
                sharpness * _normal(models, characters**t, characters + 1, generator)
            ).log_softmax(-1)
            for t in range(longest - 1)
        ]
        last = torch.full((models, characters ** (longest - 1), characters + 1), -99.0)
        last[..., :-1], last[..., -1] = -math.inf, 0.0
        self.tables.append(last.double())

    @property
    def vocabulary(self) -> int:
        """How many symbols there are."""
        return SPECIAL + self.characters

    def texts(self) -> Tensor:
        """Return the texts of all models, ``(M, 1)``."""
        return torch.arange(1, self.models + 1)[:, None]

    def encode(self, text: Tensor) -> Tree:
        """Return the models' numbers."""
        return text[:, 0] - 1

    def start(self, memory: Tree) -> Tree:
        """Return no history: its number, its length, and that nothing was read."""
        zero = torch.zeros_like(memory)
        return zero, zero - 1

    def step(self, symbols: Tensor, state: Tree, memory: Tree) -> tuple[Tensor, Tree]:
        """Look up the table of the history with one more symbol."""
        history, length = state
        is_character = symbols >= SPECIAL
        grown = history * self.characters + symbols - SPECIAL
        history = torch.where(is_character, grown, history)
        length = length + 1
        found = self.tables[min(int(length.max()), self.longest - 1)]
        inside = history.remainder(found.shape[1])
        return _as_symbols(found[memory, inside]), (history, length)

    def decode(self, memory: Tree, inputs: Tensor) -> Tensor:
        """Return log-probabilities after each input, ``(B, M, V)``."""
        state, found = self.start(memory), []
        for symbols in inputs.T:
            log_probs, state = self.step(symbols, state, memory)
            found.append(log_probs)
        return torch.stack(found, 1)

    def all_titles(self) -> tuple[Tensor, list[tuple[int, ...]]]:
        """List every title and its log-probability under each model.

        Returns:
            Log-probabilities ``(M, S)``, and the S titles.
        """
        opened = torch.zeros(self.models, 1, dtype=torch.float64)
        names: list[tuple[int, ...]] = [()]
        totals, titles = [], []
        for table in self.tables:
            totals.append(opened + table[:, :, -1])
            titles += names
            opened = (opened[:, :, None] + table[:, :, :-1]).flatten(1)
            numbers = range(SPECIAL, SPECIAL + self.characters)
            names = [(*name, number) for name in names for number in numbers]
        return torch.cat(totals, 1), titles


class MarkovModel(TableModel):
    """M random models whose next symbol depends on the last one only.

    Attributes:
        first: log-probabilities of the first symbol ``(M, C + 1)``, ``END`` last.
        following: log-probabilities after each character ``(M, C, C + 1)``.
    """

    def __init__(
        self, models: int, characters: int, longest: int, generator: torch.Generator
    ) -> None:
        super().__init__(models, characters, longest, generator)
        self.first = _normal(models, characters + 1, 1, generator)[..., 0]
        self.first = self.first.log_softmax(-1)
        self.following = _normal(models, characters, characters + 1, generator)
        self.following = self.following.log_softmax(-1)
        self.tables[0] = self.first[:, None]
        for t in range(1, longest - 1):
            self.tables[t] = self.following.repeat(1, characters ** (t - 1), 1)

    def viterbi(self) -> Tensor:
        """Return the log-probability of each model's likeliest title, ``(M,)``.

        Dynamic programming: the best way to each character is enough, since what
        follows depends on nothing else.
        """
        reached, best = self.first[:, :-1], self.first[:, -1]
        for length in range(1, self.longest):
            last = length == self.longest - 1
            ends = torch.zeros(()) if last else self.following[:, :, -1]
            best = torch.maximum(best, (reached + ends).amax(1))
            reached = (reached[:, :, None] + self.following[:, :, :-1]).amax(1)
        return best


def two_steps() -> TableModel:
    """Return a model on which greedy search takes the worse of two titles.

    The first character has 0.6 for the one and 0.4 for the other; the best second
    one has 0.5 after the first and 0.9 after the other.
    """
    model = TableModel(1, 2, 3, torch.Generator().manual_seed(0))
    tables = ([[0.6, 0.4, 0.0]], [[0.5, 0.5, 0.0], [0.9, 0.1, 0.0]])
    for t, table in enumerate(tables):
        model.tables[t] = torch.tensor([table], dtype=torch.float64).log()
    return model


def _normal(a: int, b: int, c: int, generator: torch.Generator) -> Tensor:
    return torch.randn(a, b, c, dtype=torch.float64, generator=generator)


def _as_symbols(log_probs: Tensor) -> Tensor:
    """Bring ``(B, C + 1)``, ``END`` last, to symbols ``(B, V)``."""
    rows, choices = log_probs.shape
    full = log_probs.new_full((rows, SPECIAL + choices - 1), -math.inf)
    full[:, END], full[:, SPECIAL:] = log_probs[:, -1], log_probs[:, :-1]
    return full
