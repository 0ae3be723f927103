"""The pages of results, their digits and their curves."""

import re
import subprocess

import pytest
from rederived.records import (
    Published,
    Record,
    SeedResult,
    load_record,
    record_names,
    rounded,
)

from tools import results_pages
from tools.contents import Chapter, contents
from tools.curves import curves, ticks
from tools.files import RESULTS, ROOT
from tools.results_pages import Specification, Table, specification

CHAPTER = Chapter("03-nice", "NICE", ("https://example.org", "1"))


def record(preset, values, **fields):
    facts = dict.fromkeys((*results_pages.PROVENANCE, "command", "dirty"), "known")
    given = {
        "published": [], "deviations": ["Fewer epochs."], "data": ["mnist/test 0af"]
    }  # fmt: skip
    return Record(
        study="nice",
        preset=preset,
        identity="0",
        config={},
        seeds=[SeedResult(n, {"nats": v}, [], facts) for n, v in enumerate(values)],
        arrays={},
        **(given | fields),
    )


def page(records, tables=()):
    said = Specification({"nats": "likelihood, nats"}, {"03": list(tables)}, {})
    return results_pages._page(CHAPTER, records, said)


def test_ours_stands_beside_what_the_sources_report():
    reported = [
        Published("nats", 1980.5, "the paper, table 2"),
        Published("other", 1.0, "elsewhere"),
    ]
    made = page([record("paper", (1.0, 2.0, 3.0), published=reported)])
    assert '<td data-label="reported (by)">1980.5 (1)</td>' in made
    assert '2.0&nbsp;±&nbsp;1.0 <a href="#record-nice-paper">' in made
    assert "1. the paper, table 2." in made
    assert "elsewhere" not in made


def test_a_metric_without_words_is_refused():
    reported = [Published("nats", 1.0, "the paper")]
    said = Specification({}, {}, {})
    with pytest.raises(ValueError, match="under quantities: nats"):
        results_pages._page(CHAPTER, [record("a", (1.0,), published=reported)], said)


def test_the_number_of_seeds_stands_once_in_the_caption():
    rows = {
        "long run": (record("long", (1.0, 2.0)), ""),
        "short run": (record("short", (5.0,)), ""),
        "none": (record("none", (5.0,)), ""),
    }
    made = page([], [Table("Runs", rows, {"nats": "nats"})])
    assert "<caption>n = 1; n = 2 for “long run”.</caption>" in made
    assert made.count("n = 2") == 1


def test_a_caption_of_its_own_takes_the_place_of_the_seeds():
    rows = {"long run": (record("long", (1.0, 2.0)), "")}
    made = page([], [Table("Runs", rows, {"nats": "nats"}, "Ten networks.")])
    assert "<caption>Ten networks.</caption>" in made


def test_a_label_has_the_title_of_its_table_only_if_another_record_has_it_too():
    one, other = record("a", (1.0,)), record("b", (2.0,))
    rows = {"plain": (one, "")}
    same = [Table("First", rows, {}), Table("Second", rows, {})]
    assert results_pages._labels(same) == {"nice-a": "plain"}
    two = [Table("First", rows, {}), Table("Second", {"plain": (other, "")}, {})]
    assert results_pages._labels(two)["nice-b"] == "plain: Second"


def test_a_record_is_folded_with_how_it_was_made():
    made = page([record("mixup-0.2", (1.0,))])
    fold = made[made.index("(record-nice-mixup-0.2)=") :]
    assert ":::{dropdown} nice-mixup-0.2" in fold
    assert "- deviation: Fewer epochs." in fold
    assert "(../../results/nice-mixup-0.2/record.json)" in fold
    assert "0af" not in fold


def test_a_text_takes_the_place_of_the_braces():
    one = record("paper", (1.5,))
    made = page([], [Table("Runs", {"a": (one, "nats")}, {"{}": "value"})])
    assert '<td data-label="value">1.5</td>' in made


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("{a: a, b: b, c: c, d: d, e: e, f: f}", "more than six columns"),
        ("{nonsense: a}", "no record has 'nonsense'"),
    ],
)
def test_a_wrong_table_is_refused(columns, message, tmp_path):
    text = (
        "quantities: {}\nchapters:\n  '03':\n    tables:\n"
        f"      - {{title: T, rows: {{a: nice-modern}}, columns: {columns}}}\n"
    )
    path = tmp_path / "results.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        specification(path)


