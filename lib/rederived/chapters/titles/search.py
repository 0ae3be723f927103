"""Beam search over all texts at once, and greedy search."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from rederived.chapters.titles.losses import Writer
from rederived.chapters.titles.scorers import Scorer, Stateful
from rederived.chapters.titles.vocabulary import END, PAD, START, UNK


@dataclass(frozen=True)
class Hypothesis:
    """A title that a search returns.

    Attributes:
        symbols: without ``START`` and ``END``.
        log_prob: its log-probability given the text, nats, its ``END`` included.
        score: what was maximised: the log-probability over a power of the length.
        ended: whether the model ended it; else the search gave up.
    """

    symbols: tuple[int, ...]
    log_prob: float
    score: float
    ended: bool


def allowed(log_probs: Tensor) -> Tensor:
    """Return log-probabilities with what no title contains, ``PAD`` and so on, at -inf.

    The rest is not normalised again, so that scores stay those of the model.
    """
    log_probs = log_probs.clone()
    log_probs[..., [PAD, UNK, START]] = -math.inf
    return log_probs


def titles(
    model: Writer, text: Tensor, beams: int = 3, longest: int = 50, power: float = 0.0
) -> list[Hypothesis]:
    """Return the best title that beam search finds for each text.

    Args:
        model: an encoder-decoder.
        text: int64 ``(B, N)``.
        beams: hypotheses kept a text; 1 is greedy search.
        longest: the most symbols of a title, ``END`` included.
        power: of the length by which log-probabilities are divided.
    """
    return beam_search(Stateful(model, text, beams), longest, power)


def beam_search(scorer: Scorer, longest: int, power: float = 0.0) -> list[Hypothesis]:
    """Keep the best open hypotheses of every text, and the best one that has ended.

    Of all extensions the k likeliest count.  One that has ended leaves the beam, and
    the next open one takes its place.  The search of a text stops when no open
    hypothesis can win any more: log-probabilities only fall, so an open one of
    log-probability L ends with a score of at most L / longest ** power.

    Args:
        scorer: of B texts and k beams, fresh.
        longest: the most symbols of a title, ``END`` included.
        power: of the length by which log-probabilities are divided; 0 compares
            probabilities.

    Raises:
        ValueError: if ``longest`` or ``power`` makes no sense.
    """
    if longest < 1 or power < 0.0:
        raise ValueError(
            f"a search needs longest >= 1 and power >= 0, got {longest} and {power}"
        )
    found = _Found(scorer.texts)
    k, texts = scorer.beams, torch.arange(scorer.texts)
    prefixes = torch.full((len(texts) * k, 1), START)
    scores = torch.full((len(texts), k), -math.inf, dtype=torch.float64)
    scores[:, 0] = 0.0
    parents: Tensor | None = None
    for length in range(1, longest + 1):
        log_probs = scorer.next(prefixes, parents).cpu()
        ends = scores + log_probs[:, END].double().view(len(texts), k)
        totals, symbols = _extensions(log_probs, scores)
        worst = torch.cat([totals, ends], 1).topk(k).values[:, -1:]
        ends = ends.masked_fill(ends < worst, -math.inf)  # not among the k likeliest
        found.compare(texts, prefixes, ends, length**power)
        scores, places = totals.topk(k)
        beam, symbols = places // (totals.shape[1] // k), symbols.gather(1, places)
        parents = (beam + k * torch.arange(len(texts))[:, None]).flatten()
        prefixes = torch.cat([prefixes[parents], symbols.view(-1, 1)], 1)
        hopeful = scores[:, 0] / longest**power > found.scores[texts]
        if length == longest or not bool(hopeful.any()):
            break
        if not bool(hopeful.all()):
            rows = hopeful.repeat_interleave(k)
            texts, scores = texts[hopeful], scores[hopeful]
            parents, prefixes = parents[rows], prefixes[rows]
    found.give_up(texts, prefixes[::k], scores[:, 0], longest**power)
    return found.hypotheses()


def _extensions(log_probs: Tensor, scores: Tensor) -> tuple[Tensor, Tensor]:
    """Return the likeliest extensions that go on: totals and symbols, ``(B, k * m)``.

    Of each hypothesis only its own m = k best can be among the k best of a text.

    Args:
        log_probs: ``(B * k, V)``; overwritten.
        scores: ``(B, k)``, of the hypotheses.
    """
    texts, k = scores.shape
    log_probs[:, [PAD, UNK, START, END]] = -math.inf
    best, symbols = log_probs.topk(min(k, log_probs.shape[1]))
    totals = scores[:, :, None] + best.double().view(texts, k, -1)
    return totals.flatten(1), symbols.view(texts, -1)


class _Found:
    """The best ended hypothesis of every text so far."""

    def __init__(self, texts: int) -> None:
        self.scores = torch.full((texts,), -math.inf, dtype=torch.float64)
        self.log_probs = self.scores.clone()
        self.symbols: list[list[int]] = [[] for _ in range(texts)]
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
        self.symbols[text] = prefix[1:].tolist()

    def hypotheses(self) -> list[Hypothesis]:
        rows = zip(self.symbols, self.log_probs, self.scores, self.ended, strict=True)
        return [Hypothesis(tuple(s), float(p), float(v), e) for s, p, v, e in rows]


def greedy(model: Writer, text: Tensor, longest: int = 50) -> list[Hypothesis]:
    """Take the likeliest symbol at each step; see :func:`titles` for the arguments."""
    scorer = Stateful(model, text, 1)
    prefixes = torch.full((len(text), 1), START)
    total = torch.zeros(len(text), dtype=torch.float64)
    ended = torch.zeros(len(text), dtype=torch.bool)
    parents: Tensor | None = None
    for _ in range(longest):
        log_probs = allowed(scorer.next(prefixes, parents).cpu().double())
        best, symbols = log_probs.max(1)
        total += best.masked_fill(ended, 0.0)
        symbols = symbols.masked_fill(ended, PAD)
        prefixes = torch.cat([prefixes, symbols[:, None]], 1)
        ended |= symbols == END
        parents = torch.arange(len(text))
        if bool(ended.all()):
            break
    return [
        Hypothesis(_bare(row), float(value), float(value), bool(done))
        for row, value, done in zip(prefixes.tolist(), total, ended, strict=True)
    ]


def _bare(symbols: list[int]) -> tuple[int, ...]:
    """Return the symbols without special ones."""
    return tuple(n for n in symbols if n not in (START, END, PAD))
