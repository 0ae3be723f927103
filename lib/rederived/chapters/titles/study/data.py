"""The pairs of a run: three parts, as text and as numbers."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from rederived import datasets
from rederived.chapters.titles.study.config import TitlesConfig
from rederived.chapters.titles.vocabulary import Vocabulary
from rederived.datasets import Pairs, Source
from rederived.datasets.fingerprints import of_texts
from rederived.training import generator

_VALIDATED = 200  # rows of a part that are measured during training
_ALPHABET = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁"
_SHORTEST, _LONGEST = 4, 16  # characters of a text that is to be copied


@dataclass(frozen=True)
class EncodedSplit:
    """Pairs as text, and as padded numbers.

    Attributes:
        texts: as they are read: cut.
        titles: in full.
        text: int64 ``(B, N)``.
        title: int64 ``(B, M)``, from ``START`` to ``END``.
    """

    texts: list[str]
    titles: list[str]
    text: Tensor
    title: Tensor


@dataclass(frozen=True)
class Corpus:
    """All that a run reads.

    Attributes:
        vocabulary: of the training pairs.
        train: what is learned.
        validation: what choices are made on.
        test: what is reported.
        sources: where the pairs came from.
    """

    vocabulary: Vocabulary
    train: EncodedSplit
    validation: EncodedSplit
    test: EncodedSplit
    sources: list[str]


def load_corpus(config: TitlesConfig) -> Corpus:
    """Load the pairs of a config; the vocabulary is made from the training pairs."""
    train, validation, test, sources = _splits(config)
    train = train[: config.rows]
    seen = [text for pair in train for text in pair]
    vocabulary = Vocabulary.build(seen, config.min_count)

    def encoded(pairs: list[tuple[str, str]]) -> EncodedSplit:
        texts = [text[: config.text_limit] for _, text in pairs]
        titles = [title for title, _ in pairs]
        return EncodedSplit(
            texts,
            titles,
            vocabulary.texts(texts, config.text_limit),
            vocabulary.titles(titles, config.title_limit),
        )

    return Corpus(
        vocabulary,
        encoded(train),
        encoded(validation[:_VALIDATED]),
        encoded(test[: config.test_rows]),
        [source.identity for source in sources],
    )


def copy_task(rows: int, split: str) -> Pairs:
    """Draw texts of 4 to 16 distinct characters that are their own titles.

    Args:
        rows: how many.
        split: decides the draws.

    >>> pairs = copy_task(2, "test")
    >>> pairs.titles == pairs.texts
    True
    """
    draws = generator(4, 40, {"train": 0, "validation": 1, "test": 2}[split])
    texts = []
    for _ in range(rows):
        length = int(torch.randint(_SHORTEST, _LONGEST + 1, (), generator=draws))
        places = torch.randperm(len(_ALPHABET), generator=draws)[:length]
        texts.append("".join(_ALPHABET[place] for place in places.tolist()))
    fingerprint = of_texts(tuple(texts), tuple(texts))
    source = Source("copies", split, "embedded", fingerprint)
    return Pairs(tuple(texts), tuple(texts), source)


_Rows = list[tuple[str, str]]


def _splits(config: TitlesConfig) -> tuple[_Rows, _Rows, _Rows, list[Source]]:
    """Return pairs (title, text) for training, validation and test."""
    name = config.dataset
    if name == "copies":
        loaded = [copy_task(config.rows, "train")]
        loaded += [copy_task(_VALIDATED, split) for split in ("validation", "test")]
    else:
        known = {entry.name: entry.rows for entry in datasets.describe()}[name]
        loaded = [datasets.load(name, split) for split in known]
    parts = [
        [
            (title, text)
            for title, text in zip(pairs.titles, pairs.texts, strict=True)
            if title and text and config.containing in title
        ]
        for pairs in loaded
    ]
    if len(parts) == 2:  # no validation split: the end of the training pairs
        train, test = parts
        held = min(_VALIDATED, len(train) // 10)
        parts = [train[:-held], train[-held:], test]
    return parts[0], parts[1], parts[2], [pairs.source for pairs in loaded]