def test_every_page_of_results_shows_every_record_and_no_fingerprint():
    made = results_pages.results_pages(contents())
    text = "\n".join(made.values())
    for name in results_pages.record_names(results_pages.RESULTS):
        assert text.count(f"(record-{name})=") == 1
    assert not re.search(r"\b[0-9a-f]{64}\b", text)


def test_the_published_numbers_of_the_records_are_all_shown():
    names = results_pages.record_names(results_pages.RESULTS)
    records = [load_record(name, results_pages.RESULTS) for name in names]
    wanted = {
        (entry.metric, entry.value, entry.source, one.name)
        for one in records
        for entry in one.published
        if one.values(entry.metric)
    }
    found = results_pages._reported(records)
    assert {(*key, one.name) for key, group in found.items() for one in group} == wanted


@pytest.mark.parametrize(
    ("mean", "sd", "text"),
    [
        (35.7061, 1.0067, "35.7 ± 1.0"),
        (61.79, 0.4971, "61.8 ± 0.5"),
        (1.8613, 0.0097, "1.861 ± 0.010"),
        (2013.467, 1.11, "2013.5 ± 1.1"),
        (-2225.69, 23.01, "−2226 ± 23"),
        (12345.6, 234.0, "12,346 ± 234"),
        (0.05204, 0.0, "0.0520"),
        (0.1, 0.0, "0.1"),
        (67.0, 0.0, "67"),
        (7.600902459542084, 5e-16, "7.60"),
        (7.600902459542084, 5e-11, "7.60090245954 ± 0.00000000005"),
        (19_160_000.0, 0.0, "19,160,000"),
        (0.0, 0.0, "0"),
        (float("nan"), 0.0, "nan"),
    ],
)
def test_digits_follow_the_spread(mean, sd, text):
    assert rounded(mean, sd) == text


def test_a_negative_deviation_is_refused():
    with pytest.raises(ValueError, match="got -1"):
        rounded(1.0, -1.0)


@pytest.mark.parametrize(("low", "high"), [(1, 26), (-2250, 1087.01), (0.02, 0.02)])
def test_ticks_are_few_and_within(low, high):
    found = ticks(low, high)
    assert len(found) <= 6
    assert all(low - 1e-9 <= tick <= high + 1e-9 for tick in found)


def test_curves_are_drawn_from_left_to_right_and_the_greatest_is_on_top():
    made = "".join(curves({"a & b": [0.0, 10.0, 5.0]}, "epoch", "rises, falls"))
    points = re.search(r'points="([^"]*)"', made)[1].split()
    xs, ys = zip(*(map(float, point.split(",")) for point in points), strict=True)
    assert xs == tuple(sorted(xs))
    assert min(ys) == ys[1]
    assert max(ys) == ys[0]
    assert "a &amp; b" in made
    assert 'aria-label="rises, falls"' in made


def seed(number, commit, *, dirty, command):
    facts = dict.fromkeys(results_pages.PROVENANCE, "known")
    facts |= {"commit": commit, "dirty": dirty, "command": command}
    return SeedResult(number, {"nats": 1.0}, [], facts)


def test_records_that_cannot_be_followed_to_their_code_are_named():
    told = record("told", ())
    told.seeds.append(seed(0, "kept", dirty=False, command="run --seed 0"))
    gone = record("gone", ())
    gone.seeds.append(seed(0, "lost", dirty=False, command="run --seed 0"))
    changed = record("changed", ())
    changed.seeds.append(seed(3, "kept", dirty=False, command="run --seed 3"))
    changed.seeds.append(seed(4, "kept", dirty=True, command="run --seed 4"))
    said = Specification({"nats": "likelihood"}, {}, {}, frozenset({"lost"}))
    made = results_pages._page(CHAPTER, [told, gone, changed], said)
    assert "no history holds: its code cannot be looked at" in made
    assert "it is to be run again: gone." in made
    assert "not all of its code: changed." in made
    assert made.count("- the commit is in no history") == 1
    assert "- with uncommitted changes: seeds 4\n" in made
    assert "- command: `run --seed 3`\n- command: `run --seed 4`\n" in made
    assert "told." not in made.split("## The records")[1].split("(record-")[0]


def git(*words):
    command = ["git", "-C", str(ROOT), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_lost_commits_are_those_that_no_history_holds():
    if git("rev-parse", "--is-shallow-repository").stdout.strip() != "false":
        pytest.skip("the whole history is not here")
    named = {
        str(one.provenance["commit"])
        for name in record_names(RESULTS)
        for one in load_record(name, RESULTS).seeds
    }
    held = {
        one
        for one in named
        if git("merge-base", "--is-ancestor", one, "HEAD").returncode == 0
    }
    assert named - held == specification().lost
