"""Searches against exhaustive listing, Viterbi, and each other."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rederived.chapters.titles import (
    END,
    SPECIAL,
    START,
    CachedEncoder,
    CachedState,
    Hypothesis,
    MarkovModel,
    NoCache,
    TableModel,
    article_search,
    beam_search,
    coverage,
    exact_search,
    generate,
    greedy,
    least_risk,
    nucleus,
    rouge,
    sample,
)
from rederived.chapters.titles.overlap import (
    common_subsequence,
    common_substring,
    mean_rouge,
)
from rederived.chapters.titles.scorers import Scorer
from rederived.claims import ClaimFailed, claim
from rederived.training import generator
from tiny_titles import MODELS, batch
from torch import Tensor

LONGEST = 5


def tables(rng: torch.Generator, models: int = 40) -> TableModel:
    return TableModel(models, 3, LONGEST, rng)


def log_probs(found) -> torch.Tensor:
    return torch.tensor([one.log_prob for one in found], dtype=torch.float64)


def score(model: TableModel, number: int, symbols: tuple[int, ...]) -> float:
    """Add up a title's log-probabilities, one table entry a symbol."""
    total, history = 0.0, 0
    for t, n in enumerate((*symbols, END)):
        place = -1 if n == END else n - SPECIAL
        total += float(model.tables[t][number, history, place])
        history = history * model.characters + place
    return total


def test_all_titles_have_probability_one(rng):
    totals, names = tables(rng).all_titles()
    assert torch.allclose(totals.exp().sum(1), torch.ones(()).double())
    assert len(names) == len(set(names)) == sum(3**t for t in range(LONGEST))


def test_the_list_has_each_titles_log_probability(rng):
    model = tables(rng, 2)
    totals, names = model.all_titles()
    for place in range(0, len(names), 17):
        assert math.isclose(totals[1, place], score(model, 1, names[place]))


@pytest.mark.parametrize("power", [0.0, 0.7])
def test_a_wide_beam_is_exhaustive_search(rng, power):
    model = tables(rng)
    totals, names = model.all_titles()
    lengths = torch.tensor([len(name) + 1 for name in names]).double()
    best = (totals / lengths**power).max(1)
    found = generate(model, model.texts(), 3**LONGEST, LONGEST, power)
    for one, value, place in zip(found, *best, strict=True):
        assert one.tokens == names[place]
        assert math.isclose(one.score, value)
        assert one.ended


@pytest.mark.parametrize("beams", [1, 2, 3, 8])
def test_a_found_title_has_the_log_probability_it_says(rng, beams):
    model = tables(rng, 20)
    for number, one in enumerate(generate(model, model.texts(), beams, LONGEST)):
        assert math.isclose(one.log_prob, score(model, number, one.tokens))


def test_one_beam_is_greedy_search(rng):
    model = tables(rng, 200)
    narrow = generate(model, model.texts(), 1, LONGEST)
    for one, other in zip(narrow, greedy(model, model.texts(), LONGEST), strict=True):
        assert one.tokens == other.tokens
        assert math.isclose(one.log_prob, other.log_prob)


def test_more_beams_help_on_average(rng):
    model = tables(rng, 300)
    best = model.all_titles()[0].amax(1)
    gaps = [
        float((best - log_probs(generate(model, model.texts(), k, LONGEST))).mean())
        for k in (1, 2, 4, 8)
    ]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] > 0.2
    assert gaps[-1] < 1e-3


def test_stopping_loses_nothing(rng):
    """A search that never stops early finds the same: no open beam could win."""
    model = tables(rng, 100)

    for power in (0.0, 0.5, 1.0):
        stopped = beam_search(CachedState(model, model.texts(), 4), LONGEST, power)
        alone = [_patient(model, number, 4, power) for number in range(model.models)]
        assert [one.tokens for one in stopped] == alone


def _patient(model: TableModel, number: int, k: int, power: float) -> tuple[int, ...]:
    """Beam search in plain Python, always to the last step."""
    open_, best, name = [(0.0, ())], -math.inf, ()
    for t in range(LONGEST):
        grown = []
        for total, symbols in open_:
            history = 0
            for n in symbols:
                history = history * model.characters + n - SPECIAL
            row = model.tables[t][number, history].tolist()
            grown += [
                (total + row[c], (*symbols, SPECIAL + c))
                for c in range(model.characters)
            ]
            grown.append((total + row[-1], (*symbols, END)))
        grown.sort(reverse=True)
        for total, symbols in grown[:k]:
            if symbols[-1] == END and total / len(symbols) ** power > best:
                best, name = total / len(symbols) ** power, symbols[:-1]
        open_ = [one for one in grown if one[1][-1] != END][:k]
    return name


