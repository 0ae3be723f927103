"""What is measured of a trained encoder-decoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
_LATE = 5  # tokens that a title may come late by
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
    """Measure how errors spread when the model reads its own tokens, place by place.

    An inserted or a dropped character shifts all that follows, so that these shares
    overstate the loss; :func:`after_an_error` counts in order too.

    Returns:
        ``free_accuracy``: share of the true tokens met in their places by a freely
        running title.  ``after_true`` and ``after_wrong``: the same from the fifth
        character on, when the first four are given, the fourth truly or replaced by
        another at random.
    """
    text, title, begun = _begun(part)
    wrong = _random_error(begun, int(part.title.max()), generator)
    return {
        "free_accuracy": _agreement(model, part.text, part.title, part.title[:, :1]),
        "after_true": _agreement(model, text, title, begun),
        "after_wrong": _agreement(model, text, title, wrong),
    }


@dataclass(frozen=True)
class Kept:
    """What of the rest of each true title is met, as shares.

    Attributes:
        in_place: ``(B,)``, of its tokens, each in its own place, the end included.
        in_order: ``(B,)``, of its characters, as a longest common subsequence.
    """

    in_place: Tensor
    in_order: Tensor


def after_an_error(
    model: EncoderDecoder, part: EncodedSplit, generator: torch.Generator
) -> dict[str, Kept]:
    """Give the first four characters, and see what of the rest is met.

    Returns:
        ``true``: with all four true.  ``random``: with the fourth replaced by another
        at random, which no model would write.  ``second``: replaced by the likeliest
        that is not the true one, the error that the model itself is most prone to.
        Titles of less than six characters are left out.
    """
    text, title, begun = _begun(part)
    kinds = {
        "true": begun,
        "random": _random_error(begun, int(part.title.max()), generator),
        "second": _second_choice(model, text, begun),
    }
    return {name: continued(model, text, title, one) for name, one in kinds.items()}


def _begun(part: EncodedSplit) -> tuple[Tensor, Tensor, Tensor]:
    """Return texts, titles and beginnings up to the fourth character."""
    rows = (part.title[:, 1 : WRONG_CHARACTER + 2] >= SPECIAL).all(1)  # five characters
    title = part.title[rows]
    return part.text[rows], title, title[:, : WRONG_CHARACTER + 1]


def _random_error(begun: Tensor, largest: int, generator: torch.Generator) -> Tensor:
    """Replace the last character by another, never the true one."""
    wrong, size = begun.clone(), largest + 1 - SPECIAL
    shift = torch.randint(1, size, (len(wrong),), generator=generator)
    wrong[:, -1] = (wrong[:, -1] - SPECIAL + shift) % size + SPECIAL
    return wrong


@torch.no_grad()
def _second_choice(model: EncoderDecoder, text: Tensor, begun: Tensor) -> Tensor:
    """Replace the last character by the model's likeliest other one."""
    logits = model.decode(model.encode(text), begun[:, :-1])[:, -1].clone()  # (B, V)
    logits[:, :SPECIAL] = -torch.inf
    logits.scatter_(1, begun[:, -1:], -torch.inf)
    return torch.cat([begun[:, :-1], logits.argmax(1, keepdim=True)], 1)


def continued(
    model: EncoderDecoder, text: Tensor, title: Tensor, begun: Tensor
) -> Kept:
    """Let the model go on from begun titles, and compare with what was to come.

    Args:
        model: an encoder-decoder.
        text: int64 ``(B, N)``.
        title: int64 ``(B, M)``, the true ones, from ``START`` to ``END``.
        begun: int64 ``(B, J)``, from ``START`` on, without padding.
    """
    rest = title[:, begun.shape[1] :]
    found = greedy_continuation(model, text, begun, rest.shape[1] + _LATE)
    hits = _hits(found[:, : rest.shape[1]], rest)
    order = []
    for ours, theirs in zip(found.tolist(), rest.tolist(), strict=True):
        true = theirs[: theirs.index(END)]
        written = ours[: ours.index(END)] if END in ours else ours
        order.append(common_subsequence(true, written) / len(true))
    return Kept(hits.sum(1) / (rest != PAD).sum(1), torch.tensor(order))


def _agreement(
    model: EncoderDecoder, text: Tensor, title: Tensor, begun: Tensor
) -> float:
    """Return the share of the true tokens after the begun ones that are met."""
    rest = title[:, begun.shape[1] :]
    found = greedy_continuation(model, text, begun, rest.shape[1])
    return float(_hits(found, rest).sum() / (rest != PAD).sum())


def _hits(found: Tensor, rest: Tensor) -> Tensor:
    """Return where tokens are met in their places, up to the written end, bool."""
    ended = (found == END).cumsum(1) - (found == END).long() > 0
    return (found == rest) & ~ended & (rest != PAD)


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
