"""Chapter 4's live figure against the library's beam search."""

import math

import pytest
import torch
from live_page import browser, evaluate
from rederived.chapters.titles import TableModel, generate
from rederived.chapters.titles.vocabulary import SPECIAL

pytestmark = browser

SEEDS = list(range(120))
FIRST = 56  # of the figure at its start
WIDTHS = [1, 2, 3, 6]
PENALTIES = [0.0, 0.5, 1.0, 2.0]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    program = """const [seeds, widths, penalties] = given;
      return seeds.map((seed) => {
        const tables = maths.draw(seed);
        return {
          tables,
          titles: maths.titles(tables),
          best: penalties.map((a) => maths.optimum(tables, a)),
          searched: penalties.map((a) => widths.map((k) => {
            const { best, steps } = maths.search(tables, k, a);
            const goal = maths.optimum(tables, a);
            return { best, score: maths.score(best, a), steps,
              lost: maths.lost(steps, goal), words: maths.report(tables, k, a) };
          })),
          missed: seed ? null : maths.missed(1, 0, 120),
        };
      });"""
    given = [SEEDS, WIDTHS, PENALTIES]
    return evaluate("beam", program, given, tmp_path_factory.mktemp("beam"))


@pytest.fixture(scope="module")
def models(found):
    """The models of the figure as one of the library's."""
    models = TableModel(len(SEEDS), 2, 5, torch.Generator())
    for length in range(4):
        tables = [one["tables"][length] for one in found]
        models.tables[length] = torch.tensor(tables, dtype=torch.float64).log()
    return models


def tokens(title):
    """A title's number in base 2 as the library's tokens."""
    places = reversed(range(title["length"]))
    return tuple(SPECIAL + (title["number"] >> place & 1) for place in places)


def test_the_titles_are_all_there_are(found, models):
    totals, names = models.all_titles()
    torch.testing.assert_close(totals.exp().sum(1), torch.ones(len(SEEDS)).double())
    for one, expected in zip(found, totals.tolist(), strict=True):
        listed = {tokens(title): title["total"] for title in one["titles"]}
        assert listed == pytest.approx(dict(zip(names, expected, strict=True)))


@pytest.mark.parametrize("penalty", PENALTIES)
def test_the_best_title_is_the_best_of_all(found, models, penalty):
    totals, names = models.all_titles()
    lengths = torch.tensor([len(name) + 1 for name in names], dtype=torch.float64)
    best = (totals / lengths**penalty).argmax(1)
    place = PENALTIES.index(penalty)
    assert [tokens(one["best"][place]) for one in found] == [names[n] for n in best]


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_search_is_that_of_the_library(found, models, width, penalty):
    expected = generate(models, models.texts(), width, 5, penalty)
    for one, hypothesis in zip(found, expected, strict=True):
        mine = one["searched"][PENALTIES.index(penalty)][WIDTHS.index(width)]
        assert tokens(mine["best"]) == hypothesis.tokens
        assert mine["best"]["total"] == pytest.approx(hypothesis.log_prob)
        assert mine["score"] == pytest.approx(hypothesis.score)


def test_what_was_lost_was_kept_until_then(found):
    lost = 0
    for one in found:
        for goal, searched in zip(one["best"], one["searched"], strict=True):
            for mine in searched:
                step = mine["lost"]
                lost += step > 0
                for n, state in enumerate(mine["steps"][: goal["length"]], start=1):
                    begins = {
                        tokens(prefix) == tokens(goal)[:n] for prefix in state["kept"]
                    }
                    assert (True in begins) == (not step or n < step), (mine, n)
                    if n == step:
                        break
                found_it = tokens(mine["best"]) == tokens(goal)
                assert ("The beam finds it" in mine["words"]) == found_it
                assert not (found_it and step)
    assert lost > 50


def test_greedy_search_misses_as_many_as_is_said(found):
    greedy = [one["searched"][0][0]["best"]["total"] for one in found]
    best = [one["best"][0]["total"] for one in found]
    missed = sum(b - g > 1e-9 for b, g in zip(best, greedy, strict=True))
    assert found[0]["missed"] == missed > 0
    assert all(math.isfinite(total) for total in greedy)


def test_the_first_model_is_lost_where_the_caption_says(found):
    words = found[FIRST]["searched"][0][0]["words"]
    assert "likeliest title is baab" in words
    assert "lost at step 2, with its beginning ba" in words
    assert "The beam finds bbab" in words