def test_what_follows_in_a_chain_has_probability_one(rng):
    for table in MarkovModel(20, 3, LONGEST, rng).tables[:-1]:
        assert torch.allclose(table.exp().sum(-1), torch.ones(()).double())


def test_viterbi_is_exhaustive_search(rng):
    model = MarkovModel(50, 3, 6, rng)
    assert torch.allclose(model.viterbi(), model.all_titles()[0].amax(1))
    assert torch.allclose(
        model.viterbi(), log_probs(generate(model, model.texts(), 300, 6))
    )


def test_greedy_takes_the_worse_of_two():
    model = TableModel(1, 2, 3, torch.Generator().manual_seed(0))
    first, second = [[0.6, 0.4, 0.0]], [[0.5, 0.5, 0.0], [0.9, 0.1, 0.0]]
    for t, table in enumerate((first, second)):
        model.tables[t] = torch.tensor([table], dtype=torch.float64).log()
    (narrow,), (wide,) = (generate(model, model.texts(), k, 3) for k in (1, 2))
    assert math.isclose(math.exp(narrow.log_prob), 0.3)
    assert math.isclose(math.exp(wide.log_prob), 0.36)


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_all_scorers_find_the_same(make, rng):
    model = make()
    text, _ = batch(rng)
    found = [
        beam_search(scorer(model, text, 3), 8)
        for scorer in (CachedState, CachedEncoder, NoCache)
    ]
    for one, other in product(found[:1], found[1:]):
        assert [h.tokens for h in one] == [h.tokens for h in other]
        assert torch.allclose(log_probs(one), log_probs(other))


def test_texts_do_not_disturb_each_other(rng):
    model = MODELS["recurrent"]()
    text, _ = batch(rng)
    together = generate(model, text, 3, 8)
    for row, n in enumerate((9, 5, 7)):
        (alone,) = generate(model, text[row : row + 1, :n], 3, 8)
        assert alone.tokens == together[row].tokens


def test_what_a_search_costs(rng):
    model, (text, _) = MODELS["recurrent"](), batch(rng)
    n = 6
    counts = {}
    for scorer in (CachedState, CachedEncoder, NoCache):
        made = scorer(model, text, 2)
        prefixes = torch.full((6, 1), START)
        made.next(prefixes, None)
        for _ in range(n - 1):
            prefixes = torch.cat([prefixes, torch.full((6, 1), 7)], 1)
            made.next(prefixes, torch.arange(6))
        counts[scorer] = (made.decoder_steps, made.encoder_passes)
    triangle = n * (n + 1) // 2
    assert list(counts.values()) == [(n, 1), (triangle, 1), (triangle, n)]


def test_a_search_that_gives_up_says_so(rng):
    model = tables(rng, 30)
    found = generate(model, model.texts(), 2, 1)
    assert not all(one.ended for one in found)
    for number, one in enumerate(found):
        if not one.ended:
            first = model.tables[0][number, 0, :-1]
            assert one.tokens == (SPECIAL + int(first.argmax()),)


@pytest.mark.parametrize(("longest", "power"), [(0, 0.0), (3, -1.0)])
def test_senseless_searches_are_refused(rng, longest, power):
    model = tables(rng, 1)
    with pytest.raises(ValueError, match=r"max_length >= 1|length_penalty >= 0"):
        generate(model, model.texts(), 2, longest, power)


# The article's search


def test_the_stopping_rules_by_hand():
    """Two titles end at once, a better one is open; worst, best, and the open one."""
    model = TableModel(1, 2, 3, torch.Generator().manual_seed(0))
    first = [[0.6, 0.25, 0.15]]
    second = [[0.9, 0.05, 0.05], [0.1, 0.1, 0.8]]
    for t, table in enumerate((first, second)):
        model.tables[t] = torch.tensor([table], dtype=torch.float64).log()
    found = {
        stop: article_search(CachedState(model, model.texts(), 3), 3, stop, 0.0)
        for stop in ("worst ended", "best ended", "best of all", "safe")
    }
    assert found["worst ended"].tokens == found["best ended"].tokens == ()
    assert found["best of all"].tokens == found["safe"].tokens == (4, 4)
    assert math.isclose(found["best of all"].log_prob, math.log(0.54))


