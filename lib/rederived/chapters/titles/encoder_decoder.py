"""What losses and searches need of an encoder-decoder, and its nested states."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar, cast

from torch import Tensor

Nested = Any
"""A tensor with rows in front, None, or a (named) tuple of such."""

T = TypeVar("T")


class EncoderDecoder(Protocol):
    """A model that reads texts once and writes titles token by token."""

    def encode(self, text: Tensor) -> Nested:
        """Read texts, ``(B, N)``."""

    def start(self, memory: Nested) -> Nested:
        """Return the state before the first token."""

    def step(
        self, tokens: Tensor, state: Nested, memory: Nested
    ) -> tuple[Tensor, Nested]:
        """Return log-probabilities ``(B, V)`` after one more token, and the state."""

    def decode(self, memory: Nested, inputs: Tensor) -> Tensor:
        """Return logits ``(B, M, V)`` after each of the inputs, ``(B, M)``."""


def select_rows(nested: T, rows: Tensor) -> T:
    """Return the same nesting with the rows chosen, ``(R,)``, in that order.

    >>> import torch
    >>> select_rows((torch.tensor([5, 6, 7]), None), torch.tensor([2, 2, 0]))
    (tensor([7, 7, 5]), None)
    """
    chosen: Any = nested
    if isinstance(nested, Tensor):
        chosen = nested.index_select(0, rows)
    elif isinstance(nested, tuple):
        parts = [select_rows(part, rows) for part in nested]
        chosen = type(nested)(*parts) if hasattr(nested, "_fields") else tuple(parts)
    return cast(T, chosen)
