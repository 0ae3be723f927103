"""The book holds together: pairs, stored outputs, ledger, generated pages."""

import json
import re
import sys
import tempfile
from itertools import chain
from pathlib import Path

import jupytext
import nbformat
import pytest
from rederived.claims import CHECK_MIME, Verdict, verdict

from tools import excerpts, pages, rooms
from tools.contents import contents, toc_files
from tools.files import BOOK, ROOT, chapter, chapters
from tools.ledger import by_claim, read_ledger, stored_checks
from tools.pairs import differences

LEDGER = read_ledger()
TESTED = [c for c in LEDGER.claims if c.verdict is not Verdict.NOT_TESTED]
NUMBERS = [path.stem[:2] for path in chapters()]

MACHINE = re.compile(r"(?<![\w.])/(?:home|root|tmp|usr|opt|mnt|work|Users|var)/\w")

each_chapter = pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)


def code_cells(path):
    cells = nbformat.read(path, as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "code" and cell.source.strip()]


def outputs(path):
    return list(chain.from_iterable(cell.outputs for cell in code_cells(path)))


def texts(output):
    """Every stored text of an output, but for pictures."""
    if "text" in output:
        return [output.text]
    data = output.get("data", {})
    kept = {mime: data[mime] for mime in data if not mime.startswith("image/")}
    return [json.dumps(value, ensure_ascii=False) for value in kept.values()]


def test_every_text_has_its_notebook_and_every_notebook_its_text():
    halves = [
        {path.stem for path in BOOK.glob(f"[0-9][0-9]-*.{end}")}
        for end in ("md", "ipynb")
    ]
    assert halves[0] == halves[1]


@each_chapter
def test_the_pair_agrees(path):
    assert differences(path.with_suffix(".md"), path) == []


@each_chapter
def test_every_code_cell_has_been_run_in_order(path):
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1))


@each_chapter
def test_outputs_have_no_error_and_nothing_on_stderr(path):
    assert not [out for out in outputs(path) if out.output_type == "error"]
    assert not [out for out in outputs(path) if out.get("name") == "stderr"]


@each_chapter
def test_outputs_name_no_object_and_no_place_of_a_machine(path):
    places = [str(ROOT), str(Path.home()), sys.prefix, tempfile.gettempdir()]
    for text in chain.from_iterable(map(texts, outputs(path))):
        assert not re.search(r"\b0x[0-9a-f]{6,}", text)
        assert not MACHINE.search(text)
        assert not [place for place in places if place + "/" in text]


@each_chapter
def test_notebook_and_figures_are_small(path):
    assert path.stat().st_size < 1_500_000
    pictures = [out.data["image/png"] for out in outputs(path) if is_picture(out)]
    assert all(len(picture) * 3 / 4 <= 101_000 for picture in pictures)


@each_chapter
def test_code_fits_the_page(path):
    lines = chain.from_iterable(cell.source.splitlines() for cell in code_cells(path))
    assert [line for line in lines if len(line) > 75] == []


def is_picture(output):
    return "image/png" in output.get("data", {})


@each_chapter
def test_every_figure_has_a_name_a_caption_and_alt_text(path):
    for cell in code_cells(path):
        pictures = [output for output in cell.outputs if is_picture(output)]
        if not pictures:
            continue
        assert len(pictures) == 1, f"one figure a cell: {cell.source}"
        settings = cell.metadata["mystnb"]
        assert settings["figure"]["name"].startswith("fig-")
        assert settings["figure"]["caption"].strip()
        # The site takes alt text from the metadata, other readers from the output.
        assert settings["image"]["alt"] == pictures[0].data["text/plain"]


@each_chapter
def test_every_figure_is_referred_to(path):
    text = path.with_suffix(".md").read_text(encoding="utf-8")
    for cell in code_cells(path):
        name = cell.metadata.get("mystnb", {}).get("figure", {}).get("name")
        if name is not None:
            role = rf"\{{(?:num)?ref\}}`[^`]*\b{name}(?![\w-])"
            assert re.search(rf"{role}|\]\(#{name}\)", text), name


@each_chapter
def test_quoted_code_is_the_library_s(path):
    text = read(path.with_suffix(".md"))
    assert excerpts.unmarked(text) == []
    assert excerpts.renewed(text) == text, "run `make sync`"


def test_figure_names_are_unique():
    cells = chain.from_iterable(map(code_cells, chapters()))
    settings = [cell.metadata.get("mystnb", {}).get("figure", {}) for cell in cells]
    names = [entry["name"] for entry in settings if "name" in entry]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("number", NUMBERS)
def test_claims_and_errata_are_numbered_without_a_gap(number):
    claims = [claim.id for claim in LEDGER.claims if claim.chapter == number]
    assert claims == [f"{int(number)}.{k}" for k in range(1, len(claims) + 1)]
    prefix = f"{int(number)}.e"
    errata = [entry.id for entry in LEDGER.errata if entry.id.startswith(prefix)]
    assert errata == [f"{prefix}{k}" for k in range(1, len(errata) + 1)]


