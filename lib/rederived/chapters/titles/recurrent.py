"""The article's model: LSTM encoder and decoder, attention, prior knowledge.

As in the article's code (1 September 2018) the decoder sees the encoder only after its
recurrence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from rederived.chapters.titles.attention import KeyValues, MultiplicativeAttention
from rederived.chapters.titles.encoder_decoder import Nested
from rederived.chapters.titles.prior import PriorKnowledge, source_indicator
from rederived.chapters.titles.vocabulary import PAD


@dataclass(frozen=True)
class RecurrentConfig:
    """What a recurrent model is made of.

    Attributes:
        vocabulary: how many tokens, V.
        width: size of embeddings and of the two-directional encodings.
        hidden: units of the dense layer before the logits.
        attention: how the decoder looks at positions of the text, if at all.
        divisor: what attention scores are divided by; None: root of the width.
        prior: whether the logits are averaged with the prior knowledge.
        halved: whether they are halved, as that average does, without the knowledge.
        knows_lengths: whether the encoder does; else it reads padding too.
        shared: whether encoder and decoder have one embedding.
    """

    vocabulary: int
    width: int = 128
    hidden: int = 512
    attention: Literal["none", "multiplicative"] = "multiplicative"
    divisor: float | None = None
    prior: bool = True
    knows_lengths: bool = True
    shared: bool = True
    halved: bool = False

    def __post_init__(self) -> None:
        """Refuse to halve twice, and attention of another kind."""
        if self.attention not in ("none", "multiplicative"):
            raise ValueError(
                f"attention must be none or multiplicative, got {self.attention!r}"
            )
        if self.prior and self.halved:
            raise ValueError("prior halves the logits already: set prior or halved")


def article_config(vocabulary: int) -> RecurrentConfig:
    """Return the model of the article's code: 676,352 + 643 V parameters."""
    return RecurrentConfig(vocabulary, divisor=10.0, knows_lengths=False)


class RecurrentMemory(NamedTuple):
    """What the decoder may know of a text.

    Attributes:
        summary: ``(B, D)``, the largest encoding at any position, by coordinate.
        text: keys and values for attention, or None.
        prior: ``(B, V)``, logits of the prior knowledge, or None.
    """

    summary: Tensor
    text: KeyValues | None
    prior: Tensor | None


class TwoDirections(nn.Module):
    """An LSTM that reads texts forwards, and one that reads them from their last token.

    torch's own bidirectional layer on packed texts gives the same numbers; on a CPU it
    goes through them token by token and takes about three times as long.

    Args:
        width: size of input and output; each direction has half of it.

    >>> layer = TwoDirections(8)
    >>> layer(torch.zeros(2, 5, 8), torch.tensor([5, 3])).shape
    torch.Size([2, 5, 8])
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.forwards = nn.LSTM(width, width // 2, batch_first=True)
        self.backwards = nn.LSTM(width, width // 2, batch_first=True)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return ``(B, N, width)``: what each direction knows at each position.

        Args:
            x: ``(B, N, width)``; what follows a text is read by nobody.
            lengths: int64 ``(B,)``, each from 1 to N.
        """
        turned = reversed_positions(lengths, x.shape[1])[..., None]  # (B, N, 1)
        ahead, _ = self.forwards(x)
        back, _ = self.backwards(x.take_along_dim(turned, 1))
        return torch.cat([ahead, back.take_along_dim(turned, 1)], -1)


def reversed_positions(lengths: Tensor, size: int) -> Tensor:
    """Return which position stands where, ``(B, size)``, in texts turned around.

    The positions after a text stay where they are, so that turning twice is nothing.

    >>> reversed_positions(torch.tensor([3, 1]), 4)
    tensor([[2, 1, 0, 3],
            [0, 1, 2, 3]])
    """
    positions = torch.arange(size, device=lengths.device)
    inside = positions < lengths[:, None]
    return torch.where(inside, lengths[:, None] - 1 - positions, positions)


