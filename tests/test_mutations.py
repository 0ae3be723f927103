"""The list of mutations cannot rot; the runner of pages sees what fails."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
import yaml
from mutation import Mutation
from mutation_list import MUTATIONS
from mutation_notebook import code_cells, run_notebook

ROOT = Path(__file__).parents[1]
every_mutation = pytest.mark.parametrize(
    "mutation", MUTATIONS, ids=lambda mutation: mutation.name
)


@every_mutation
def test_the_text_to_be_changed_is_there_once(mutation: Mutation) -> None:
    text = (ROOT / "lib" / "rederive" / mutation.file).read_text(encoding="utf-8")
    assert text.count(mutation.old) == 1
    ast.parse(text.replace(mutation.old, mutation.new))
    assert mutation.old != mutation.new


@every_mutation
def test_what_must_notice_is_there(mutation: Mutation) -> None:
    assert bool(mutation.tests) != bool(mutation.claims)
    assert len({claim.split(".")[0] for claim in mutation.claims}) < 2
    for test in mutation.tests:
        file, _, function = test.partition("::")
        text = (ROOT / "tests" / file).read_text(encoding="utf-8")
        assert re.search(rf"^def {function}\(", text, re.MULTILINE), test


def test_names_are_unique_and_many() -> None:
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS) >= 35


def test_every_claim_has_a_mutation_that_breaks_its_check() -> None:
    ledger = yaml.safe_load((ROOT / "book" / "claims.yml").read_text(encoding="utf-8"))
    claims = {entry["id"] for entry in ledger["claims"]}
    assert {claim for mutation in MUTATIONS for claim in mutation.claims} == claims


def notebook(folder: Path, *cells: str) -> Path:
    """Write a notebook of code cells."""
    content = [
        {"cell_type": "code", "source": cell.splitlines(keepends=True)}
        for cell in cells
    ]
    text = {"cell_type": "markdown", "source": ["claim('3.1').nonsense"]}
    path = folder / "page.ipynb"
    path.write_text(json.dumps({"cells": [text, *content]}), encoding="utf-8")
    return path


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a page on which claims 3.2 and 3.3 fail and a cell is broken."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", None)
    return notebook(
        tmp_path,
        "%matplotlib inline\nfrom rederive.claims import claim",
        "claim('3.1').close(1.0, 1.0, atol=0.1, what='one')\n"
        "claim('3.2').close(1.0, 2.0, atol=0.1, what='two')\n"
        "x = 1",
        "y = undefined",
        "claim('3.3').equal(x, 2, what='three')\nclaim('3.4').above(x, 0, what='x')",
        "claim('3.5').above(x, 2, what='after the end')",
    )


def test_a_page_goes_on_after_failures(page: Path) -> None:
    failures = run_notebook(page, ())
    assert list(failures) == ["3.2", "cell 2", "3.3", "3.5"]
    assert failures["cell 2"].startswith("NameError")
    assert "two" in failures["3.2"]


def test_a_page_stops_at_the_wanted_failure(page: Path) -> None:
    assert list(run_notebook(page, ["3.3", "3.2"])) == ["3.2", "cell 2", "3.3"]
    assert list(run_notebook(page, ["3.2"])) == ["3.2"]


def test_magics_are_left_out(page: Path) -> None:
    assert code_cells(page)[0] == "from rederive.claims import claim"
