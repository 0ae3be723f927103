"""A chapter's records drawn anew: which, with what seeds, and what is said of them."""

import math
from dataclasses import replace

import pytest
from rederived.records import RunError, load_record, record_names
from rederived.study import study

from tools import recheck
from tools.files import RESULTS
from tools.recheck import Certificate, affordable, cost, drawn_anew, fresh_seeds


def test_seeds_follow_from_the_commit_and_differ():
    first, again, other = (fresh_seeds(one, 50) for one in ("a", "a", "b"))
    assert first == again
    assert len({*first, *other}) == 100
    assert all(0 <= seed < 2**31 for seed in first)
    assert first[:3] == fresh_seeds("a", 3)


@pytest.fixture
def record():
    found = load_record("mixup-digits-erm", RESULTS)
    return replace(found, seeds=found.seeds[:2])


def timed(record, name, *seconds):
    seeds = [
        replace(one, provenance=one.provenance | {"wall_seconds": spent})
        for one, spent in zip(record.seeds, seconds, strict=True)
    ]
    return replace(record, preset=name, seeds=seeds)


def test_the_cheapest_are_drawn_while_the_time_lasts(record):
    cheap, dear = timed(record, "cheap", 1, 2), timed(record, "dear", 5, 4)
    unknown = replace(record, seeds=[replace(record.seeds[0], provenance={})])
    assert [cost(cheap), cost(dear)] == [3, 9]
    assert affordable([unknown, dear, cheap], 12) == [cheap, dear]
    assert affordable([unknown, dear, cheap], 11) == [cheap]
    assert affordable([unknown, dear, cheap], 2) == []


def test_an_interrupted_run_costs_what_its_training_did(record):
    last = timed(record, "resumed", 1, 2)
    metrics = last.seeds[0].metrics | {"training_seconds": 90.0}
    resumed = replace(last.seeds[0], metrics=metrics)
    assert cost(replace(last, seeds=[resumed, last.seeds[1]])) == 92


def test_a_run_of_a_gpu_has_no_known_cost(record):
    there = record.seeds[0].provenance | {"trained_on": "cuda", "wall_seconds": 1}
    assert (
        cost(replace(record, seeds=[replace(record.seeds[0], provenance=there)]))
        == math.inf
    )


def test_other_seeds_of_the_same_configuration(record):
    new = drawn_anew(record, study("mixup"), [7, 8])
    assert (new.name, new.identity) == (record.name, record.identity)
    assert [one.seed for one in new.seeds] == [7, 8]
    assert new.values("test_error") != record.values("test_error")


def test_a_preset_that_has_changed_is_not_drawn(record):
    with pytest.raises(RunError, match="digits-erm is not what mixup-digits-erm"):
        drawn_anew(replace(record, identity="0" * 12), study("mixup"), [7])


def test_checks_that_measure_what_they_measured_rest_on_no_draw():
    stored = recheck.by_claim(recheck.stored_checks(recheck.chapter("07")))
    same = {
        claim: [[one.measured[name] for name in sorted(one.measured)] for one in group]
        for claim, group in stored.items()
    }
    assert set(recheck.moved(same, "07").values()) == {0}
    same["7.12"][0][0] += 1.0
    assert recheck.moved(same, "07")["7.12"] == 1


@pytest.mark.parametrize(("code", "dirt"), [("unknown", False), ("abc", True)])
def test_uncommitted_code_is_refused(monkeypatch, code, dirt):
    monkeypatch.setattr(recheck, "commit", lambda: code)
    monkeypatch.setattr(recheck, "dirty", lambda: dirt)
    with pytest.raises(RunError, match="commit all changes first"):
        recheck.recheck("07", 1.0)


def test_the_report_names_what_does_not_stand(capsys):
    failed = {"7.12": "claim 7.12 fails: lead", "cell 9": "ValueError: x"}
    found = Certificate("07", "abc", [1], ["r"], [], {"7.9": 2}, failed)
    assert recheck.report(found) == 2
    lines = capsys.readouterr().out.splitlines()
    assert "7.9   holds: stands on new draws (2 checks)" in lines
    assert any(
        line.startswith("7.12") and "DOES NOT STAND: claim 7.12" in line
        for line in lines
    )
    assert "cell 9: ValueError: x" in lines


def test_every_recorded_preset_has_a_name_that_is_found():
    assert "mixup-digits-erm" in record_names(RESULTS)
