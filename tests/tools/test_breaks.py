"""The breaks of the ledger cannot rot; the runner of pages sees what fails."""

import ast
import json

import pytest
from rederived.claims import Verdict

from tools import breaks
from tools.files import ROOT
from tools.ledger import read_ledger
from tools.notebook_claims import code_cells, run_notebook

CLAIMS = read_ledger().claims
BREAKS = [(claim, change) for claim in CLAIMS for change in claim.breaks]
each_break = pytest.mark.parametrize(
    ("claim", "change"), BREAKS, ids=[change.name for _, change in BREAKS]
)


@each_break
def test_the_text_to_be_changed_is_there_once(claim, change):
    text = (ROOT / "lib" / "rederived" / change.file).read_text(encoding="utf-8")
    assert text.count(change.old) == 1
    assert change.old != change.new
    ast.parse(text.replace(change.old, change.new))


@each_break
def test_a_break_names_claims_of_one_chapter(claim, change):
    known = {one.id for one in CLAIMS if one.chapter == claim.chapter}
    assert {claim.id, *change.also} <= known


def test_names_are_unique():
    names = [change.name for _, change in BREAKS]
    assert len(set(names)) == len(names)


def test_every_claim_has_a_break():
    caught = {id_ for claim, change in BREAKS for id_ in (claim.id, *change.also)}
    tested = {c.id for c in CLAIMS if c.verdict is not Verdict.NOT_TESTED}
    assert tested - caught == set()


def test_a_word_chooses_breaks_with_their_page_unchanged_first():
    first, *rest = breaks.jobs(["3.2"])
    assert first.change is None
    assert first.chapter == "03"
    assert rest
    assert all(job.claims[0] == "3.2" for job in rest)


def test_a_word_that_matches_nothing_is_refused():
    with pytest.raises(ValueError, match="no break or claim is called nonsense"):
        breaks.jobs(["nonsense"])


def test_a_copy_of_the_library_has_the_break(tmp_path):
    _, change = BREAKS[0]
    breaks.copy_library(tmp_path, change)
    path = tmp_path / "lib" / "rederived" / change.file
    assert change.new in path.read_text(encoding="utf-8")
    assert (tmp_path / "lib" / "rederived" / "recorded").is_dir()  # the records


@pytest.fixture
def page(tmp_path, monkeypatch):
    """A page on which claims 3.2, 3.3 and 3.5 fail and a cell is broken."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", None)
    cells = [
        "%matplotlib inline\nfrom rederived.claims import claim",
        "claim('3.1').close(1.0, 1.0, atol=0.1, what='one')\n"
        "claim('3.2').close(1.0, 2.0, atol=0.1, what='two')\n"
        "x = 1",
        "y = undefined",
        "claim('3.3').equal(x, 2, what='three')\nclaim('3.4').above(x, 0, what='x')",
        "claim('3.5').above(x, 2, what='after the end')",
    ]
    content = [
        {"cell_type": "markdown", "source": ["claim('3.1').nonsense"]},
        *({"cell_type": "code", "source": cell.splitlines(True)} for cell in cells),
    ]
    path = tmp_path / "page.ipynb"
    path.write_text(json.dumps({"cells": content}), encoding="utf-8")
    return path


def test_a_page_goes_on_after_failures(page):
    failures = run_notebook(page, ())
    assert list(failures) == ["3.2", "cell 2", "3.3", "3.5"]
    assert failures["cell 2"].startswith("NameError")
    assert "two" in failures["3.2"]


def test_a_page_stops_at_the_wanted_failure(page):
    assert list(run_notebook(page, ["3.3", "3.2"])) == ["3.2", "cell 2", "3.3"]
    assert list(run_notebook(page, ["3.2"])) == ["3.2"]


def test_magics_are_left_out(page):
    assert code_cells(page)[0] == "from rederived.claims import claim"


def test_a_page_may_draw(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", None)
    program = """from rederived import figures
made = figures.lines({"a": [0.0, 1.0]}, xlabel="x", ylabel="y")
figures.show(made, alt="a line")"""
    cell = {"cell_type": "code", "source": program.splitlines(True)}
    path = tmp_path / "drawn.ipynb"
    path.write_text(json.dumps({"cells": [cell]}), encoding="utf-8")
    assert run_notebook(path, ()) == {}


def test_three_parts_are_all_jobs():
    parts = [breaks.jobs([f"{part}/3"]) for part in (1, 2, 3)]
    together = [job for part in parts for job in part]
    assert sorted(together, key=repr) == sorted(breaks.jobs([]), key=repr)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    with pytest.raises(ValueError, match="no part 4/3"):
        breaks.jobs(["4/3"])
