"""The article's model: LSTM encoder and decoder, attention, prior knowledge.

The article-time code (1 September 2018) lets the decoder see the encoder only after
its recurrence; the later one conditions the decoder's layer norms on the encoder.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rederived.chapters.titles.attention import (
    Additive,
    Keys,
    MultiHead,
    Multiplicative,
)
from rederived.chapters.titles.prior import PriorKnowledge, present
from rederived.chapters.titles.trees import Tree
from rederived.chapters.titles.vocabulary import PAD

Lookup = Literal["none", "additive", "multiplicative", "heads"]


@dataclass(frozen=True)
class RecurrentConfig:
    """What a recurrent model is made of.

    Attributes:
        vocabulary: how many symbols, V.
        width: size of embeddings and of the two-directional encodings.
        hidden: units of the dense layer before the logits.
        attention: how the decoder looks at positions of the text, if at all.
        divisor: what multiplicative scores are divided by; None: root of the width.
        prior: whether the logits are averaged with the prior knowledge.
        packed: whether the encoder knows the lengths; else it reads padding too.
        conditioned: whether layer norms put the encoder's summary before, between
            and after the decoder's LSTMs; else the decoder is a language model.
        shared: whether encoder and decoder have one embedding.
    """

    vocabulary: int
    width: int = 128
    hidden: int = 512
    attention: Lookup = "multiplicative"
    divisor: float | None = None
    prior: bool = True
    packed: bool = True
    conditioned: bool = False
    shared: bool = True


def article(vocabulary: int) -> RecurrentConfig:
    """Return the model of the article-time code: 676,352 + 643 V parameters."""
    return RecurrentConfig(vocabulary, divisor=10.0, packed=False)


def later(vocabulary: int) -> RecurrentConfig:
    """Return the model of the author's 2019 code, as near as it matters."""
    return RecurrentConfig(vocabulary, hidden=128, attention="heads", conditioned=True)


class Memory(NamedTuple):
    """What the decoder may know of a text.

    Attributes:
        summary: ``(B, D)``, the largest encoding at any position, by coordinate.
        text: keys for attention, or None.
        prior: ``(B, V)``, logits of the prior knowledge, or None.
    """

    summary: Tensor
    text: Keys | None
    prior: Tensor | None