def test_the_first_rule_returns_the_worst_that_has_ended():
    model = TableModel(1, 2, 3, torch.Generator().manual_seed(0))
    first = [[0.5, 0.499, 0.001]]
    second = [[0.3, 0.0, 0.7], [0.2, 0.2, 0.6]]
    for t, table in enumerate((first, second)):
        model.tables[t] = torch.tensor([table], dtype=torch.float64).log()
    worst, best = (
        article_search(CachedState(model, model.texts(), 2), 3, stop, 0.0)
        for stop in ("worst ended", "best ended")
    )
    assert (worst.tokens, best.tokens) == ((5,), (4,))
    assert math.isclose(math.exp(worst.log_prob), 0.499 * 0.6)


def test_a_safe_rule_keeps_what_has_ended():
    """The empty title, 0.3, is second at once and best after the others end."""
    model = TableModel(1, 2, 3, torch.Generator().manual_seed(0))
    first = [[0.6, 0.1, 0.3]]
    second = [[0.35, 0.35, 0.3], [0.4, 0.3, 0.3]]
    for t, table in enumerate((first, second)):
        model.tables[t] = torch.tensor([table], dtype=torch.float64).log()
    kept, program = (
        article_search(CachedState(model, model.texts(), 2), 3, stop, 0.0)
        for stop in ("safe", "best of all")
    )
    assert kept.tokens == ()
    assert math.isclose(math.exp(kept.log_prob), 0.3)
    assert program.log_prob < kept.log_prob


def _program(
    model: TableModel, text: Tensor, k: int, longest: int, rule: str
) -> tuple[list[int], float]:
    """The program's search as a list of candidates, with its rule of one year."""
    kept: list[tuple[float, list[int]]] = [(0.0, [START])]
    for _ in range(longest):
        grown = []
        for total, ids in kept:
            row = model.decode(model.encode(text), torch.tensor([ids]))[0, -1]
            grown += [(total + float(row[n]), [*ids, n]) for n in range(END, len(row))]
        grown.sort(key=lambda one: one[0])
        kept = grown[-k:]
        ended = [one for one in kept if one[1][-1] == END]
        if rule == "worst ended" and ended:
            return ended[0][1], ended[0][0]
        if rule == "best ended" and ended:
            return ended[-1][1], ended[-1][0]
        if rule == "best of all" and kept[-1][1][-1] == END:
            return kept[-1][1], kept[-1][0]
    return kept[-1][1], kept[-1][0]


@pytest.mark.parametrize("rule", ["worst ended", "best ended", "best of all"])
def test_the_search_is_the_programs(rng, rule):
    """Its candidates as plain lists; what has ended is extended like the rest."""
    model = TableModel(60, 3, 5, rng, sharpness=1.5)
    for text in model.texts():
        ids, total = _program(model, text[None], 3, 5, rule)
        found = article_search(CachedState(model, text[None], 3), 5, rule, 0.0)
        assert found.tokens == tuple(n for n in ids if n not in (START, END))
        assert math.isclose(found.log_prob, total, abs_tol=1e-12)


def test_a_rule_that_is_safe_is_not_found_to_be_unsafe(rng):
    """The placebo of claim 4.18: a wide beam with the safe rule loses to nothing."""
    model = tables(rng, 60)
    plain = log_probs(greedy(model, model.texts(), LONGEST))
    found = log_probs(
        article_search(CachedState(model, text[None], 9), LONGEST, "safe", 0.0)
        for text in model.texts()
    )
    with pytest.raises(ClaimFailed):
        claim("4.18").refuted.above(
            (found < plain - 1e-9).double().mean(), 0.5, what="share below greedy"
        )


# Exact search


