"""Teacher forcing: every symbol is predicted from the true ones before it."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn

from rederived.chapters.titles.trees import Tree
from rederived.chapters.titles.vocabulary import PAD, trimmed


class Writer(Protocol):
    """What losses and searches need of an encoder-decoder."""

    def encode(self, text: Tensor) -> Tree:
        """Read texts, ``(B, N)``."""

    def start(self, memory: Tree) -> Tree:
        """Return the state before the first symbol."""

    def step(self, symbols: Tensor, state: Tree, memory: Tree) -> tuple[Tensor, Tree]:
        """Return log-probabilities ``(B, V)`` after one more symbol, and the state."""

    def decode(self, memory: Tree, inputs: Tensor) -> Tensor:
        """Return logits ``(B, M, V)`` after each of the inputs, ``(B, M)``."""


def symbol_losses(logits: Tensor, targets: Tensor) -> Tensor:
    """Return minus the log-probability of each target, nats; 0 for padding.

    Args:
        logits: ``(B, M, V)``.
        targets: int64 ``(B, M)``.
    """
    return nn.functional.cross_entropy(
        logits.transpose(1, 2), targets, ignore_index=PAD, reduction="none"
    )


def log_likelihood(model: Writer, text: Tensor, titles: Tensor) -> Tensor:
    """Return log p(Y | X) ``(B,)``, nats: the sum over a title's symbols.

    Args:
        model: an encoder-decoder.
        text: int64 ``(B, N)``.
        titles: int64 ``(B, M)``, each from ``START`` to ``END``, padded.
    """
    logits = model.decode(model.encode(text), titles[:, :-1])
    return -symbol_losses(logits, titles[:, 1:]).sum(1)


def title_loss(model: nn.Module, text: Tensor, titles: Tensor) -> Tensor:
    """Return the mean of the losses of all real symbols of a batch, nats.

    A batch is padded to its own longest text and title.

    Args:
        model: an encoder-decoder, trained by this loss.
        text: int64 ``(B, N)``.
        titles: int64 ``(B, M)``, each from ``START`` to ``END``, padded.
    """
    text, titles = trimmed(text), trimmed(titles)
    logits = model(text, titles[:, :-1])
    losses = symbol_losses(logits, titles[:, 1:])
    return losses.sum() / (titles[:, 1:] != PAD).sum()


@torch.no_grad()
def symbol_hits(model: Writer, text: Tensor, titles: Tensor) -> Tensor:
    """Return bool ``(B, M - 1)``: the likeliest symbol is the title's, if it is forced.

    Padding counts as a miss; mask it.
    """
    logits = model.decode(model.encode(text), titles[:, :-1])
    return (logits.argmax(-1) == titles[:, 1:]) & (titles[:, 1:] != PAD)


@torch.no_grad()
def continued(model: Writer, text: Tensor, begun: Tensor, longest: int) -> Tensor:
    """Continue begun titles by the likeliest symbol, freely running.

    Args:
        model: an encoder-decoder.
        text: int64 ``(B, N)``.
        begun: int64 ``(B, J)``, each row from ``START`` on, without padding.
        longest: symbols that are added.

    Returns:
        int64 ``(B, longest)``; what stands after an ``END`` means nothing.
    """
    memory = model.encode(text)
    state = model.start(memory)
    for symbols in begun.T:
        log_probs, state = model.step(symbols, state, memory)
    added = []
    for _ in range(longest):
        added.append(log_probs.argmax(-1))
        log_probs, state = model.step(added[-1], state, memory)
    return torch.stack(added, 1)
