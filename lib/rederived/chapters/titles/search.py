"""Beam search over all texts at once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from rederived.chapters.titles.encoder_decoder import EncoderDecoder
from rederived.chapters.titles.scorers import CachedState, Scorer
from rederived.chapters.titles.vocabulary import END, PAD, SPECIAL, START, UNK

_STEEPEST = 30.0  # power of a length that is still a number
_TOGETHER = 100  # texts that are searched at a time


@dataclass(frozen=True)
class Hypothesis:
    """A title that a search returns.

    Attributes:
        tokens: without ``START`` and ``END``.
        log_prob: its log-probability given the text, nats, its ``END`` included.
        score: what was maximised: the log-probability over a power of the length.
        ended: whether the model ended it; else the search gave up.

    >>> Hypothesis((7, 9), log_prob=-1.5, score=-0.5, ended=True).tokens
    (7, 9)
    """

    tokens: tuple[int, ...]
    log_prob: float
    score: float
    ended: bool


def refuse_nan(log_probs: Tensor) -> None:
    """Stop where a model answers NaN or infinity, of which no search makes sense.

    Raises:
        ValueError: if it does.
    """
    if not bool((log_probs < math.inf).all()):
        raise ValueError(
            "the model's log-probabilities hold NaN or infinity: look at its weights"
        )


def refuse_length(max_length: int) -> None:
    """Stop where a title could not hold a token.

    Raises:
        ValueError: naming the length.
    """
    if max_length < 1:
        raise ValueError(f"a title needs max_length >= 1, got {max_length}")


def bare(tokens: Tensor) -> tuple[int, ...]:
    """Return the characters among a title's tokens ``(t,)``, without special ones."""
    return tuple(number for number in tokens.tolist() if number >= SPECIAL)


def mask_special(log_probs: Tensor) -> Tensor:
    """Return log-probabilities with what no title contains, ``PAD`` and so on, at -inf.

    The rest is not normalised again, so that scores stay those of the model.

    Raises:
        ValueError: if the model answered NaN.
    """
    refuse_nan(log_probs)
    log_probs = log_probs.clone()
    log_probs[..., [PAD, UNK, START]] = -math.inf
    return log_probs


def generate(
    model: EncoderDecoder,
    text: Tensor,
    beams: int = 3,
    max_length: int = 50,
    length_penalty: float = 0.0,
) -> list[Hypothesis]:
    """Return the best title that beam search finds for each text.

    Args:
        model: an encoder-decoder.
        text: int64 ``(B, N)``.
        beams: hypotheses kept a text; 1 is greedy search.
        max_length: the most tokens of a title, ``END`` included.
        length_penalty: power of the length by which log-probabilities are divided.
    """
    found: list[Hypothesis] = []
    for rows in torch.split(text, _TOGETHER) if len(text) else ():
        found += beam_search(
            CachedState(model, rows, beams), max_length, length_penalty
        )
    return found


