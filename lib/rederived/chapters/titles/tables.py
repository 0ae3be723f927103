"""Small exact language models: every probability is a number in a table.

They have the methods of an encoder-decoder, so that the searches run on them, and few
enough titles that all of them can be listed.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from rederived.chapters.titles.encoder_decoder import Nested
from rederived.chapters.titles.vocabulary import END, SPECIAL


class TableModel:
    """M random models whose next token depends on the whole history.

    The "text" of a model is its number plus one, a single token.

    Args:
        models: M.
        characters: C; with ``END`` a step has C + 1 choices.
        max_length: tokens of the longest title, ``END`` included; the last one is
            always ``END``.
        generator: source of the tables.
        sharpness: standard deviation of the logits that make the tables.

    Attributes:
        tables: for each number of characters before, t, log-probabilities
            ``(M, C ** t, C + 1)``, ``END`` last; histories are numbers in base C.

    >>> model = TableModel(2, 3, 4, torch.Generator().manual_seed(0))
    >>> log_probs, titles = model.all_titles()
    >>> len(titles), titles[:3]
    (40, [(), (4,), (5,)])
    >>> log_probs.exp().sum(1)
    tensor([1., 1.], dtype=torch.float64)
    """

    def __init__(
        self,
        models: int,
        characters: int,
        max_length: int,
        generator: torch.Generator,
        sharpness: float = 1.0,
    ) -> None:
        self.models, self.characters, self.max_length = models, characters, max_length
        self.tables = [
            (
                sharpness
                * _draw_normal(models, characters**t, characters + 1, generator)
            ).log_softmax(-1)
            for t in range(max_length - 1)
        ]
        last = torch.full(
            (models, characters ** (max_length - 1), characters + 1), -99.0
        )
        last[..., :-1], last[..., -1] = -math.inf, 0.0
        self.tables.append(last.double())

    @property
    def vocabulary(self) -> int:
        """How many tokens there are."""
        return SPECIAL + self.characters

    def texts(self) -> Tensor:
        """Return the texts of all models, ``(M, 1)``."""
        return torch.arange(1, self.models + 1)[:, None]

    def encode(self, text: Tensor) -> Nested:
        """Return the models' numbers."""
        return text[:, 0] - 1

    def start(self, memory: Nested) -> Nested:
        """Return no history: its number, its length, and that nothing was read."""
        zero = torch.zeros_like(memory)
        return zero, zero - 1

    def step(
        self, tokens: Tensor, state: Nested, memory: Nested
    ) -> tuple[Tensor, Nested]:
        """Look up the table of the history with one more token."""
        history, length = state
        is_character = tokens >= SPECIAL
        grown = history * self.characters + tokens - SPECIAL
        history = torch.where(is_character, grown, history)
        length = length + 1
        found = self.tables[min(int(length.max()), self.max_length - 1)]
        inside = history.remainder(found.shape[1])
        return _as_tokens(found[memory, inside]), (history, length)

    def decode(self, memory: Nested, inputs: Tensor) -> Tensor:
        """Return log-probabilities after each input, ``(B, M, V)``."""
        state, found = self.start(memory), []
        for tokens in inputs.T:
            log_probs, state = self.step(tokens, state, memory)
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
    """M random models whose next token depends on the last one only.

    Attributes:
        first: log-probabilities of the first token ``(M, C + 1)``, ``END`` last.
        following: log-probabilities after each character ``(M, C, C + 1)``.

    >>> model = MarkovModel(1, 3, 4, torch.Generator().manual_seed(0))
    >>> model.viterbi() == model.all_titles()[0].amax(1)
    tensor([True])
    """

    def __init__(
        self, models: int, characters: int, max_length: int, generator: torch.Generator
    ) -> None:
        super().__init__(models, characters, max_length, generator)
        self.first = _draw_normal(models, characters + 1, 1, generator)[..., 0]
        self.first = self.first.log_softmax(-1)
        self.following = _draw_normal(models, characters, characters + 1, generator)
        self.following = self.following.log_softmax(-1)
        if max_length == 1:  # nothing but END
            self.first = self.tables[0][:, 0]
        self.tables[0] = self.first[:, None]
        for t in range(1, max_length - 1):
            self.tables[t] = self.following.repeat(1, characters ** (t - 1), 1)

    def viterbi(self) -> Tensor:
        """Return the log-probability of each model's likeliest title, ``(M,)``.

        Dynamic programming: the best way to each character is enough, since what
        follows depends on nothing else.
        """
        reached, best = self.first[:, :-1], self.first[:, -1]
        for length in range(1, self.max_length):
            last = length == self.max_length - 1
            ends = torch.zeros(()) if last else self.following[:, :, -1]
            best = torch.maximum(best, (reached + ends).amax(1))
            reached = (reached[:, :, None] + self.following[:, :, :-1]).amax(1)
        return best


def _draw_normal(a: int, b: int, c: int, generator: torch.Generator) -> Tensor:
    return torch.randn(a, b, c, dtype=torch.float64, generator=generator)


def _as_tokens(log_probs: Tensor) -> Tensor:
    """Bring ``(B, C + 1)``, ``END`` last, to tokens ``(B, V)``."""
    rows, choices = log_probs.shape
    full = log_probs.new_full((rows, SPECIAL + choices - 1), -math.inf)
    full[:, END], full[:, SPECIAL:] = log_probs[:, -1], log_probs[:, :-1]
    return full
