"""What is measured of a trained encoder-decoder."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from rederived.chapters.titles.encoder_decoder import EncoderDecoder
from rederived.chapters.titles.losses import token_losses
from rederived.chapters.titles.overlap import (
    common_subsequence,
    common_substring,
    coverage,
    mean_rouge,
)
from rederived.chapters.titles.rollout import greedy_continuation
from rederived.chapters.titles.search import Hypothesis
from rederived.chapters.titles.study.data import EncodedSplit
from rederived.chapters.titles.vocabulary import END, PAD, SPECIAL, Vocabulary
from rederived.training import device_of

_COMPARED = 1000  # pairs whose common parts are measured
_CHUNK = 100  # texts that are read together
WRONG_CHARACTER = 4
"""The character, counted from 1, that is made wrong in the study of errors."""


@torch.no_grad()
def loss_and_accuracy(model: EncoderDecoder, part: EncodedSplit) -> tuple[float, float]:
    """Return nats a token, and the share of tokens predicted rightly, if forced.

    Args:
        model: an encoder-decoder, on any device.
        part: pairs, on the CPU.
    """
    device = device_of(model)
    losses, hits, count = 0.0, 0, 0
    pieces = (torch.split(whole, _CHUNK) for whole in (part.text, part.title))
    for piece in zip(*pieces, strict=True):
        text, title = (one.to(device) for one in piece)
        logits = model.decode(model.encode(text), title[:, :-1])
        targets = title[:, 1:]
        real = targets != PAD
        losses += float(token_losses(logits, targets).sum())
        hits += int(((logits.argmax(-1) == targets) & real).sum())
        count += int(real.sum())
    return losses / count, hits / count


def compare_titles(
    found: Sequence[Hypothesis], vocabulary: Vocabulary, part: EncodedSplit
) -> dict[str, float]:
    """Compare titles with the true ones.

    Returns:
        ``rouge_1``, ``rouge_2``, ``rouge_l`` (percent); ``exact_match`` (share equal to
        the true title), ``copied`` (share of their characters that the text has),
        ``length`` (characters), ``log_prob`` (nats, the model's own).
    """
    names = [vocabulary.decode(hypothesis.tokens) for hypothesis in found]
    score = mean_rouge(names, part.titles)
    shares = [coverage(n, t) for n, t in zip(names, part.texts, strict=True) if n]
    return {
        "rouge_1": 100 * score.one,
        "rouge_2": 100 * score.two,
        "rouge_l": 100 * score.longest,
        "exact_match": _mean([a == b for a, b in zip(names, part.titles, strict=True)]),
        "copied": _mean(shares),
        "length": _mean([len(name) for name in names]),
        "log_prob": _mean([hypothesis.log_prob for hypothesis in found]),
    }


def lead_baseline(
    train: EncodedSplit, validation: EncodedSplit, test: EncodedSplit
) -> dict[str, float]:
    """Measure the first characters of the text as its title.

    How many is chosen by ROUGE-L on the validation pairs.
    """
    longest = max(map(len, train.titles))
    best = max(
        range(4, longest + 1),
        key=lambda n: (
            mean_rouge([t[:n] for t in validation.texts], validation.titles).longest
        ),
    )
    score = mean_rouge([text[:best] for text in test.texts], test.titles)
    return {
        "lead_rouge_1": 100 * score.one,
        "lead_rouge_2": 100 * score.two,
        "lead_rouge_l": 100 * score.longest,
        "lead_characters": float(best),
    }


def title_overlap(part: EncodedSplit) -> dict[str, float]:
    """Measure what true titles share with their texts, as shares of a title.

    Of the first thousand pairs; a text is what is read of it.
    """
    pairs = list(zip(part.titles, part.texts, strict=True))[:_COMPARED]
    return {
        "coverage": _mean([coverage(*pair) for pair in pairs]),
        "subsequence": _mean([common_subsequence(a, b) / len(a) for a, b in pairs]),
        "substring": _mean([common_substring(a, b) / len(a) for a, b in pairs]),
    }


def exposure_bias(
    model: EncoderDecoder, part: EncodedSplit, generator: torch.Generator
) -> dict[str, float]:
    """Measure how errors spread when the model reads its own tokens.

    Returns:
        ``free_accuracy``: share of the true tokens met in their places by a freely
        running title.  ``after_true`` and ``after_wrong``: the same from the fifth
        character on, when the first four are given, the fourth truly or replaced by
        another at random.
    """
    rows = (part.title[:, 1 : WRONG_CHARACTER + 2] >= SPECIAL).all(1)  # five characters
    text, title = part.text[rows], part.title[rows]
    begun = title[:, : WRONG_CHARACTER + 1]
    wrong = begun.clone()
    # Another character of the vocabulary, never the true one: a shift modulo its size.
    size = int(part.title.max()) + 1 - SPECIAL
    shift = torch.randint(1, size, (len(wrong),), generator=generator)
    wrong[:, -1] = (wrong[:, -1] - SPECIAL + shift) % size + SPECIAL
    return {
        "free_accuracy": _agreement(model, part.text, part.title, part.title[:, :1]),
        "after_true": _agreement(model, text, title, begun),
        "after_wrong": _agreement(model, text, title, wrong),
    }


def _agreement(
    model: EncoderDecoder, text: Tensor, title: Tensor, begun: Tensor
) -> float:
    """Return the share of the true tokens after the begun ones that are met."""
    rest = title[:, begun.shape[1] :]
    found = greedy_continuation(model, text, begun, rest.shape[1])
    ended = (found == END).cumsum(1) - (found == END).long() > 0
    hits = (found == rest) & ~ended & (rest != PAD)
    return float(hits.sum() / (rest != PAD).sum())


def by_length(
    found: Sequence[Hypothesis], vocabulary: Vocabulary, part: EncodedSplit
) -> dict[str, float]:
    """Return the ROUGE-L of short, middle and long texts, percent.

    The lengths from the shortest to the longest are cut into three equal ranges; one
    without a text is left out.
    """
    names = [vocabulary.decode(hypothesis.tokens) for hypothesis in found]
    longest = max(map(len, part.texts))
    shortest = min(map(len, part.texts))
    measures = {}
    for third, name in enumerate(("short", "middle", "long")):
        low = shortest + third * (longest + 1 - shortest) / 3
        high = shortest + (third + 1) * (longest + 1 - shortest) / 3
        rows = [i for i, text in enumerate(part.texts) if low <= len(text) < high]
        if rows:
            score = mean_rouge([names[i] for i in rows], [part.titles[i] for i in rows])
            measures[f"rouge_l_{name}"] = 100 * score.longest
    return measures


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
