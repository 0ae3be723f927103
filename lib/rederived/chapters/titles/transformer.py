"""A small Transformer encoder-decoder (arXiv:1706.03762), the modern yardstick.

Layer norms stand before the sublayers, positions are learned, one embedding serves the
text, the title and the output.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rederived.chapters.titles.attention import (
    KeyValues,
    MultiHeadAttention,
    causal_mask,
)
from rederived.chapters.titles.encoder_decoder import Nested
from rederived.chapters.titles.vocabulary import PAD


@dataclass(frozen=True)
class TransformerConfig:
    """What a Transformer is made of.

    Attributes:
        vocabulary: how many tokens, V.
        width: size of embeddings and layers.
        heads: of every attention.
        layers: of the encoder, and as many of the decoder.
        positions: the longest text or title that it can read.
    """

    vocabulary: int
    width: int = 128
    heads: int = 4
    layers: int = 2
    positions: int = 512


class TransformerLayer(nn.Module):
    """Self-attention, in a decoder attention to the text, and two dense layers."""

    def __init__(self, config: TransformerConfig, *, decoder: bool) -> None:
        super().__init__()
        width = config.width
        self.self_attention = MultiHeadAttention(width, config.heads)
        self.cross_attention = (
            MultiHeadAttention(width, config.heads) if decoder else None
        )
        self.dense = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))

    def forward(
        self, x: Tensor, before: KeyValues | None, mask: Tensor, text: KeyValues | None
    ) -> tuple[Tensor, KeyValues]:
        """Return ``(B, M, width)`` and all keys of the self-attention so far.

        Args:
            x: ``(B, M, width)``.
            before: keys of earlier positions, none at first.
            mask: what self-attention may see, broadcast to ``(B, heads, M, N)``.
            text: the keys of the text, for a decoder.
        """
        normed = self.norms[0](x)
        keys = self.self_attention.prepare(normed, mask)
        if before is not None:
            keys = KeyValues(
                torch.cat([before.keys, keys.keys], 2),
                torch.cat([before.values, keys.values], 2),
                mask,
            )
        x = x + self.self_attention(normed, keys)
        if self.cross_attention is not None:
            assert text is not None
            x = x + self.cross_attention(self.norms[1](x), text)
        return x + self.dense(self.norms[2](x)), keys

    def keys_of(self, x: Tensor, mask: Tensor) -> KeyValues:
        """Return the keys of an encoded text ``(B, N, width)`` for this layer."""
        assert self.cross_attention is not None
        return self.cross_attention.prepare(x, mask)


class Transformer(nn.Module):
    """A Transformer from texts to titles, with the methods of `RecurrentModel`.

    Args:
        config: what it is made of.

    >>> model = Transformer(TransformerConfig(40, width=16, positions=8))
    >>> text, inputs = torch.tensor([[7, 8, 9]]), torch.tensor([[2, 7]])
    >>> model(text, inputs).shape
    torch.Size([1, 2, 40])
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.embedding = nn.Embedding(config.vocabulary, width)
        self.positions = nn.Embedding(config.positions, width)
        self.bias = nn.Parameter(torch.zeros(config.vocabulary))
        for table in (self.embedding, self.positions):
            nn.init.normal_(table.weight, std=width**-0.5)
        self.encoder_layers = nn.ModuleList(
            TransformerLayer(config, decoder=False) for _ in range(config.layers)
        )
        self.decoder_layers = nn.ModuleList(
            TransformerLayer(config, decoder=True) for _ in range(config.layers)
        )
        self.final_norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))

    def encode(self, text: Tensor) -> tuple[KeyValues, ...]:
        """Read texts, int64 ``(B, N)``, once: keys for each layer of the decoder.

        Raises:
            ValueError: if a text is empty.
        """
        mask = text != PAD
        if not bool(mask.any(1).all()):
            raise ValueError("a text without a token cannot be encoded: leave it out")
        x = self._embed(text, 0)
        for layer in self.encoder_layers:
            x, _ = layer(x, None, mask, None)
        x = self.final_norms[0](x)
        return tuple(_layer(layer).keys_of(x, mask) for layer in self.decoder_layers)

    def start(self, memory: tuple[KeyValues, ...]) -> Nested:
        """Return the decoder's state before the first token: no keys."""
        text = memory[0]
        shape = (*text.keys.shape[:2], 0, text.keys.shape[3])
        nothing = text.keys.new_zeros(shape)
        return tuple((nothing, nothing) for _ in self.decoder_layers)

    def step(
        self, tokens: Tensor, state: Nested, memory: tuple[KeyValues, ...]
    ) -> tuple[Tensor, Nested]:
        """Read one more token; see :meth:`RecurrentModel.step`."""
        place = state[0][0].shape[2]
        mask = tokens.new_ones(1, 1, 1, place + 1, dtype=torch.bool)
        x, after = self._embed(tokens[:, None], place), []
        for layer, seen, text in zip(self.decoder_layers, state, memory, strict=True):
            x, keys = layer(x, KeyValues(seen[0], seen[1], mask), mask, text)
            after.append((keys.keys, keys.values))
        return self._logits(x)[:, 0].log_softmax(-1), tuple(after)

    def decode(self, memory: tuple[KeyValues, ...], inputs: Tensor) -> Tensor:
        """Return logits ``(B, M, V)`` after each of the inputs, int64 ``(B, M)``."""
        mask = causal_mask(inputs.shape[1]).to(inputs.device)[None, None]
        x = self._embed(inputs, 0)
        for layer, text in zip(self.decoder_layers, memory, strict=True):
            x, _ = layer(x, None, mask, text)
        return self._logits(x)

    def forward(self, text: Tensor, inputs: Tensor) -> Tensor:
        """Return logits ``(B, M, V)`` for texts ``(B, N)`` and inputs ``(B, M)``."""
        return self.decode(self.encode(text), inputs)

    def _embed(self, tokens: Tensor, first: int) -> Tensor:
        """Return embeddings with positions from ``first`` on."""
        last = first + tokens.shape[1]
        if last > self.config.positions:
            raise ValueError(
                f"{last} tokens are more than the {self.config.positions} positions "
                "that this Transformer knows: cut the text or build it with more"
            )
        positions = torch.arange(first, last, device=tokens.device)
        scaled = self.embedding(tokens) * self.config.width**0.5
        return scaled + self.positions(positions) * self.config.width**0.5

    def _logits(self, x: Tensor) -> Tensor:
        """Classify the decoder's outputs."""
        normed = self.final_norms[1](x)
        return nn.functional.linear(normed, self.embedding.weight, self.bias)


def _layer(module: nn.Module) -> TransformerLayer:
    """Return a module of a list as what it is."""
    assert isinstance(module, TransformerLayer)
    return module
