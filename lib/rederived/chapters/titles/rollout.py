"""Titles written token by token: the likeliest one each time, or one drawn."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from rederived.chapters.titles.encoder_decoder import EncoderDecoder
from rederived.chapters.titles.scorers import CachedState
from rederived.chapters.titles.search import (
    Hypothesis,
    bare,
    mask_special,
    refuse_length,
)
from rederived.chapters.titles.vocabulary import END, PAD, START

Choose = Callable[[Tensor], Tensor]
"""From log-probabilities ``(B, V)`` to the next tokens ``(B,)``."""


def greedy(
    model: EncoderDecoder, text: Tensor, max_length: int = 50
) -> list[Hypothesis]:
    """Take the likeliest token at each step.

    Args:
        model: an encoder-decoder.
        text: int64 ``(B, N)``.
        max_length: the most tokens of a title, ``END`` included.

    Raises:
        ValueError: if ``max_length`` is less than 1.
    """

    def likeliest(log_probs: Tensor) -> Tensor:
        _, tokens = log_probs.max(1)
        return tokens

    return _roll_out(model, text, max_length, likeliest)


def sample(
    model: EncoderDecoder,
    text: Tensor,
    generator: torch.Generator,
    *,
    max_length: int = 50,
    temperature: float = 1.0,
    share: float = 1.0,
) -> list[Hypothesis]:
    """Draw one title for each text.

    Args:
        model: an encoder-decoder.
        text: int64 ``(B, N)``.
        generator: source of the draws.
        max_length: the most tokens of a title, ``END`` included.
        temperature: divides the log-probabilities; 1 is the model's own distribution.
        share: of the nucleus that is drawn from.

    Raises:
        ValueError: if the temperature is not positive and finite, or ``max_length``
            less than 1.
    """
    if not 0.0 < temperature < math.inf:
        raise ValueError(f"a temperature is positive and finite, got {temperature}")

    def drawn(log_probs: Tensor) -> Tensor:
        log_probs = log_probs - log_probs.amax(-1, keepdim=True)  # 0 stays 0
        distribution = nucleus((log_probs / temperature).softmax(-1), share)
        return torch.multinomial(distribution, 1, generator=generator)[:, 0]

    return _roll_out(model, text, max_length, drawn)


def nucleus(probabilities: Tensor, share: float) -> Tensor:
    """Keep the fewest likeliest tokens that have the share, and normalise them.

    Holtzman and others, arXiv:1904.09751.

    Args:
        probabilities: ``(B, V)``.
        share: in (0, 1]; 1 keeps all.

    Raises:
        ValueError: if the share is not in (0, 1], or a row is no distribution.

    >>> nucleus(torch.tensor([[0.1, 0.5, 0.1, 0.3]]), 0.6)
    tensor([[0.0000, 0.6250, 0.0000, 0.3750]])
    """
    if not 0.0 < share <= 1.0:
        raise ValueError(f"the share of a nucleus lies in (0, 1], got {share}")
    totals = probabilities.sum(-1)
    if not bool((probabilities >= 0).all() and ((totals - 1).abs() < 0.01).all()):
        raise ValueError("a row of probabilities is no distribution: give a softmax")
    if share == 1.0:
        return probabilities / probabilities.sum(-1, keepdim=True)
    ordered, places = probabilities.sort(descending=True)
    before = ordered.double().cumsum(-1) - ordered
    ordered = ordered.masked_fill(before >= share, 0.0)
    kept = torch.zeros_like(probabilities).scatter(-1, places, ordered)
    return kept / kept.sum(-1, keepdim=True)


@torch.no_grad()
def greedy_continuation(
    model: EncoderDecoder, text: Tensor, begun: Tensor, length: int
) -> Tensor:
    """Continue begun titles by the likeliest token, freely running.

    Args:
        model: an encoder-decoder.
        text: int64 ``(B, N)``.
        begun: int64 ``(B, J)``, each row from ``START`` on, without padding.
        length: tokens that are added.

    Returns:
        int64 ``(B, length)``; what stands after an ``END`` means nothing.

    Raises:
        ValueError: if no token is added, or a title does not begin with ``START``.
    """
    refuse_length(length)
    if not begun.shape[1] or bool((begun[:, 0] != START).any()):
        raise ValueError("each title that is continued has to begin with START")
    memory = model.encode(text)
    state = model.start(memory)
    for tokens in begun.T:
        log_probs, state = model.step(tokens, state, memory)
    added = []
    for _ in range(length):
        added.append(log_probs.argmax(-1))
        log_probs, state = model.step(added[-1], state, memory)
    return torch.stack(added, 1)


def _roll_out(
    model: EncoderDecoder, text: Tensor, max_length: int, choose: Choose
) -> list[Hypothesis]:
    """Write a title for each text, its tokens chosen one after the other."""
    refuse_length(max_length)
    if len(text) == 0:
        return []
    scorer = CachedState(model, text, 1)
    prefixes = torch.full((len(text), 1), START)  # (B, t)
    total = torch.zeros(len(text), dtype=torch.float64)
    ended = torch.zeros(len(text), dtype=torch.bool)
    parents: Tensor | None = None
    for _ in range(max_length):
        log_probs = mask_special(scorer.next(prefixes, parents).cpu().double())
        tokens = choose(log_probs)  # (B,)
        gained = log_probs.gather(1, tokens[:, None])[:, 0]
        total += gained.masked_fill(ended, 0.0)
        tokens = tokens.masked_fill(ended, PAD)
        prefixes = torch.cat([prefixes, tokens[:, None]], 1)
        ended |= tokens == END
        parents = torch.arange(len(text))
        if bool(ended.all()):
            break
    return [
        Hypothesis(bare(row), float(value), float(value), bool(done))
        for row, value, done in zip(prefixes, total, ended, strict=True)
    ]
