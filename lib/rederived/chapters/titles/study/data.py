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
class Part:
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
    train: Part
    validation: Part
    test: Part
    sources: list[str]


def load_corpus(config: TitlesConfig) -> Corpus:
    """Load the pairs of a config; the vocabulary is made from the training pairs."""
    train, validation, test, sources = _splits(config)
    train = train[: config.rows]
    seen = [part for pair in train for part in pair]
    vocabulary = Vocabulary.build(seen, config.least)

    def part(pairs: list[tuple[str, str]]) -> Part:
        texts = [text[: config.text_limit] for _, text in pairs]
        titles = [title for title, _ in pairs]
        return Part(
            texts,
            titles,
            vocabulary.texts(texts, config.text_limit),
            vocabulary.titles(titles, config.title_limit),
        )

    return Corpus(
        vocabulary,
        part(train),
        part(validation[:_VALIDATED]),
        part(test[: config.decoded]),
        [source.identity for source in sources],
    )


def copies(rows: int, split: str) -> Pairs:
    """Draw texts of 4 to 16 distinct characters that are their own titles.

    Args:
        rows: how many.
        split: decides the draws.
    """
    draw = generator(4, 40, {"train": 0, "validation": 1, "test": 2}[split])
    texts = []
    for _ in range(rows):
        length = int(torch.randint(_SHORTEST, _LONGEST + 1, (), generator=draw))
        places = torch.randperm(len(_ALPHABET), generator=draw)[:length]
        texts.append("".join(_ALPHABET[place] for place in places.tolist()))
    fingerprint = of_texts(tuple(texts), tuple(texts))
    source = Source("copies", split, "embedded", fingerprint)
    return Pairs(tuple(texts), tuple(texts), source)


_Rows = list[tuple[str, str]]


def _splits(config: TitlesConfig) -> tuple[_Rows, _Rows, _Rows, list[Source]]:
    """Return pairs (title, text) for training, validation and test."""
    name = config.dataset
    if name == "copies":
        loaded = [copies(config.rows, "train")]
        loaded += [copies(_VALIDATED, split) for split in ("validation", "test")]
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
