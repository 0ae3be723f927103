"""Attention over the positions of a text, with keys masked (arXiv:1409.0473)."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn


class Keys(NamedTuple):
    """What a text offers to attention, computed once a text.

    Attributes:
        keys: ``(B, N, K)``, compared with the queries.
        values: ``(B, N, D)``, averaged.
        mask: bool ``(B, N)``, true where there is a symbol.
    """

    keys: Tensor
    values: Tensor
    mask: Tensor


def masked_softmax(scores: Tensor, mask: Tensor) -> Tensor:
    """Return softmax over the last axis with weight exactly 0 where the mask is false.

    Args:
        scores: ``(..., N)``.
        mask: bool, broadcast to the scores; at least one true in each row.
    """
    return scores.masked_fill(~mask, -math.inf).softmax(-1)


class Multiplicative(nn.Module):
    """Bilinear attention: scores ``q W k / divisor``.

    The article's code divides by 10, where the Transformer takes the root of the
    keys' size, 11.3 for 128.

    Args:
        query: size of a query.
        value: size of a value.
        divisor: what scores are divided by; None takes the root of the query's size.
    """

    def __init__(self, query: int, value: int, divisor: float | None = None) -> None:
        super().__init__()
        self.kernel = nn.Linear(value, query, bias=False)
        self.divisor = math.sqrt(query) if divisor is None else divisor
        nn.init.xavier_normal_(self.kernel.weight)

    def prepare(self, values: Tensor, mask: Tensor) -> Keys:
        """Project the values once: ``(B, N, D)`` to keys of the query's size."""
        return Keys(self.kernel(values), values, mask)

    def weights(self, queries: Tensor, text: Keys) -> Tensor:
        """Return weights ``(B, M, N)`` of queries ``(B, M, Q)``; each row sums to 1."""
        scores = queries @ text.keys.transpose(1, 2) / self.divisor
        return masked_softmax(scores, text.mask[:, None, :])

    def forward(self, queries: Tensor, text: Keys) -> Tensor:
        """Return the averaged values ``(B, M, D)``."""
        return self.weights(queries, text) @ text.values


class Additive(nn.Module):
    """Bahdanau's attention: scores ``v tanh(W q + U k)``.

    Args:
        query: size of a query.
        value: size of a value.
        hidden: size of the space in which they are added.
    """

    def __init__(self, query: int, value: int, hidden: int) -> None:
        super().__init__()
        self.of_query = nn.Linear(query, hidden)
        self.of_key = nn.Linear(value, hidden, bias=False)
        self.score = nn.Linear(hidden, 1, bias=False)

    def prepare(self, values: Tensor, mask: Tensor) -> Keys:
        """Project the values once: ``(B, N, D)`` to keys of the hidden size."""
        return Keys(self.of_key(values), values, mask)

    def weights(self, queries: Tensor, text: Keys) -> Tensor:
        """Return weights ``(B, M, N)`` of queries ``(B, M, Q)``; each row sums to 1."""
        moved = self.of_query(queries)[:, :, None, :] + text.keys[:, None, :, :]
        scores = self.score(moved.tanh())[..., 0]
        return masked_softmax(scores, text.mask[:, None, :])

    def forward(self, queries: Tensor, text: Keys) -> Tensor:
        """Return the averaged values ``(B, M, D)``."""
        return self.weights(queries, text) @ text.values


class MultiHead(nn.Module):
    """Scaled dot-product attention in several heads (arXiv:1706.03762).

    Args:
        width: size of queries and values.
        heads: how many; they share the width.

    Raises:
        ValueError: if the heads do not divide the width.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not divide the width {width}")
        self.heads = heads
        self.of_query = nn.Linear(width, width)
        self.of_key = nn.Linear(width, width)
        self.of_value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def prepare(self, values: Tensor, mask: Tensor) -> Keys:
        """Project values ``(B, N, width)``, split among the heads.

        Args:
            values: what is looked up.
            mask: bool ``(B, N)``, or more axes if queries differ in what they see.

        Returns:
            Keys and values ``(B, heads, N, width / heads)``.
        """
        keys, looked_up = self.of_key(values), self.of_value(values)
        return Keys(self._split(keys), self._split(looked_up), mask)

    def weights(self, queries: Tensor, text: Keys) -> Tensor:
        """Return weights ``(B, heads, M, N)`` of queries ``(B, M, width)``."""
        asked = self._split(self.of_query(queries))
        scores = asked @ text.keys.transpose(2, 3) / math.sqrt(asked.shape[-1])
        return masked_softmax(scores, _for_heads(text.mask))

    def forward(self, queries: Tensor, text: Keys) -> Tensor:
        """Return the averaged and mixed values ``(B, M, width)``."""
        asked = self._split(self.of_query(queries))
        found = nn.functional.scaled_dot_product_attention(
            asked, text.keys, text.values, attn_mask=_for_heads(text.mask)
        )
        joined: Tensor = self.out(found.transpose(1, 2).flatten(2))
        return joined

    def _split(self, x: Tensor) -> Tensor:
        """Bring ``(B, N, width)`` to ``(B, heads, N, width / heads)``."""
        rows, n, width = x.shape
        return x.view(rows, n, self.heads, width // self.heads).transpose(1, 2)


def _for_heads(mask: Tensor) -> Tensor:
    """Give a mask ``(B, N)`` axes for heads and queries; leave larger ones alone."""
    return mask[:, None, None, :] if mask.ndim == 2 else mask


def causal_mask(n: int) -> Tensor:
    """Return bool ``(n, n)``: query i may see key j exactly if j is at most i."""
    return torch.ones(n, n, dtype=torch.bool).tril()


class CausalConvolution(nn.Module):
    """A convolution whose kernel is multiplied by 0 to the right of the centre.

    Args:
        width: channels in and out.
        reach: positions to the left that are read, beside the current one.
    """

    visible: Tensor

    def __init__(self, width: int, reach: int) -> None:
        super().__init__()
        size = 2 * reach + 1
        self.kernel = nn.Parameter(torch.randn(width, width, size) / size)
        self.register_buffer("visible", (torch.arange(size) <= reach).float())

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(B, N, width)`` from ``(B, N, width)``."""
        kernel = self.kernel * self.visible
        reach = self.kernel.shape[-1] // 2
        moved = nn.functional.conv1d(x.transpose(1, 2), kernel, padding=reach)
        return moved.transpose(1, 2)