def beam_search(
    scorer: Scorer, max_length: int, length_penalty: float = 0.0
) -> list[Hypothesis]:
    """Keep the best open hypotheses of every text, and the best one that has ended.

    Of all extensions the k likeliest count.  One that has ended leaves the beam, and
    the next open one takes its place.  The search of a text stops when no open
    hypothesis can win any more: log-probabilities only fall, so an open one of
    log-probability L ends with a score of at most L / max_length ** length_penalty.

    Args:
        scorer: of B texts and k beams, fresh.
        max_length: the most tokens of a title, ``END`` included.
        length_penalty: power of the length by which log-probabilities are divided; 0
            compares probabilities.

    Raises:
        ValueError: if ``max_length`` or ``length_penalty`` makes no sense, or the model
            answers NaN.
    """
    refuse_length(max_length)
    if not 0.0 <= length_penalty <= _STEEPEST:
        raise ValueError(
            f"a search needs length_penalty >= 0 and at most {_STEEPEST:g}, got "
            f"{length_penalty}"
        )
    found = _Found(scorer.texts)
    k, texts = scorer.beams, torch.arange(scorer.texts)
    prefixes = torch.full((len(texts) * k, 1), START)
    scores = torch.full((len(texts), k), -math.inf, dtype=torch.float64)
    scores[:, 0] = 0.0
    parents: Tensor | None = None
    for length in range(1, max_length + 1):
        log_probs = scorer.next(prefixes, parents).cpu()
        refuse_nan(log_probs)
        ends = scores + log_probs[:, END].double().view(len(texts), k)
        totals, tokens = _extensions(log_probs, scores)
        worst = torch.cat([totals, ends], 1).topk(k).values[:, -1:]
        ends = ends.masked_fill(ends < worst, -math.inf)  # not among the k likeliest
        found.compare(texts, prefixes, ends, length**length_penalty)
        scores, places = totals.topk(k)
        beam, tokens = places // (totals.shape[1] // k), tokens.gather(1, places)
        parents = (beam + k * torch.arange(len(texts))[:, None]).flatten()
        prefixes = torch.cat([prefixes[parents], tokens.view(-1, 1)], 1)
        hopeful = scores[:, 0] / max_length**length_penalty > found.scores[texts]
        if length == max_length or not bool(hopeful.any()):
            break
        if not bool(hopeful.all()):
            rows = hopeful.repeat_interleave(k)
            texts, scores = texts[hopeful], scores[hopeful]
            parents, prefixes = parents[rows], prefixes[rows]
    found.give_up(texts, prefixes[::k], scores[:, 0], max_length**length_penalty)
    return found.hypotheses()


def _extensions(log_probs: Tensor, scores: Tensor) -> tuple[Tensor, Tensor]:
    """Return the likeliest extensions that go on: totals and tokens, ``(B, k * m)``.

    Of each hypothesis only its own m = k best can be among the k best of a text.

    Args:
        log_probs: ``(B * k, V)``.
        scores: ``(B, k)``, of the hypotheses.
    """
    texts, k = scores.shape
    log_probs = log_probs.clone()  # it may be the scorer's own
    log_probs[:, [PAD, UNK, START, END]] = -math.inf
    best, tokens = log_probs.topk(min(k, log_probs.shape[1]))
    totals = scores[:, :, None] + best.double().view(texts, k, -1)
    return totals.flatten(1), tokens.view(texts, -1)


class _Found:
    """The best ended hypothesis of every text so far."""

    def __init__(self, texts: int) -> None:
        self.scores = torch.full((texts,), -math.inf, dtype=torch.float64)
        self.log_probs = self.scores.clone()
        self.tokens: list[tuple[int, ...]] = [() for _ in range(texts)]
        self.ended = [False] * texts

    def compare(
        self, texts: Tensor, prefixes: Tensor, totals: Tensor, divisor: float
    ) -> None:
        """Take the best of those that end now, ``(B, k)``, where it is better."""
        best, beam = totals.max(1)
        better = best / divisor > self.scores[texts]
        for place in better.nonzero()[:, 0].tolist():
            row = place * totals.shape[1] + int(beam[place])
            self._keep(int(texts[place]), prefixes[row], float(best[place]), divisor)
            self.ended[int(texts[place])] = True

    def give_up(
        self, texts: Tensor, prefixes: Tensor, totals: Tensor, divisor: float
    ) -> None:
        """Take the best open hypothesis of a text for which none has ended."""
        for place, text in enumerate(texts.tolist()):
            if not self.ended[text]:
                self._keep(text, prefixes[place], float(totals[place]), divisor)

    def _keep(self, text: int, prefix: Tensor, total: float, divisor: float) -> None:
        self.scores[text] = total / divisor
        self.log_probs[text] = total
        self.tokens[text] = bare(prefix)

    def hypotheses(self) -> list[Hypothesis]:
        rows = zip(self.tokens, self.log_probs, self.scores, self.ended, strict=True)
        return [Hypothesis(s, float(p), float(v), e) for s, p, v, e in rows]
