"""A grammar of Chinese articles whose titles follow from their texts.

An article is about one of nine subjects.  Its facts stand in one or two sentences, told
in one of several ways; around them stand sentences on other names, places and numbers
of the same kinds, which the title must leave out.  So a title can be written by whoever
understands which sentence says what, and not by copying the beginning.
"""

import zlib

from torch import Generator

from rederived.datasets.containers import Pairs, Source
from rederived.datasets.fingerprints import of_texts
from rederived.datasets.title_subjects import SUBJECTS, Article
from rederived.datasets.title_words import Draws

MIN_TEXT = 40
_PATIENCE = 100_000  # draws without a new title
_TEST_SHARE = 8  # one title in eight belongs to the test split


def title_pairs(n: int, generator: Generator, split: str = "train") -> Pairs:
    """Draw articles of the grammar.

    Args:
        n: Number of articles.
        generator: Source of the draws.
        split: ``"train"`` or ``"test"``.  A title belongs to one of them for ever, by a
            checksum of its characters, so the splits never share a title.

    Returns:
        Titles of 6 to 25 characters, texts of 40 to 150, no title twice.

    Raises:
        ValueError: if ``split`` is neither, ``n`` is negative, or there are no ``n``
            different titles.
    """
    if split not in ("train", "test"):
        raise ValueError(f"split is {split!r}; give 'train' or 'test'")
    if n < 0:
        raise ValueError(f"n is {n}; give 0 or more articles")
    draws = Draws(generator)
    articles: dict[str, str] = {}
    missed = 0
    while len(articles) < n:
        article = draws.one(SUBJECTS)(draws)
        missed += 1
        if split_of(article.title) == split and article.title not in articles:
            articles[article.title] = _compose(article, draws)
            missed = 0
        if missed == _PATIENCE:
            raise ValueError(
                f"n is {n}; after {len(articles)} articles {missed:,} draws gave no "
                f"new {split} title: ask for fewer"
            )
    titles, texts = tuple(articles), tuple(articles.values())
    fingerprint = of_texts(titles, texts)
    return Pairs(titles, texts, Source("title-grammar", split, "embedded", fingerprint))


def split_of(title: str) -> str:
    """Return the split that a title belongs to: CRC-32 of its UTF-8 modulo 8."""
    return "test" if zlib.crc32(title.encode()) % _TEST_SHARE == 0 else "train"


def _compose(article: Article, draws: Draws) -> str:
    """Put one to three of the other sentences before and after the facts."""
    others = draws.some(article.others, len(article.others))
    count = draws.number(1, min(3, len(others)))
    before = draws.number(0, 1)
    head, tail = others[:before], others[before:count]
    text = "".join([*head, article.facts, *tail])
    for sentence in others[max(count, before) :]:
        if len(text) >= MIN_TEXT:
            break
        text += sentence
    return text
