"""Tables of records on a page."""

from dataclasses import replace

import pytest
from rederived.records import (
    Published,
    Record,
    Run,
    RunError,
    gather,
    show_comparison,
    show_table,
)


def record(published: list[Published], **metrics: float) -> Record:
    return gather([run(0, **metrics)], published, [])


def run(seed: int, **metrics: float) -> Run:
    return Run("nice", "tiny", seed, "1d", {}, metrics, [], [], {})


def shown(capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    """Return the printed table's cells, and each note as a row of one."""
    lines = capsys.readouterr().out.strip().split("\n")
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines if line
    ]


PAPER = Published("error", 4.24, "the paper, table 1")
PROGRAM = Published("error", 5.0, "the program's README")


def test_sources_are_numbered_rows_and_notes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = record([PAPER, Published("loss", 0.5, PAPER.source)], error=5.0, loss=1.0)
    second = record([PROGRAM], error=6.0)
    show_comparison(
        {"plain": first, "mixup": second}, {"error": "error, %", "loss": "loss"}
    )
    assert shown(capsys) == [
        ["", "error, %", "loss"],
        ["---", "---", "---"],
        ["plain", "5", "1"],
        ["mixup", "6", "–"],
        ["published, 1", "4.24", "0.5"],
        ["published, 2", "5", "–"],
        ["One seed."],
        ["1. the paper, table 1"],
        ["2. the program's README"],
    ]


def test_a_source_of_other_metrics_is_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_comparison({"plain": record([PAPER], loss=1.0)}, {"loss": "loss"})
    assert shown(capsys) == [
        ["", "loss"],
        ["---", "---"],
        ["plain", "1"],
        ["One seed."],
    ]


def test_more_metrics_than_records_become_rows(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_comparison(
        {"plain": record([PAPER], error=5.0, loss=1.0, size=1234567.0)},
        {"error": "error, %", "loss": "loss", "size": "parameters"},
    )
    assert shown(capsys) == [
        ["", "plain", "published, 1"],
        ["---", "---", "---"],
        ["error, %", "5", "4.24"],
        ["loss", "1", "–"],
        ["parameters", "1,234,567", "–"],
        ["One seed."],
        ["1. the paper, table 1"],
    ]


PAIR = gather([run(0, error=4.0, loss=1.0), run(1, error=5.0, loss=1.02)], [], [])


def test_seeds_are_counted_once_where_all_records_have_as_many(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_comparison({"plain": PAIR, "same": PAIR}, {"error": "error, %"})
    assert shown(capsys)[2:] == [
        ["plain", "4.5 ± 0.7"],
        ["same", "4.5 ± 0.7"],
        ["Mean ± standard deviation over 2 seeds."],
    ]


def test_a_deviation_of_nothing_is_not_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    same = gather([run(0, rate=7.6009), run(1, rate=7.60091)], [], [])
    show_comparison({"plain": same}, {"rate": "nats"})
    assert shown(capsys)[2] == ["plain", "7.60"]


def test_seeds_have_a_column_where_records_differ(
    capsys: pytest.CaptureFixture[str],
) -> None:
    both = {"two": PAIR, "one": record([PAPER], error=6.0)}
    show_comparison(both, {"error": "error, %"})
    assert shown(capsys) == [
        ["", "n", "error, %"],
        ["---", "---", "---"],
        ["two", "2", "4.5 ± 0.7"],
        ["one", "1", "6"],
        ["published, 1", "–", "4.24"],
        ["Mean ± standard deviation over n seeds."],
        ["1. the paper, table 1"],
    ]
    both["one"] = record([], error=6.0)
    show_comparison(both, {"error": "error, %", "loss": "loss", "size": "size"})
    assert shown(capsys)[:4] == [
        ["", "two", "one"],
        ["---", "---", "---"],
        ["n", "2", "1"],
        ["error, %", "4.5 ± 0.7", "6"],
    ]


def test_a_metric_of_some_seeds_only_is_refused() -> None:
    uneven = gather([run(0, error=4.0), run(1, error=5.0, loss=1.0)], [], [])
    with pytest.raises(RunError, match="nice-tiny has 'loss' of 1 seeds of 2"):
        show_comparison({"uneven": uneven}, {"loss": "loss"})


def test_counts_are_whole_and_averages_are_not() -> None:
    one = Run("nice", "tiny", 0, "1d", {}, {"size": 2000.0}, [], [], {})
    two = replace(one, seed=1, metrics={"size": 2001.0})
    assert str(gather([one], [], []).summary("size")) == "2,000 (n = 1)"
    assert str(gather([one, two], [], []).summary("size")) == "2000.50 ± 0.71 (n = 2)"


def test_a_row_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        show_table(["a", "b"], [["1"]])


def test_a_source_with_two_values_of_a_metric_is_refused() -> None:
    runs = [Run("toss", "few", 0, "c0ffee", {}, {"heads": 0.4}, [], [], {})]
    records = {
        name: gather(runs, [Published("heads", value, "a paper")], [])
        for name, value in (("a", 0.4), ("b", 0.5))
    }
    with pytest.raises(
        RunError, match=r"'a paper' reports heads 0\.4 and 0\.5 for two"
    ):
        show_comparison(records, {"heads": "heads"})
