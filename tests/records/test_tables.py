"""Tables of records on a page."""

from dataclasses import replace

import pytest
from rederived.records import (
    Published,
    Record,
    Run,
    gather,
    show_comparison,
    show_table,
)


def record(published: list[Published], **metrics: float) -> Record:
    run = Run("nice", "tiny", 0, "1d", {}, metrics, [], [], {})
    return gather([run], published, [])


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
        ["plain", "5.00 (n = 1)", "1.00 (n = 1)"],
        ["mixup", "6.00 (n = 1)", "–"],
        ["published, 1", "4.24", "0.5"],
        ["published, 2", "5", "–"],
        ["1. the paper, table 1"],
        ["2. the program's README"],
    ]


def test_a_source_of_other_metrics_is_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_comparison({"plain": record([PAPER], loss=1.0)}, {"loss": "loss"})
    assert shown(capsys) == [["", "loss"], ["---", "---"], ["plain", "1.00 (n = 1)"]]


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
        ["error, %", "5.00 (n = 1)", "4.24"],
        ["loss", "1.00 (n = 1)", "–"],
        ["parameters", "1,234,567 (n = 1)", "–"],
        ["1. the paper, table 1"],
    ]


def test_counts_are_whole_and_averages_are_not() -> None:
    one = Run("nice", "tiny", 0, "1d", {}, {"size": 2000.0}, [], [], {})
    two = replace(one, seed=1, metrics={"size": 2001.0})
    assert str(gather([one], [], []).summary("size")) == "2,000 (n = 1)"
    assert str(gather([one, two], [], []).summary("size")) == "2000.50 ± 0.71 (n = 2)"


def test_a_row_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        show_table(["a", "b"], [["1"]])
