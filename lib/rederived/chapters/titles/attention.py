"""Attention over the positions of a text, with keys masked (arXiv:1409.0473)."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn


class KeyValues(NamedTuple):
    """What a text offers to attention, computed once a text.

    Attributes:
        keys: ``(B, N, K)``, compared with the queries.
        values: ``(B, N, D)``, averaged.
        mask: bool ``(B, N)``, true where there is a token.
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


class MultiplicativeAttention(nn.Module):
    """Bilinear attention: scores ``q W k / divisor``.

    The article's code divides by 10, where the Transformer takes the root of the
    keys' size, 11.3 for 128.

    Args:
        width: size of a query, a key and a value.
        divisor: what scores are divided by; None takes the root of the width.

    Raises:
        ValueError: if the divisor is not positive.

    >>> attention = MultiplicativeAttention(1, divisor=2.0)
    >>> _ = nn.init.ones_(attention.kernel.weight)
    >>> text = torch.tensor([[[2.0], [4.0], [9.0]]])
    >>> seen = attention.prepare(text, torch.tensor([[True, True, False]]))
    >>> attention.weights(torch.tensor([[[3.0]]]), seen)  # scores 3, 6 and none
    tensor([[[0.0474, 0.9526, 0.0000]]], grad_fn=<SoftmaxBackward0>)
    """

    def __init__(self, width: int, divisor: float | None = None) -> None:
        super().__init__()
        self.kernel = nn.Linear(width, width, bias=False)
        self.divisor = math.sqrt(width) if divisor is None else divisor
        if not 0 < self.divisor < math.inf:
            raise ValueError(f"the divisor must be positive, got {divisor}")
        nn.init.xavier_normal_(self.kernel.weight)

    def prepare(self, values: Tensor, mask: Tensor) -> KeyValues:
        """Project the values ``(B, N, width)`` to keys, once."""
        return KeyValues(self.kernel(values), values, mask)

    def weights(self, queries: Tensor, text: KeyValues) -> Tensor:
        """Return weights ``(B, M, N)`` of queries ``(B, M, width)``; rows sum to 1."""
        scores = queries @ text.keys.transpose(1, 2) / self.divisor
        return masked_softmax(scores, text.mask[:, None, :])

    def forward(self, queries: Tensor, text: KeyValues) -> Tensor:
        """Return the averaged values ``(B, M, width)``."""
        return self.weights(queries, text) @ text.values


class MultiHeadAttention(nn.Module):
    """Scaled dot-product attention in several heads (arXiv:1706.03762).

    Args:
        width: size of queries and values.
        heads: how many; they share the width.

    Raises:
        ValueError: if the heads do not divide the width.

    >>> attention = MultiHeadAttention(8, heads=2)
    >>> text = attention.prepare(torch.zeros(3, 5, 8), torch.ones(3, 5).bool())
    >>> text.keys.shape, attention(torch.zeros(3, 7, 8), text).shape
    (torch.Size([3, 2, 5, 4]), torch.Size([3, 7, 8]))
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        if heads < 1 or width % heads:
            raise ValueError(f"{heads} heads do not divide the width {width}")
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def prepare(self, values: Tensor, mask: Tensor) -> KeyValues:
        """Project values ``(B, N, width)``, split among the heads.

        Args:
            values: what is looked up.
            mask: bool ``(B, N)``, or more axes if queries differ in what they see.

        Returns:
            Keys and values ``(B, heads, N, width / heads)``.
        """
        keys, projected = self.key(values), self.value(values)
        return KeyValues(self._split(keys), self._split(projected), mask)

    def forward(self, queries: Tensor, text: KeyValues) -> Tensor:
        """Return the averaged and mixed values ``(B, M, width)``."""
        mask = text.mask
        if mask.ndim == 2:  # the same for all heads and queries
            mask = mask[:, None, None, :]  # (B, 1, 1, N)
        found = nn.functional.scaled_dot_product_attention(
            self._split(self.query(queries)), text.keys, text.values, attn_mask=mask
        )  # (B, heads, M, width / heads)
        return self.out(found.transpose(1, 2).flatten(2))

    def _split(self, x: Tensor) -> Tensor:
        """Bring ``(B, N, width)`` to ``(B, heads, N, width / heads)``."""
        rows, n, width = x.shape
        return x.view(rows, n, self.heads, width // self.heads).transpose(1, 2)


def causal_mask(n: int) -> Tensor:
    """Return bool ``(n, n)``: query i may see key j exactly if j is at most i."""
    return torch.ones(n, n, dtype=torch.bool).tril()


class CausalConvolution(nn.Module):
    """A convolution whose kernel is multiplied by 0 to the right of the centre.

    Args:
        width: channels in and out.
        context: positions to the left that are read, beside the current one.

    >>> layer, x = CausalConvolution(3, context=2), torch.randn(1, 6, 3)
    >>> changed = x.clone()
    >>> changed[:, 4] = 7.0
    >>> (layer(changed) != layer(x)).any(-1)
    tensor([[False, False, False, False,  True,  True]])
    """

    visible: Tensor

    def __init__(self, width: int, context: int) -> None:
        super().__init__()
        size = 2 * context + 1
        self.kernel = nn.Parameter(torch.randn(width, width, size) / size)
        self.register_buffer("visible", (torch.arange(size) <= context).float())

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(B, N, width)`` from ``(B, N, width)``."""
        kernel = self.kernel * self.visible
        context = self.kernel.shape[-1] // 2
        x = nn.functional.conv1d(x.transpose(1, 2), kernel, padding=context)
        return x.transpose(1, 2)  # (B, width, N) to (B, N, width)
