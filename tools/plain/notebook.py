"""One chapter as a plain notebook, made of the executed pair."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import nbformat

from tools.address import Address
from tools.files import ROOT
from tools.ledger import LedgerClaim
from tools.pairs import KERNEL, LANGUAGE, Notebook
from tools.plain.blocks import PlainError
from tools.plain.citations import Literature
from tools.plain.first_cell import first_cell
from tools.plain.labels import Labels
from tools.plain.markdown import Markdown, anchor
from tools.plain.prose import Writer

VARIES = "nbval-ignore-output"
"""The tag of a cell whose output is not the same on every machine."""

_GPU = re.compile(r"\bwants?\s+a\s+GPU\b")


def plain_notebook(
    path: Path,
    labels: Labels,
    literature: Literature,
    ledger: Mapping[str, LedgerClaim],
    place: Address | None,
) -> Notebook:
    """Return a chapter without MyST, with the outputs stored in it.

    Args:
        path: the chapter's notebook, its text beside it.
        labels: of the whole book.
        literature: of the whole book.
        ledger: label of a claim -> the claim.
        place: where the project is published; without it the page's own first cell
            stays, and links to other pages become text.

    Raises:
        PlainError: if something has no plain form, or a figure no alt text.
    """
    page = path.with_suffix(".md").read_text(encoding="utf-8")
    source = nbformat.read(path, as_version=4)
    name = path.relative_to(ROOT).with_suffix("").as_posix()
    writer = Writer(name, labels, literature, place.site if place else None)
    markdown = Markdown(writer, ledger)
    lines = _lines(page, source.cells, path.stem)
    cells: list[Notebook] = []
    for cell, line in zip(source.cells, lines, strict=True):
        if cell.cell_type == "code":
            cells += _code(cell, line, markdown)
        elif text := markdown.cell(cell.source, line):
            cells.append(_text(cell.id, text))
    cells.append(_text("references", _end(writer, literature)))
    if place is not None:
        first = next(cell for cell in cells if cell.cell_type == "code")
        first.source = first_cell(place)
    made = nbformat.v4.new_notebook(cells=cells, metadata=_metadata(page))
    nbformat.validate(made)
    return made


def _lines(page: str, cells: list[Notebook], stem: str) -> list[int]:
    """Return the line of the page on which each cell begins."""
    found, position = [], 0
    for cell in cells:
        text = cell.source.strip("\n")
        start = page.find(text, position)
        if start < 0:
            line = page.count("\n", 0, position) + 1
            what = "the notebook has other text after this line; run `make sync`"
            raise PlainError(stem, line, what)
        lead = len(cell.source) - len(cell.source.lstrip("\n"))
        found.append(page.count("\n", 0, start) + 1 - lead)
        position = start + len(text)
    return found


def _code(cell: Notebook, line: int, markdown: Markdown) -> list[Notebook]:
    """Return a code cell, and its figure's caption in a cell of its own."""
    metadata = cell.metadata
    tags = metadata.get("tags", [])
    kept: dict[str, object] = {"tags": [VARIES]} if VARIES in tags else {}
    if "hide-input" in tags or markdown.solution:
        kept["jupyter"] = {"source_hidden": True}
    made = nbformat.from_dict(cell)
    made.metadata = nbformat.from_dict(kept)
    given = metadata.get("mystnb", {}).get("image", {}).get("alt", "")
    for output in made.outputs:
        if "image/png" in output.get("data", {}):
            alt = given or output.data.get("text/plain", "")
            if not alt.strip() or alt.startswith("<"):
                raise PlainError(markdown.writer.file, line, "a figure has no alt text")
            output.metadata["image/png"] = {"alt": " ".join(alt.split())}
    caption = markdown.caption(metadata, line)
    return [made, _text(f"{cell.id}-caption", caption)] if caption else [made]


def _text(id_: str, text: str) -> Notebook:
    cell = nbformat.v4.new_markdown_cell(text)
    cell.id = id_
    return cell


def _end(writer: Writer, literature: Literature) -> str:
    """Return the references, and where the notebook comes from."""
    lines = ["## References", ""] if writer.cited else []
    for key, text in literature.references(writer.cited):
        lines += [f"- {anchor(f'cite-{key}')}{text}"]
    book = "*Rederived*"
    if writer.site:
        book = f"[{book}]({writer.site}/{writer.page}.html)"
    return "\n".join(
        [*lines, "", f"A chapter of {book}; numbers and links are the book's."]
    )


def _metadata(page: str) -> Notebook:
    """Return the notebook's metadata; Colab gives a GPU where the page wants one."""
    asks: dict[str, object] = {"colab": {"provenance": []}}
    if _GPU.search(page):
        asks = {
            "accelerator": "GPU",
            "colab": {"gpuType": "T4", "provenance": []},
        }
    return nbformat.from_dict({"kernelspec": KERNEL, "language_info": LANGUAGE, **asks})