class Encoder(nn.Module):
    """Two bidirectional LSTM layers.

    Args:
        width: size of input and output; each direction has half of it.
        packed: whether lengths are respected; else the backward direction reads the
            padding first, and every encoding depends on how much there is.
        normed: whether a layer norm stands before each layer.
    """

    def __init__(self, width: int, *, packed: bool, normed: bool) -> None:
        super().__init__()
        self.packed = packed
        self.layers = nn.ModuleList(
            nn.LSTM(width, width // 2, batch_first=True, bidirectional=True)
            for _ in range(2)
        )
        self.norms = nn.ModuleList(
            nn.LayerNorm(width) if normed else nn.Identity() for _ in range(2)
        )

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return encodings ``(B, N, width)`` of embeddings ``(B, N, width)``.

        Args:
            x: the embeddings.
            lengths: int64 ``(B,)``, each at least 1; used if packed.
        """
        for norm, layer in zip(self.norms, self.layers, strict=True):
            x = norm(x)
            if not self.packed:
                x, _ = layer(x)
                continue
            rows = pack_padded_sequence(
                x, lengths.cpu(), batch_first=True, enforce_sorted=False
            )
            x, _ = pad_packed_sequence(
                layer(rows)[0], batch_first=True, total_length=x.shape[1]
            )
        return x


class ConditionedNorm(nn.Module):
    """A layer norm whose scale and shift are functions of the text's summary.

    Args:
        width: size of what is normed and of the summary.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.scale, self.shift = (
            nn.Sequential(
                nn.Linear(width, width // 4), nn.ReLU(), nn.Linear(width // 4, width)
            )
            for _ in range(2)
        )

    def forward(self, x: Tensor, summary: Tensor) -> Tensor:
        """Return ``(B, M, width)``; summary ``(B, width)``."""
        scale, shift = self.scale(summary), self.shift(summary)
        normed: Tensor = self.norm(x) * (1.0 + scale[:, None]) + shift[:, None]
        return normed


class RecurrentModel(nn.Module):
    """An LSTM encoder-decoder from texts to titles.

    Args:
        config: what it is made of.
    """

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.of_title = nn.Embedding(config.vocabulary, width)
        self.apart = None if config.shared else nn.Embedding(config.vocabulary, width)
        self.encoder = Encoder(width, packed=config.packed, normed=config.conditioned)
        self.layers = nn.ModuleList(
            nn.LSTM(width, width, batch_first=True) for _ in range(2)
        )
        self.norms = nn.ModuleList(
            ConditionedNorm(width) for _ in range(3 if config.conditioned else 0)
        )
        self.attention = _attention(config)
        parts = 2 if self.attention is None else 3
        self.dense = nn.Linear(parts * width, config.hidden)
        self.out = nn.Linear(config.hidden, config.vocabulary)
        self.prior = PriorKnowledge(config.vocabulary) if config.prior else None

    @property
    def of_text(self) -> nn.Embedding:
        """The embedding of texts: that of titles, if they share one."""
        return self.of_title if self.apart is None else self.apart

    def encode(self, text: Tensor) -> Memory:
        """Read texts, int64 ``(B, N)``, once.

        Raises:
            ValueError: if a text is empty.
        """
        mask = text != PAD
        lengths = mask.sum(1)
        if int(lengths.min()) < 1:
            raise ValueError("a text without a symbol cannot be encoded: leave it out")
        values = self.encoder(self.of_text(text), lengths)
        hidden = values.masked_fill(~mask[..., None], -math.inf)
        keys = None if self.attention is None else self.attention.prepare(values, mask)
        prior = None
        if self.prior is not None:
            prior = self.prior.logits(present(text, self.config.vocabulary))
        return Memory(hidden.amax(1), keys, prior)

    def start(self, memory: Memory) -> Tree:
        """Return the decoder's state before the first symbol: zeros."""
        zero = memory.summary.new_zeros(len(memory.summary), self.config.width)
        return ((zero, zero), (zero, zero))

    def step(self, symbols: Tensor, state: Tree, memory: Memory) -> tuple[Tensor, Tree]:
        """Read one more symbol.

        Args:
            symbols: int64 ``(B,)``.
            state: of :meth:`start` or the step before.
            memory: of :meth:`encode`.

        Returns:
            Log-probabilities of the next symbol ``(B, V)``, and the new state.
        """
        y, state = self._recur(self.of_title(symbols)[:, None], state, memory)
        return self._logits(y, memory)[:, 0].log_softmax(-1), state

    def decode(self, memory: Memory, inputs: Tensor) -> Tensor:
        """Return logits ``(B, M, V)`` after each of the inputs, int64 ``(B, M)``."""
        return self._logits(self._states(memory, inputs), memory)

    def forward(self, text: Tensor, inputs: Tensor) -> Tensor:
        """Return logits ``(B, M, V)`` for texts ``(B, N)`` and inputs ``(B, M)``."""
        return self.decode(self.encode(text), inputs)

    def attended(self, text: Tensor, inputs: Tensor) -> Tensor:
        """Return the attention weights ``(B, M, N)`` after each input.

        Raises:
            ValueError: if the model has no single-headed attention.
        """
        memory = self.encode(text)
        if memory.text is None or isinstance(self.attention, MultiHead):
            raise ValueError("this model has no single map of attention to show")
        assert self.attention is not None
        weights: Tensor = self.attention.weights(
            self._states(memory, inputs), memory.text
        )
        return weights

    def _states(self, memory: Memory, inputs: Tensor) -> Tensor:
        """Return the decoder's outputs ``(B, M, width)``."""
        return self._recur(self.of_title(inputs), self.start(memory), memory)[0]

    def _recur(self, y: Tensor, state: Tree, memory: Memory) -> tuple[Tensor, Tree]:
        """Run the decoder's layers over ``(B, M, width)``."""
        after = []
        for index, (layer, (h, c)) in enumerate(zip(self.layers, state, strict=True)):
            if self.norms:
                y = self.norms[index](y, memory.summary)
            y, (hidden, cell) = layer(y, (h[None], c[None]))
            after.append((hidden[0], cell[0]))
        if self.norms:
            y = self.norms[2](y, memory.summary)
        return y, tuple(after)

    def _logits(self, y: Tensor, memory: Memory) -> Tensor:
        """Mix the decoder's output with the text and classify; the interaction."""
        parts = [y, memory.summary[:, None].expand(-1, y.shape[1], -1)]
        if self.attention is not None:
            parts.insert(0, self.attention(y, memory.text))
        logits: Tensor = self.out(self.dense(torch.cat(parts, -1)).relu())
        if self.prior is not None:
            assert memory.prior is not None
            logits = self.prior(logits, memory.prior[:, None])
        return logits


def _attention(config: RecurrentConfig) -> Multiplicative | Additive | MultiHead | None:
    """Return the attention that a config asks for."""
    width = config.width
    if config.attention == "multiplicative":
        return Multiplicative(width, width, config.divisor)
    if config.attention == "additive":
        return Additive(width, width, width)
    return MultiHead(width, 8) if config.attention == "heads" else None
