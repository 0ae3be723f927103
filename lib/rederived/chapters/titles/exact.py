"""The likeliest title of all, by branch and bound."""

from __future__ import annotations

import torch
from torch import Tensor

from rederived.chapters.titles.encoder_decoder import (
    EncoderDecoder,
    Nested,
    select_rows,
)
from rederived.chapters.titles.search import (
    Hypothesis,
    mask_special,
    refuse_length,
)
from rederived.chapters.titles.vocabulary import END, START

_TOGETHER = 500  # prefixes that take a step at a time


@torch.no_grad()
def exact_search(
    model: EncoderDecoder,
    text: Tensor,
    max_length: int,
    known: Hypothesis,
    most: int = 20_000,
) -> Hypothesis | None:
    """Return the likeliest title of at most ``max_length`` tokens, or the known one.

    A prefix bounds whatever begins with it, since log-probabilities only fall: what is
    no likelier than the best title so far is given up (Stahlberg and Byrne,
    arXiv:1908.10090, depth first; here all prefixes of one length at a time).  The
    prefixes of one length exclude each other, so that at most 1 / p of them are
    likelier than a known title of probability p.

    Args:
        model: an encoder-decoder.
        text: int64 ``(1, N)``.
        max_length: the most tokens of a title, ``END`` included.
        known: a title that has ended, of any search: the better, the less work.
        most: prefixes of one length beyond which the search gives up.

    Returns:
        The likeliest title; None if there were too many prefixes.

    Raises:
        ValueError: if there is more than one text, the known title has not ended, or
            ``max_length`` is less than 1.
    """
    refuse_length(max_length)
    if len(text) != 1 or not known.ended:
        raise ValueError(
            "exact search takes one text and a title that has ended, got "
            f"{len(text)} texts and ended={known.ended}"
        )
    best, memory = known, model.encode(text)
    prefixes = torch.full((1, 1), START, device=text.device)
    scores = torch.zeros(1, dtype=torch.float64, device=text.device)
    state = model.start(memory)
    for _ in range(max_length):
        log_probs, state = _step(model, prefixes[:, -1], state, memory)
        totals = scores[:, None] + mask_special(log_probs.double())  # (R, V)
        value, row = totals[:, END].max(0)
        if value > best.log_prob:
            bare = tuple(prefixes[row, 1:].tolist())
            best = Hypothesis(bare, float(value), float(value), ended=True)
        totals[:, END] = -torch.inf
        rows, tokens = (totals > best.log_prob).nonzero().T
        if len(rows) > most:
            return None
        if not len(rows):
            break
        prefixes = torch.cat([prefixes[rows], tokens[:, None]], 1)
        scores, state = totals[rows, tokens], select_rows(state, rows)
    return best


def _step(
    model: EncoderDecoder, tokens: Tensor, state: Nested, memory: Nested
) -> tuple[Tensor, Nested]:
    """Advance all prefixes of one text, some at a time: ``(R, V)`` and the states."""
    pieces = []
    for rows in torch.split(torch.arange(len(tokens), device=tokens.device), _TOGETHER):
        copies = select_rows(memory, torch.zeros_like(rows))
        pieces.append(model.step(tokens[rows], select_rows(state, rows), copies))
    log_probs, states = zip(*pieces, strict=True)
    return torch.cat(log_probs), _joined(states)


def _joined(states: tuple[Nested, ...]) -> Nested:
    """Join states of some rows each to one of all rows; the nesting stays."""
    first = states[0]
    if isinstance(first, Tensor):
        return torch.cat(states)
    if isinstance(first, tuple):
        parts = tuple(_joined(part) for part in zip(*states, strict=True))
        return type(first)(*parts) if hasattr(first, "_fields") else parts
    return first
