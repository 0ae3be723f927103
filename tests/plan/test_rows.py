"""The plan is what the studies and the ledger know; nonsense in it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from rederived.plan import describe, load_plan, progress_of, rows_named, waiting
from rederived.plan.rows import Batch, Job

from tools.files import ROOT


def write(path: Path, **row: object) -> Path:
    """Write a plan of one row."""
    path.write_text(yaml.safe_dump({"rows": [{"name": "1", "decides": "a"} | row]}))
    return path


def test_every_row_names_rules_that_the_ledger_holds() -> None:
    ledger = yaml.safe_load((ROOT / "book/claims.yml").read_text(encoding="utf-8"))
    ruled = {claim["id"] for claim in ledger["claims"] if "rule" in claim}
    rows = load_plan()
    assert [row.name for row in rows] == [str(number) for number in range(1, 9)]
    for row in rows:
        assert set(row.rules) <= ruled, row.name
        assert row.runs or row.missing, row.name
        # what has no rule cannot be decided: it is said to be missing
        assert row.rules or any("rule" in text for text in row.missing), row.name


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ({"study": "nise", "presets": ["paper"], "seeds": 1}, "no study 'nise'"),
        ({"study": "nice", "presets": ["papyrus"], "seeds": 1}, "'papyrus'"),
        ({"study": "nice", "presets": ["paper"]}, "is no plan"),
        ({"study": "nice", "presets": ["paper"], "seeds": 1, "x": 2}, "is no plan"),
        ({"study": "nice", "presets": ["paper"], "seeds": 0}, "seeds of nice must be"),
        ({"study": "nice", "presets": ["paper"], "seeds": 1.5}, "seeds of nice must"),
        (
            {"study": "nice", "presets": ["paper"], "seeds": 1, "gpu_seconds": "x"},
            "'gpu_seconds' must be a finite number",
        ),
        ("nice", "is no plan"),
    ],
)
def test_a_plan_of_what_does_not_exist_is_refused(
    run: object, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        load_plan(write(tmp_path / "plan.yml", runs=[run]))


def test_a_row_that_is_not_there_is_named(tmp_path: Path) -> None:
    rows = load_plan(write(tmp_path / "plan.yml"))
    assert rows_named(rows, []) == rows
    with pytest.raises(ValueError, match="no row '9'"):
        rows_named(rows, ["9"])


def test_what_is_recorded_finished_or_begun_is_counted(runs: Path) -> None:
    from rederived.study import study

    batch = Batch("nice", ("article-first-narrow",), 8)  # seeds 0 to 4 are recorded
    chosen = study("nice")
    identity = chosen.identity(chosen.config("article-first-narrow", "full"))
    for seed, file in ((5, "run.json"), (6, "checkpoint.safetensors")):
        folder = runs / "nice" / identity / f"seed-{seed}"
        folder.mkdir(parents=True)
        (folder / file).touch()
    found = progress_of(batch.jobs())
    assert str(found) == "5 recorded, 1 finished, 1 begun, 1 not begun"
    left = waiting([*batch.jobs(), *batch.jobs()])
    assert left == [Job("nice", "article-first-narrow", seed) for seed in (6, 7)]


def test_seeds_begin_with_the_first() -> None:
    batch = Batch("nice", ("paper",), 2, first=5)
    assert [job.seed for job in batch.jobs()] == [5, 6]


def test_costs_are_of_all_seeds_and_presets(runs: Path, tmp_path: Path) -> None:
    del runs
    run = {"study": "nice", "presets": ["paper", "modern"], "seeds": 3}
    path = write(tmp_path / "plan.yml", runs=[run | {"core_seconds": 600}])
    text = describe(load_plan(path)[0])
    assert "two cores 30 min, one GPU not measured" in text
    assert "rules: none written yet" in text


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"rules": "3.15"}, "rules must be a list of texts, not '3.15'"),
        ({"missing": "a GPU"}, "missing must be a list of texts"),
        ({"mising": ["a GPU"]}, "a row has no field mising"),
        (
            {"runs": [{"study": "nice", "presets": [], "seeds": 1, "first": -1}]},
            "a seed is a whole number of at least 0, not -1",
        ),
    ],
)
def test_a_row_that_says_less_than_its_author_wrote_is_refused(
    row: dict[str, object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        load_plan(write(tmp_path / "plan.yml", **row))


def test_two_rows_of_one_name_are_refused(tmp_path: Path) -> None:
    row = {"name": "1", "decides": "a"}
    (tmp_path / "plan.yml").write_text(yaml.safe_dump({"rows": [row, row]}))
    with pytest.raises(ValueError, match="has two rows '1': rename one"):
        load_plan(tmp_path / "plan.yml")