@pytest.mark.parametrize("characters", [2, 3])
def test_exact_search_finds_the_best_of_the_list(rng, characters):
    model = TableModel(80, characters, LONGEST, rng)
    totals, names = model.all_titles()
    known = greedy(model, model.texts(), LONGEST)
    for number, one in enumerate(known):
        text = model.texts()[number : number + 1]
        found = exact_search(model, text, LONGEST, one)
        assert found is not None
        assert found.ended
        assert found.tokens == names[int(totals[number].argmax())]
        assert math.isclose(found.log_prob, totals[number].max())


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_exact_search_is_no_worse_than_a_wide_beam(make, rng):
    model = make()
    text, _ = batch(rng)
    for row, n in enumerate((9, 5, 7)):
        alone = text[row : row + 1, :n]
        (wide,) = generate(model, alone, 400, 2)
        known = Hypothesis((), -99.0, -99.0, ended=True)
        found = exact_search(model, alone, 2, known)
        assert found is not None
        assert math.isclose(found.log_prob, wide.log_prob, rel_tol=1e-9)


def test_exact_search_gives_up_and_refuses(rng):
    model = tables(rng, 2)
    text = model.texts()
    poor = Hypothesis((), -99.0, -99.0, ended=True)
    assert exact_search(model, text[:1], LONGEST, poor, most=0) is None
    with pytest.raises(ValueError, match="got 2 texts"):
        exact_search(model, text, LONGEST, poor)
    with pytest.raises(ValueError, match="ended=False"):
        exact_search(model, text[:1], LONGEST, replace(poor, ended=False))


# Minimum Bayes risk


def test_the_title_of_least_risk_by_hand():
    assert least_risk(["甲乙", "丙", "甲乙丁", "甲乙丁"]) == "甲乙丁"
    assert least_risk(["丙", "甲"]) == "丙"
    with pytest.raises(ValueError, match="at least one"):
        least_risk([])


def test_the_floor_bounds_what_a_symbol_costs(rng):
    model = tables(rng, 1)
    model.tables[0][0, 0] = torch.tensor([-40.0, -50.0, -60.0, -80.0]).double()
    found = article_search(CachedState(model, model.texts(), 1), 1, "best of all")
    assert math.isclose(found.log_prob, math.log(1e-6), rel_tol=1e-6)


def test_the_article_searches_one_text(rng):
    model = tables(rng, 2)
    with pytest.raises(ValueError, match="one text at a time"):
        article_search(CachedState(model, model.texts(), 2), 3, "best ended")


# Sampling


def test_samples_follow_the_model(rng):
    model = TableModel(1, 2, 3, rng)
    totals, names = model.all_titles()
    text = torch.ones(20_000, 1, dtype=torch.int64)
    drawn = [one.tokens for one in sample(model, text, rng, max_length=3)]
    for name, expected in zip(names, totals[0].exp().tolist(), strict=True):
        share = drawn.count(name) / len(drawn)
        assert abs(share - expected) < 5 * math.sqrt(expected / len(drawn))


def test_a_cold_sample_is_greedy(rng):
    model = tables(rng)
    cold = sample(model, model.texts(), rng, max_length=LONGEST, temperature=1e-4)
    found = greedy(model, model.texts(), LONGEST)
    assert [one.tokens for one in cold] == [one.tokens for one in found]


def test_the_nucleus_by_hand():
    given = torch.tensor([[0.1, 0.5, 0.1, 0.3]])
    assert torch.allclose(nucleus(given, 0.5), torch.tensor([[0, 1.0, 0, 0]]))
    assert torch.allclose(nucleus(given, 0.6), torch.tensor([[0, 0.625, 0, 0.375]]))
    assert torch.allclose(nucleus(given, 1.0), given)


def test_senseless_samples_are_refused(rng):
    model = tables(rng, 1)
    with pytest.raises(ValueError, match="lies in"):
        nucleus(torch.ones(1, 2) / 2, 0.0)
    with pytest.raises(ValueError, match="positive"):
        sample(model, model.texts(), rng, temperature=0.0)


# Overlap


def subsequences(text: str) -> set[str]:
    kept = product((False, True), repeat=len(text))
    return {
        "".join(c for c, keep in zip(text, keeps, strict=True) if keep)
        for keeps in kept
    }


@given(st.text("abc", max_size=7), st.text("abc", max_size=7))
def test_common_parts_are_those_of_a_full_list(a, b):
    both = subsequences(a) & subsequences(b)
    assert common_subsequence(a, b) == max(map(len, both))
    parts = {a[i:j] for i in range(len(a) + 1) for j in range(i, len(a) + 1)}
    assert common_substring(a, b) == max(len(part) for part in parts if part in b)