def test_toc_files_and_ledger_have_the_same_chapters():
    listed = [chapter.stem for chapter in contents()]
    assert listed == [path.stem for path in chapters()]
    assert sorted({claim.chapter for claim in LEDGER.claims}) == NUMBERS
    assert {f"{int(e.id.split('.')[0]):02d}" for e in LEDGER.errata} <= set(NUMBERS)


def test_the_table_of_the_readme_links_every_chapter():
    text = read(ROOT / "README.md")
    links = re.findall(r"^\| (\d+) · \[[^]]+\]\(([^)]+)\)", text, re.MULTILINE)
    stems = [chapter.stem for chapter in contents()]
    assert [Path(link).stem for _, link in links] == stems
    assert [f"{int(number):02d}" for number, _ in links] == NUMBERS
    assert all((ROOT / link).exists() for _, link in links)


def test_the_cards_of_the_front_page_link_every_chapter():
    links = re.findall(r"^:link: (.+)$", read(BOOK / "index.md"), re.MULTILINE)
    assert links == [chapter.stem for chapter in contents()]


@pytest.mark.parametrize("number", NUMBERS)
def test_checks_and_claims_cover_each_other(number):
    checked = by_claim(stored_checks(chapter(number)))
    assert set(checked) == {one.id for one in TESTED if one.chapter == number}


@pytest.mark.parametrize("claim", LEDGER.claims, ids=lambda claim: claim.id)
def test_the_verdict_is_what_the_checks_show(claim):
    checks = by_claim(stored_checks(chapter(claim.chapter))).get(claim.id, [])
    assert verdict(check.kind for check in checks) is claim.verdict


@pytest.mark.parametrize("claim", LEDGER.claims, ids=lambda claim: claim.id)
def test_the_claim_is_a_numbered_block_of_its_chapter(claim):
    text = chapter(claim.chapter).with_suffix(".md").read_text(encoding="utf-8")
    assert text.count(f":label: {claim.label}\n") == 1


@pytest.mark.parametrize("claim", TESTED, ids=lambda claim: claim.id)
def test_the_check_comes_after_its_block(claim):
    cells = jupytext.read(chapter(claim.chapter)).cells
    block = next(
        i for i, cell in enumerate(cells) if f":label: {claim.label}\n" in cell.source
    )
    checks = [
        i
        for i, cell in enumerate(cells)
        for output in cell.get("outputs", [])
        if output.get("data", {}).get(CHECK_MIME, {}).get("id") == claim.id
    ]
    assert max(checks) > block


def test_errata_point_to_claims():
    known = {claim.id for claim in LEDGER.claims}
    assert {id_ for entry in LEDGER.errata for id_ in entry.claims} <= known


@each_chapter
def test_every_check_says_what_and_has_a_measured_value(path):
    for check in stored_checks(path):
        assert check.what.strip()
        assert check.measured, check


def test_generated_pages_are_up_to_date():
    for path, text in pages.pages().items():
        assert path.exists(), f"{path.name}: tools.pages"
        assert read(path) == text, f"{path.name}: tools.pages"


def test_a_bar_in_a_statement_does_not_split_its_row():
    rows = [
        line
        for line in (BOOK / "claims.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| {ref}")
    ]
    assert len(rows) == sum(c.verdict.value != "holds" for c in LEDGER.claims)
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 4 for row in rows)


def test_every_claim_that_does_not_hold_as_printed_says_what_we_find():
    silent = [c.id for c in LEDGER.claims if c.verdict.value != "holds" and not c.found]
    assert silent == []


def test_the_table_of_contents_has_every_page_once():
    texts = [path.relative_to(ROOT).with_suffix("") for path in BOOK.glob("*.md")]
    assert sorted(toc_files()) == sorted(
        [*map(str, texts), "book/results/*", "book/source/*"]
    )


def test_no_generated_page_is_left_over():
    left = {*(BOOK / "source").glob("*.md"), *(BOOK / "results").glob("*.md")}
    assert left <= pages.pages().keys()


def test_the_house_is_small_and_stands():
    every = rooms.imports()
    assert len(rooms.house(every)) <= 18
    levels = rooms.floors(rooms.house(every))
    floor = {room: level for level, names in enumerate(levels) for room in names}
    for room, targets in rooms.house(every).items():
        assert all(floor[target] > floor[room] for target in targets)


def test_how_the_book_is_built_is_short():
    text = re.sub(r"\]\([^)]*\)", "]", read(BOOK / "how-this-book-is-built.md"))
    assert len(re.findall(r"\S*\w\S*", text)) < 500


def read(path):
    return path.read_text(encoding="utf-8")
