"""Titling texts by a kept model: one of the reader's own, or those of a test split."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import BinaryIO

from rederived import datasets
from rederived.chapters.titles.search import generate
from rederived.chapters.titles.study import measures
from rederived.chapters.titles.study.data import EncodedSplit
from rederived.chapters.titles.study.run import restore
from rederived.chapters.titles.vocabulary import PAD, UNK
from rederived.records import Arrays, Config

MAX_BYTES = 10_000_000
"""Bytes of input that are looked at."""


class TextError(ValueError):
    """A text that cannot be titled; the message says why and what to do."""


@dataclass(frozen=True)
class Titled:
    """A title and what the reader should know of it.

    Attributes:
        title: the title.
        notes: one sentence each; empty if there is nothing to say.

    >>> Titled("北京降雨", ("read the first 120 of 200 characters",)).title
    '北京降雨'
    """

    title: str
    notes: tuple[str, ...]


def readable(stream: BinaryIO) -> str:
    """Return a text from a file or a pipe, white space joined to single spaces.

    Args:
        stream: UTF-8, with or without byte-order mark; not read beyond ``MAX_BYTES``.

    Raises:
        TextError: if it is too large, no UTF-8, empty, or has no Chinese character.
    """
    content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise TextError(
            f"the input has more than {MAX_BYTES:,} bytes: give one article; a model "
            "reads only its beginning anyway"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TextError(
            f"the input is not UTF-8: byte {error.start} is {content[error.start]:#04x}"
            ". Convert it first, for instance with iconv -f GB18030 -t UTF-8"
        ) from error
    text = " ".join(text.split())
    if not text:
        raise TextError("the input is empty: give a Chinese text, by file or by pipe")
    if not any(chinese(character) for character in text):
        raise TextError(
            f"there is no Chinese character among the {len(text):,} of the input: the "
            "models were trained on Chinese texts and know no other language"
        )
    return text


def chinese(character: str) -> bool:
    """Say whether a character is a Chinese one."""
    return unicodedata.name(character, "").startswith("CJK UNIFIED")


def title(text: str, values: Config, arrays: Arrays, beams: int = 3) -> Titled:
    """Title a text by the model that a run or a record keeps.

    Args:
        text: of :func:`readable`.
        values: the configuration of the run.
        arrays: its arrays, with the weights.
        beams: width of the beam.

    Raises:
        TextError: if the model knows no character of what it reads.
        ValueError: if ``beams`` is not positive.
    """
    if beams < 1:
        raise ValueError(f"a beam has a width of 1 or more, got {beams}")
    model, vocabulary = restore(values, arrays)
    limit = int(values["text_limit"])
    seen = text[:limit]
    unknown = vocabulary.encode(seen).count(UNK)
    if unknown == len(seen):
        raise TextError(
            f"the model knows none of the first {len(seen)} characters: choose a "
            "record that was trained on such texts, see `rederived list`"
        )
    max_length = int(values["title_limit"])
    (found,) = generate(model, vocabulary.texts([seen], limit), beams, max_length)
    notes = []
    if len(text) > limit:
        notes.append(f"read the first {limit} of {len(text):,} characters")
    if unknown:
        notes.append(f"{unknown} of {len(seen)} characters read are unknown to it")
    if not found.ended:
        notes.append(f"stopped after {max_length} characters without an end")
    return Titled(vocabulary.decode(found.tokens), tuple(notes))


def score(
    dataset: str, values: Config, arrays: Arrays, beams: int = 3
) -> dict[str, float]:
    """Title the test split of a data set by the model that a run or a record keeps.

    The data set may be another than the model's own: its characters are those that the
    model knows, all others are unknown to it.

    Args:
        dataset: of texts, of the catalogue, such as ``lcsts``.
        values: the configuration of the run.
        arrays: its arrays, with the weights.
        beams: width of the beam.

    Returns:
        What :func:`measures.compare_titles` returns; ``test_loss`` (nats a token);
        ``unknown`` (share of the texts' characters); ``rows`` (pairs).

    Raises:
        TextError: if the data set holds pictures.
    """
    model, vocabulary = restore(values, arrays)
    pairs = datasets.load(dataset, "test")
    if not isinstance(pairs, datasets.Pairs):
        raise TextError(f"{dataset} holds pictures: choose one of texts and titles")
    limit, longest = int(values["text_limit"]), int(values["title_limit"])
    texts = [text[:limit] for text in pairs.texts]
    part = EncodedSplit(
        texts,
        list(pairs.titles),
        vocabulary.texts(texts, limit),
        vocabulary.titles(list(pairs.titles), longest),
    )
    found = generate(model, part.text, beams, longest)
    return {
        **measures.compare_titles(found, vocabulary, part),
        "test_loss": measures.loss_and_accuracy(model, part)[0],
        "unknown": float((part.text == UNK).sum() / (part.text != PAD).sum()),
        "rows": float(len(pairs)),
    }
