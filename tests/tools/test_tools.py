"""The project's tools: pairs, ledger, generated pages, the execution cache."""

import nbformat
import pytest
from nbformat import v4
from rederived.claims import CHECK_MIME, Verdict

from tools import build, files, pairs
from tools.ledger import StoredCheck, checks_of, read_ledger
from tools.markdown import plain, stacking_table, table
from tools.pairs import differences, merged, save

TEXT = """\
---
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# Title

```{code-cell} ipython3
a = 1
```

```{code-cell} ipython3
:tags: [hide-input]

a + 1
```

```{code-cell} ipython3
a + 1
```
"""

LEDGER = """\
claims:
  - {id: "3.1", statement: One., source: "(5)", kind: identity, verdict: holds}
  - {id: "3.2", statement: Two., source: "(6)", kind: empirical,
     verdict: does not hold}
errata:
  - {id: "3.e1", kind: wrong, place: "Section 2", article: Says so.,
     evidence: Is not., claims: ["3.2"]}
"""


@pytest.fixture
def pair(tmp_path):
    """A text and its notebook, whose cells have the outputs 1, 2, 3."""
    text = tmp_path / "03-a.md"
    text.write_text(TEXT, encoding="utf-8")
    notebook = text.with_suffix(".ipynb")
    content = merged(text, notebook)
    cells = [cell for cell in content.cells if cell.cell_type == "code"]
    for count, cell in enumerate(cells, 1):
        cell.execution_count = count
        data = {"text/plain": str(count)}
        cell.outputs = [v4.new_output("execute_result", data, execution_count=count)]
    save(notebook, content)
    return text, notebook


def stored(notebook):
    cells = nbformat.read(notebook, as_version=4).cells
    return [
        [output.data["text/plain"] for output in cell.outputs]
        for cell in cells
        if cell.cell_type == "code"
    ]


def test_a_pasted_picture_is_reported_and_not_lost(pair, monkeypatch):
    text, notebook = pair
    content = nbformat.read(notebook, as_version=4)
    content.cells[0]["attachments"] = {"a.png": {"image/png": "aGk="}}
    nbformat.write(content, notebook)
    (line,) = differences(text, notebook)
    assert line.startswith("cell 0 of 03-a.ipynb holds a.png: save it under")
    before = notebook.read_bytes()
    (text.parent / "book").mkdir()
    for path in pair:
        path.rename(text.parent / "book" / path.name)
    monkeypatch.setattr(pairs, "ROOT", text.parent)
    monkeypatch.setattr("sys.argv", ["pairs", "sync"])
    with pytest.raises(SystemExit, match=r"holds a\.png"):
        pairs.main()
    assert (text.parent / "book" / notebook.name).read_bytes() == before


def test_a_fresh_pair_agrees_and_is_valid(pair):
    text, notebook = pair
    assert differences(text, notebook) == []
    nbformat.validate(nbformat.read(notebook, as_version=4))


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("a = 1", "a = 2", "source"),
        ("# Title", "# Tital", "source"),
        ("hide-input", "hide-output", "metadata"),
        ("```{code-cell} ipython3\na = 1\n```", "a = 1", "cells"),
    ],
)
def test_every_kind_of_difference_is_found(pair, old, new, word):
    text, notebook = pair
    text.write_text(TEXT.replace(old, new), encoding="utf-8")
    assert any(word in line for line in differences(text, notebook))


def test_trailing_space_and_times_of_execution_do_not_count(pair):
    text, notebook = pair
    content = nbformat.read(notebook, as_version=4)
    content.cells[1].source += "\n\n"
    content.cells[1].metadata["execution"] = {"iopub.status.idle": "now"}
    save(notebook, content)
    assert differences(text, notebook) == []


def test_sync_keeps_outputs_of_unchanged_cells_only(pair):
    text, notebook = pair
    changed = TEXT.replace("a = 1", "a = 2").replace("# Title", "# Other")
    text.write_text(changed, encoding="utf-8")
    save(notebook, merged(text, notebook))
    assert stored(notebook) == [[], ["2"], ["3"]]
    assert differences(text, notebook) == []


def test_sync_follows_moved_and_inserted_cells(pair):
    text, notebook = pair
    inserted = "```{code-cell} ipython3\nb = 0\n```\n\n"
    text.write_text(
        TEXT.replace("# Title\n\n", "# Title\n\n" + inserted), encoding="utf-8"
    )
    save(notebook, merged(text, notebook))
    assert stored(notebook) == [[], ["1"], ["2"], ["3"]]


def test_sync_twice_changes_nothing(pair):
    text, notebook = pair
    save(notebook, merged(text, notebook))
    first = notebook.read_bytes()
    save(notebook, merged(text, notebook))
    assert notebook.read_bytes() == first


def test_cell_ids_are_unique_even_for_equal_cells(pair):
    ids = [cell.id for cell in nbformat.read(pair[1], as_version=4).cells]
    assert len(set(ids)) == len(ids)


