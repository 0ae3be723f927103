"""Nested tuples of tensors with the same rows: memories and states of decoders."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from torch import Tensor

Tree = Any
"""A tensor with rows in front, None, or a (named) tuple of such."""

T = TypeVar("T")


def take(tree: T, rows: Tensor) -> T:
    """Return the same tree with the rows chosen, ``(R,)``, in that order."""
    chosen: Any = tree
    if isinstance(tree, Tensor):
        chosen = tree.index_select(0, rows)
    elif isinstance(tree, tuple):
        parts = [take(part, rows) for part in tree]
        chosen = type(tree)(*parts) if hasattr(tree, "_fields") else tuple(parts)
    return cast(T, chosen)
