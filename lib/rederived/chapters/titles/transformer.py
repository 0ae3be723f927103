"""A small Transformer encoder-decoder (arXiv:1706.03762), the modern yardstick.

Layer norms stand before the sublayers, positions are learned, one embedding serves the
text, the title and the output.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from rederived.chapters.titles.attention import Keys, MultiHead, causal_mask
from rederived.chapters.titles.prior import PriorKnowledge, present
from rederived.chapters.titles.trees import Tree
from rederived.chapters.titles.vocabulary import PAD


@dataclass(frozen=True)
class TransformerConfig:
    """What a Transformer is made of.

    Attributes:
        vocabulary: how many symbols, V.
        width: size of embeddings and layers.
        heads: of every attention.
        layers: of the encoder, and as many of the decoder.
        positions: the longest text or title that it can read.
        dropout: share of the sublayers' outputs set to zero in training.
        prior: whether the logits are averaged with the article's prior knowledge.
    """

    vocabulary: int
    width: int = 128
    heads: int = 4
    layers: int = 2
    positions: int = 512
    dropout: float = 0.1
    prior: bool = False


class Layer(nn.Module):
    """Self-attention, in a decoder attention to the text, and two dense layers."""

    def __init__(self, config: TransformerConfig, *, decoder: bool) -> None:
        super().__init__()
        width = config.width
        self.itself = MultiHead(width, config.heads)
        self.across = MultiHead(width, config.heads) if decoder else None
        self.dense = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.drop = nn.Dropout(config.dropout)

    def forward(
        self, x: Tensor, before: Keys | None, mask: Tensor, text: Keys | None
    ) -> tuple[Tensor, Keys]:
        """Return ``(B, M, width)`` and all keys of the self-attention so far.

        Args:
            x: ``(B, M, width)``.
            before: keys of earlier positions, none at first.
            mask: what self-attention may see, broadcast to ``(B, heads, M, N)``.
            text: the keys of the text, for a decoder.
        """
        normed = self.norms[0](x)
        keys = self.itself.prepare(normed, mask)
        if before is not None:
            keys = Keys(
                torch.cat([before.keys, keys.keys], 2),
                torch.cat([before.values, keys.values], 2),
                mask,
            )
        x = x + self.drop(self.itself(normed, keys))
        if self.across is not None:
            assert text is not None
            x = x + self.drop(self.across(self.norms[1](x), text))
        return x + self.drop(self.dense(self.norms[2](x))), keys

    def offer(self, x: Tensor, mask: Tensor) -> Keys:
        """Return the keys of an encoded text ``(B, N, width)`` for this layer."""
        assert self.across is not None
        return self.across.prepare(x, mask)


class Read(NamedTuple):
    """What the decoder may know of a text.

    Attributes:
        texts: the keys for each layer of the decoder.
        prior: ``(B, V)``, logits of the prior knowledge, or None.
    """

    texts: tuple[Keys, ...]
    prior: Tensor | None


class Transformer(nn.Module):
    """A Transformer from texts to titles, with the methods of `RecurrentModel`.

    Args:
        config: what it is made of.
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.embedding = nn.Embedding(config.vocabulary, width)
        self.places = nn.Embedding(config.positions, width)
        self.bias = nn.Parameter(torch.zeros(config.vocabulary))
        for table in (self.embedding, self.places):
            nn.init.normal_(table.weight, std=width**-0.5)
        self.readers = nn.ModuleList(
            Layer(config, decoder=False) for _ in range(config.layers)
        )
        self.writers = nn.ModuleList(
            Layer(config, decoder=True) for _ in range(config.layers)
        )
        self.last = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.prior = PriorKnowledge(config.vocabulary) if config.prior else None

    def encode(self, text: Tensor) -> Read:
        """Read texts, int64 ``(B, N)``, once.

        Raises:
            ValueError: if a text is empty.
        """
        mask = text != PAD
        if not bool(mask.any(1).all()):
            raise ValueError("a text without a symbol cannot be encoded: leave it out")
        x = self._embed(text, 0)
        for layer in self.readers:
            x, _ = layer(x, None, mask, None)
        x = self.last[0](x)
        texts = tuple(_layer(layer).offer(x, mask) for layer in self.writers)
        prior = None
        if self.prior is not None:
            prior = self.prior.logits(present(text, self.config.vocabulary))
        return Read(texts, prior)

    def start(self, memory: Read) -> Tree:
        """Return the decoder's state before the first symbol: no keys."""
        text = memory.texts[0]
        shape = (*text.keys.shape[:2], 0, text.keys.shape[3])
        nothing = text.keys.new_zeros(shape)
        return tuple((nothing, nothing) for _ in self.writers)

    def step(self, symbols: Tensor, state: Tree, memory: Read) -> tuple[Tensor, Tree]:
        """Read one more symbol; see :meth:`RecurrentModel.step`."""
        place = state[0][0].shape[2]
        mask = symbols.new_ones(1, 1, 1, place + 1, dtype=torch.bool)
        x, after = self._embed(symbols[:, None], place), []
        for layer, seen, text in zip(self.writers, state, memory.texts, strict=True):
            x, keys = layer(x, Keys(seen[0], seen[1], mask), mask, text)
            after.append((keys.keys, keys.values))
        return self._logits(x, memory)[:, 0].log_softmax(-1), tuple(after)

    def decode(self, memory: Read, inputs: Tensor) -> Tensor:
        """Return logits ``(B, M, V)`` after each of the inputs, int64 ``(B, M)``."""
        mask = causal_mask(inputs.shape[1]).to(inputs.device)[None, None]
        x = self._embed(inputs, 0)
        for layer, text in zip(self.writers, memory.texts, strict=True):
            x, _ = layer(x, None, mask, text)
        return self._logits(x, memory)

    def forward(self, text: Tensor, inputs: Tensor) -> Tensor:
        """Return logits ``(B, M, V)`` for texts ``(B, N)`` and inputs ``(B, M)``."""
        return self.decode(self.encode(text), inputs)

    def _embed(self, symbols: Tensor, first: int) -> Tensor:
        """Return embeddings with places from ``first`` on."""
        last = first + symbols.shape[1]
        if last > self.config.positions:
            raise ValueError(
                f"{last} symbols are more than the {self.config.positions} positions "
                "that this Transformer knows: cut the text or build it with more"
            )
        places = torch.arange(first, last, device=symbols.device)
        scaled = self.embedding(symbols) * self.config.width**0.5
        embedded: Tensor = scaled + self.places(places) * self.config.width**0.5
        return embedded

    def _logits(self, x: Tensor, memory: Read) -> Tensor:
        """Classify the decoder's outputs."""
        normed = self.last[1](x)
        logits = nn.functional.linear(normed, self.embedding.weight, self.bias)
        if self.prior is not None:
            assert memory.prior is not None
            logits = self.prior(logits, memory.prior[:, None])
        return logits


def _layer(module: nn.Module) -> Layer:
    """Return a module of a list as what it is."""
    assert isinstance(module, Layer)
    return module
