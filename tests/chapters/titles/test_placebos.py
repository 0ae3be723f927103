"""Cases in which a statement of chapter 4 is false by construction: the checks fail."""

from __future__ import annotations

import pytest
import torch
from rederived import datasets
from rederived.chapters.titles import (
    TableModel,
    coverage,
    exact_search,
    greedy,
    rouge,
)
from rederived.claims import ClaimFailed, claim
from rederived.training import generator
from torch import Tensor

LONGEST = 5


@pytest.fixture(scope="module")
def news() -> datasets.Pairs:
    return datasets.load("title-grammar", "test")


def arms(seeds: int, key: int) -> Tensor:
    """Return two arms of one distribution, ``(2, seeds)``."""
    return torch.randn(2, seeds, generator=generator(4, 90, key))


def test_titles_of_other_texts_are_not_covered(news: datasets.Pairs) -> None:
    others = news.texts[1:] + news.texts[:1]
    pairs = list(zip(news.titles, others, strict=True))[:400]
    shares = torch.tensor([coverage(*pair) for pair in pairs])
    with pytest.raises(ClaimFailed):
        claim("4.12").above(shares.mean(), 0.8, what="coverage by another text")


def test_right_titles_are_not_below_the_first_characters(
    news: datasets.Pairs,
) -> None:
    """The placebo of claim 4.15: a model that writes every title right."""
    some = list(zip(news.titles, news.texts, strict=True))[:50]
    gain = [
        100 * (rouge(title, title).longest - rouge(text[:22], title).longest)
        for title, text in some
    ]
    for check in (claim("4.15").undecided.mean_below, claim("4.15").undecided.below):
        with pytest.raises(ClaimFailed):
            check(gain, 0.0, what="ROUGE-L less that of the first characters")


@pytest.mark.parametrize(("seeds", "rate"), [(5, "0.001"), (3, "0.005")])
def test_a_prior_like_none_has_no_sign(seeds: int, rate: str) -> None:
    with_, without = arms(seeds, 1)
    for check in (claim("4.9").undecided.mean_below, claim("4.9").undecided.mean_above):
        with pytest.raises(ClaimFailed):
            check(with_ - without, 0.0, what=f"averaged less none at {rate}")


def test_attention_that_helps_on_all_lengths_alike_does_not_help_more() -> None:
    noise = 2.0 * arms(3, 2)
    gain = {"short": 50.0 + noise[0], "long": 50.0 + noise[1]}
    with pytest.raises(ClaimFailed):
        claim("4.11").mean_above(gain["long"] - gain["short"], 5.0, what="long, short")


def test_attention_like_none_does_not_help() -> None:
    with_, without = 40.0 + 2.0 * arms(3, 3)
    with pytest.raises(ClaimFailed):
        claim("4.11").mean_above(with_ - without, 30.0, what="gain, short")


def test_where_the_best_title_is_the_likeliest_it_is_not_below() -> None:
    """The placebo of claim 4.19: true titles are the likeliest of the model."""
    model = TableModel(60, 3, LONGEST, generator(4, 91), sharpness=1.5)
    totals, names = model.all_titles()
    known = greedy(model, model.texts(), LONGEST)
    found = [
        exact_search(model, model.texts()[n : n + 1], LONGEST, one)
        for n, one in enumerate(known)
    ]
    true = [written(names[int(row.argmax())]) for row in totals]
    gain = [
        rouge(written(best.tokens), title).longest
        - rouge(written(plain.tokens), title).longest
        for best, plain, title in zip(found, known, true, strict=True)
        if best is not None
    ]
    assert len(gain) == 60
    with pytest.raises(ClaimFailed):
        claim("4.19").refuted.mean_below(gain, 0.0, what="likeliest less greedy")


def written(tokens: tuple[int, ...]) -> str:
    """Return tokens as characters."""
    return "".join(chr(ord("a") + n) for n in tokens)