def test_a_failed_write_leaves_the_file_alone(tmp_path, monkeypatch):
    path = tmp_path / "a"
    files.write(path, "old")

    def broken(*_):
        raise OSError("disk is full")

    monkeypatch.setattr(files.Path, "replace", broken)
    with pytest.raises(OSError, match="disk is full"):
        files.write(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


def test_a_chapter_is_found_by_one_digit_or_two():
    assert files.chapter("3") == files.chapter("03")


def test_an_unknown_chapter_is_named():
    with pytest.raises(ValueError, match="no single chapter '99'"):
        files.chapter("99")


@pytest.fixture
def ledger(tmp_path):
    path = tmp_path / "claims.yml"
    path.write_text(LEDGER, encoding="utf-8")
    return path


def test_the_ledger_is_read(ledger):
    read = read_ledger(ledger)
    assert [claim.label for claim in read.claims] == ["claim-3-1", "claim-3-2"]
    assert read.claims[1].verdict is Verdict.FALSE
    assert read.claims[1].chapter == "03"
    assert read.errata[0].claims == ("3.2",)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('id: "3.2"', 'id: "3.1"', "3.1 stands twice"),
        ('id: "3.2"', "id: 3.2", "write it as text"),
        ("verdict: holds", "verdict: maybe", "maybe"),
        ("kind: identity", "kind: guess", "kind is one of"),
        ('source: "(5)", ', "", "source"),
        ("statement: One.", "sentence: One.", "sentence"),
        ("kind: wrong", "kind: grave", "erratum 3.e1: kind is one of"),
    ],
)
def test_a_wrong_ledger_is_refused(ledger, old, new, message):
    ledger.write_text(LEDGER.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_ledger(ledger)


def test_checks_are_read_from_outputs():
    check = {"id": "3.1", "kind": "supports", "what": "x", "criterion": "y"}
    measured = {"rederived": {"measured": {"mean": 2.0}}}
    cell = v4.new_code_cell("pass")
    data = {CHECK_MIME: check, "text/plain": "line"}
    cell.outputs = [
        v4.new_output("display_data", data, metadata=measured),
        v4.new_output("stream", name="stdout", text="noise"),
    ]
    found = checks_of(v4.new_notebook(cells=[v4.new_markdown_cell("a"), cell]))
    assert found == [StoredCheck(**check, measured={"mean": 2.0})]
    assert found[0].line == "line"


@pytest.mark.parametrize("rule", ["| --- | --- |", "| — | — |"])
def test_a_table_shown_as_text_is_found(rule, monkeypatch, tmp_path):
    folder = tmp_path / "html" / "book"
    folder.mkdir(parents=True)
    (folder / "good.html").write_text("<table><td>a</td></table>", encoding="utf-8")
    (folder / "bad.html").write_text(f"<p>| a | b | {rule}</p>", encoding="utf-8")
    monkeypatch.setattr(build, "SITE", tmp_path)
    assert build.raw_tables() == ["bad.html"]


def test_markdown_is_escaped():
    assert plain("|a_b| < $1$ `c`") == "\\|a\\_b\\| \\< \\$1\\$ \\`c\\`"
    assert table(("a", "b"), [("1", "2")]) == [
        "| a | b |",
        "| --- | --- |",
        "| 1 | 2 |",
    ]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(build, "STAMP", tmp_path / "cache" / "library.sha256")
    build.refresh_cache("one")
    (tmp_path / "cache" / "kept").touch()
    return tmp_path / "cache"


def test_the_cache_stays_while_the_library_does(cache):
    build.refresh_cache("one")
    assert (cache / "kept").exists()


def test_the_cache_goes_with_another_library(cache):
    build.refresh_cache("two")
    assert not (cache / "kept").exists()


@pytest.mark.parametrize(
    "path", ["lib/rederived/a.py", "lib/rederived/a.yml", "results/r/record.json"]
)
def test_the_digest_sees_library_and_records(tmp_path, monkeypatch, path):
    monkeypatch.setattr(build, "ROOT", tmp_path)
    monkeypatch.setattr(build, "RESULTS", tmp_path / "results")
    target = tmp_path / path
    target.parent.mkdir(parents=True)
    digests = {build.library_digest()}
    for content in ("1", "2"):
        target.write_text(content, encoding="utf-8")
        digests.add(build.library_digest())
    target.rename(target.with_stem("b"))
    digests.add(build.library_digest())
    assert len(digests) == 4


def test_a_stacking_table_says_in_each_cell_what_it_is():
    made = "\n".join(stacking_table("n < 3.", ("run", "a & b"), [("<b>x</b>", "1")]))
    assert "<caption>n &lt; 3.</caption>" in made
    assert '<th scope="row"><b>x</b></th><td data-label="a &amp; b">1</td>' in made