def test_rouge_by_hand():
    """Recall and precision written out."""
    found = rouge("警方抓获嫌犯", "警方抓嫌犯")
    assert math.isclose(found.one, 2 * (5 / 5) * (5 / 6) / (5 / 5 + 5 / 6))
    assert math.isclose(found.two, 2 * (3 / 4) * (3 / 5) / (3 / 4 + 3 / 5))
    assert math.isclose(found.longest, found.one)
    assert rouge("aab", "ab").one == rouge("ab", "aab").one == 0.8
    assert rouge("", "a").one == rouge("b", "a").longest == 0.0


@pytest.mark.parametrize(
    ("candidate", "two", "longest"),
    [("aecd", 1 / 3, 3 / 4), ("cdea", 1 / 3, 2 / 4), ("cdab", 2 / 3, 2 / 4)],
    ids=[
        "police kill the gunman",
        "the gunman kill police",
        "the gunman police killed",
    ],
)
def test_rouge_of_the_examples_of_its_paper(candidate, two, longest):
    """Lin 2004, section 3.1, a letter for a word: police killed the gunman."""
    found = rouge(candidate, "abcd")
    assert (found.two, found.longest) == pytest.approx((two, longest))


@given(st.text("一二三四", min_size=2, max_size=9), st.text("一二三四", max_size=9))
def test_rouge_is_one_for_equals_and_symmetric(a, b):
    assert rouge(a, a).one == rouge(a, a).two == rouge(a, a).longest == 1.0
    assert rouge(a, b) == rouge(b, a)
    assert mean_rouge([a, a], [a, a]).two == 1.0


def test_the_mean_over_titles_is_that_of_each_measure():
    one, other = rouge("一二三", "一三"), rouge("一二", "一二")
    found = mean_rouge(["一二三", "一二"], ["一三", "一二"])
    for name in ("one", "two", "longest"):
        expected = (getattr(one, name) + getattr(other, name)) / 2
        assert getattr(found, name) == pytest.approx(expected)


def test_coverage_and_bad_input():
    assert coverage("abc", "cxb") == 2 / 3
    with pytest.raises(ValueError, match="empty title"):
        coverage("", "a")
    with pytest.raises(ValueError, match="no titles"):
        mean_rouge([], [])
    with pytest.raises(ValueError, match="shorter"):
        mean_rouge(["a", "b"], ["a"])


class Elsewhere(Scorer):
    """A scorer whose text is on another device; it answers from the CPU."""

    asked: torch.device | None = None

    def advance(self, prefixes: Tensor, parents: Tensor | None) -> Tensor:
        assert prefixes.device == self.device
        assert parents is None or parents.device == self.device
        self.asked = prefixes.device
        return torch.zeros(len(prefixes), 7).log_softmax(-1)


def test_a_scorer_gets_its_tensors_on_the_device_of_the_text() -> None:
    text = torch.zeros(1, 3, dtype=torch.int64, device="meta")
    scorer = Elsewhere(TableModel(1, 3, 4, generator(0)), text, 2)
    assert len(beam_search(scorer, 3)) == 1
    assert scorer.asked == torch.device("meta")
    scorer = Elsewhere(TableModel(1, 3, 4, generator(0)), text, 2)
    assert article_search(scorer, 3, "best of all").tokens
    assert scorer.asked == torch.device("meta")


@pytest.mark.parametrize("rows", [1, 3])
def test_a_nucleus_is_a_distribution_in_each_row(rows: int) -> None:
    table = torch.tensor([[0.6, 0.3, 0.1], [0.2, 0.3, 0.5], [0.1, 0.8, 0.1]])[:rows]
    found = nucleus(table, 0.7)
    torch.testing.assert_close(found.sum(1), torch.ones(rows))
    torch.testing.assert_close(found[0], torch.tensor([2 / 3, 1 / 3, 0.0]))


def test_the_longest_histories_can_only_end() -> None:
    last = TableModel(2, 3, 3, torch.Generator().manual_seed(0)).tables[-1]
    assert bool((last[..., :-1] == -math.inf).all())
    assert not last[..., -1].any()