class Encoder(nn.Module):
    """Two bidirectional LSTM layers.

    Args:
        width: size of input and output; each direction has half of it.
        knows_lengths: whether texts end where they end; else the backward direction
            reads the padding first, and every encoding depends on how much there is.

    >>> encoder = Encoder(8, knows_lengths=True)
    >>> encoder(torch.zeros(2, 5, 8), torch.tensor([5, 3])).shape
    torch.Size([2, 5, 8])
    """

    def __init__(self, width: int, *, knows_lengths: bool) -> None:
        super().__init__()
        self.knows_lengths = knows_lengths
        self.layers = nn.ModuleList(TwoDirections(width) for _ in range(2))

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return encodings ``(B, N, width)`` of embeddings ``(B, N, width)``.

        Args:
            x: the embeddings.
            lengths: int64 ``(B,)``, each at least 1.
        """
        if not self.knows_lengths:
            lengths = torch.full_like(lengths, x.shape[1])
        for layer in self.layers:
            x = layer(x, lengths)
        return x


class RecurrentModel(nn.Module):
    """An LSTM encoder-decoder from texts to titles.

    Args:
        config: what it is made of.

    >>> model = RecurrentModel(RecurrentConfig(40, width=16, hidden=32))
    >>> text, inputs = torch.tensor([[7, 8, 9]]), torch.tensor([[2, 7]])
    >>> model(text, inputs).shape
    torch.Size([1, 2, 40])
    """

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.target_embedding = nn.Embedding(config.vocabulary, width)
        self.separate_embedding = (
            None if config.shared else nn.Embedding(config.vocabulary, width)
        )
        self.encoder = Encoder(width, knows_lengths=config.knows_lengths)
        self.layers = nn.ModuleList(
            nn.LSTM(width, width, batch_first=True) for _ in range(2)
        )
        attends = config.attention == "multiplicative"
        self.attention = (
            MultiplicativeAttention(width, config.divisor) if attends else None
        )
        parts = 3 if attends else 2
        self.dense = nn.Linear(parts * width, config.hidden)
        self.out = nn.Linear(config.hidden, config.vocabulary)
        self.prior = PriorKnowledge(config.vocabulary) if config.prior else None
        self.halved = config.halved

    @property
    def source_embedding(self) -> nn.Embedding:
        """The embedding of texts: that of titles, if they share one."""
        return self.separate_embedding or self.target_embedding

    def encode(self, text: Tensor) -> RecurrentMemory:
        """Read texts, int64 ``(B, N)``, once.

        Raises:
            ValueError: if there is no text, or one without a token.
        """
        if len(text) == 0:
            raise ValueError("there are no texts to encode: give at least one")
        mask = text != PAD
        lengths = mask.sum(1)
        if int(lengths.min()) < 1:
            raise ValueError("a text without a token cannot be encoded: leave it out")
        values = self.encoder(self.source_embedding(text), lengths)
        hidden = values.masked_fill(~mask[..., None], -math.inf)
        keys = None if self.attention is None else self.attention.prepare(values, mask)
        prior = None
        if self.prior is not None:
            prior = self.prior.logits(source_indicator(text, self.config.vocabulary))
        return RecurrentMemory(hidden.amax(1), keys, prior)

    def start(self, memory: RecurrentMemory) -> Nested:
        """Return the decoder's state before the first token: zeros."""
        zero = memory.summary.new_zeros(len(memory.summary), self.config.width)
        return ((zero, zero), (zero, zero))

    def step(
        self, tokens: Tensor, state: Nested, memory: RecurrentMemory
    ) -> tuple[Tensor, Nested]:
        """Read one more token.

        Args:
            tokens: int64 ``(B,)``.
            state: of :meth:`start` or the step before.
            memory: of :meth:`encode`.

        Returns:
            Log-probabilities of the next token ``(B, V)``, and the new state.
        """
        y, state = self._recur(self.target_embedding(tokens)[:, None], state)
        return self._logits(y, memory)[:, 0].log_softmax(-1), state

    def decode(self, memory: RecurrentMemory, inputs: Tensor) -> Tensor:
        """Return logits ``(B, M, V)`` after each of the inputs, int64 ``(B, M)``."""
        return self._logits(self._states(memory, inputs), memory)

    def forward(self, text: Tensor, inputs: Tensor) -> Tensor:
        """Return logits ``(B, M, V)`` for texts ``(B, N)`` and inputs ``(B, M)``."""
        return self.decode(self.encode(text), inputs)

    def attention_weights(self, text: Tensor, inputs: Tensor) -> Tensor:
        """Return the attention weights ``(B, M, N)`` after each input.

        Raises:
            ValueError: if the model has no attention.
        """
        memory = self.encode(text)
        if self.attention is None or memory.text is None:
            raise ValueError("this model has no attention to show")
        return self.attention.weights(self._states(memory, inputs), memory.text)

    def _states(self, memory: RecurrentMemory, inputs: Tensor) -> Tensor:
        """Return the decoder's outputs ``(B, M, width)``."""
        return self._recur(self.target_embedding(inputs), self.start(memory))[0]

    def _recur(self, y: Tensor, state: Nested) -> tuple[Tensor, Nested]:
        """Run the decoder's layers over ``(B, M, width)``."""
        after = []
        for layer, (h, c) in zip(self.layers, state, strict=True):
            y, (hidden, cell) = layer(y, (h[None], c[None]))  # (1, B, width) each
            after.append((hidden[0], cell[0]))
        return y, tuple(after)

    def _logits(self, y: Tensor, memory: RecurrentMemory) -> Tensor:
        """Mix the decoder's output with the text and classify; the interaction."""
        parts = [y, memory.summary[:, None].expand(-1, y.shape[1], -1)]
        if self.attention is not None:
            parts.insert(0, self.attention(y, memory.text))
        logits = self.out(self.dense(torch.cat(parts, -1)).relu())  # (B, M, V)
        if self.prior is not None:
            assert memory.prior is not None
            logits = self.prior(logits, memory.prior[:, None])
        return logits / 2 if self.halved else logits
