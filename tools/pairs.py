"""Keep a chapter's text (``.md``) and notebook (``.ipynb``) the same.

The text is the source.  ``check`` compares contents, not times; ``sync`` carries the
text into the notebook and drops the outputs of every code cell that changed.
"""

import argparse
import difflib
import hashlib
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import jupytext
import nbformat

from tools.files import ROOT, chapters, write

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python", "pygments_lexer": "ipython3"}

Notebook = Any
"""A ``nbformat.NotebookNode``; nbformat has no types."""


def differences(text: Path, notebook: Path) -> list[str]:
    """Where a pair differs, in words; empty if it does not.

    Cells are compared by kind, source and metadata, but for the time of execution.
    """
    left, right = (
        [_content(cell) for cell in jupytext.read(path).cells]
        for path in (text, notebook)
    )
    found = []
    if len(left) != len(right):
        found.append(f"{text.name} has {len(left)} cells, {notebook.name} {len(right)}")
    for index, (one, other) in enumerate(zip(left, right, strict=False)):
        parts = zip(("kind", "source", "metadata"), one, other, strict=True)
        found += [
            f"cell {index}: {name} differs: {a!r} against {b!r}"
            for name, a, b in parts
            if a != b
        ]
    return found + pasted(notebook)


def pasted(notebook: Path) -> list[str]:
    """Which cells of a notebook hold pasted files, which a text cannot keep."""
    return [
        f"cell {index} of {notebook.name} holds {', '.join(cell['attachments'])}: "
        "save it under book/_static, link it in the text, and take it out of the cell"
        for index, cell in enumerate(jupytext.read(notebook).cells)
        if cell.get("attachments")
    ]


def merged(text: Path, notebook: Path) -> Notebook:
    """The text as a notebook, with the outputs of the cells that did not change."""
    fresh = jupytext.read(text)
    fresh.metadata = nbformat.from_dict(
        {"kernelspec": KERNEL, "language_info": LANGUAGE}
    )
    fresh.nbformat, fresh.nbformat_minor = 4, 5
    stored = jupytext.read(notebook).cells if notebook.exists() else []
    keys = [[_key(cell) for cell in cells] for cells in (stored, fresh.cells)]
    matcher = difflib.SequenceMatcher(a=keys[0], b=keys[1], autojunk=False)
    for block in matcher.get_matching_blocks():
        for offset in range(block.size):
            old, new = stored[block.a + offset], fresh.cells[block.b + offset]
            if new.cell_type == "code":
                new.outputs = old.outputs
                new.execution_count = old.execution_count
    seen: Counter[tuple[str, str]] = Counter()
    for cell in fresh.cells:
        key = _key(cell)
        cell.id = hashlib.sha256(repr((*key, seen[key])).encode()).hexdigest()[:8]
        seen[key] += 1
    return fresh


def save(notebook: Path, content: Notebook) -> None:
    """Write a notebook whole or not at all."""
    nbformat.validate(content)
    write(notebook, nbformat.writes(content) + "\n")


def _key(cell: Notebook) -> tuple[str, str]:
    """What decides whether a cell changed."""
    return cell.cell_type, cell.source.rstrip()


def _content(cell: Notebook) -> tuple[str, str, dict[str, object]]:
    """What both halves of a pair must agree on."""
    metadata = {key: cell.metadata[key] for key in cell.metadata if key != "execution"}
    return cell.cell_type, cell.source.rstrip(), metadata


def main() -> None:
    """``python -m tools.pairs check`` or ``sync``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("check", "sync"))
    action = parser.parse_args().action
    texts = sorted((ROOT / "book").glob("[0-9][0-9]-*.md"))
    if action == "sync":
        _require_nothing_pasted(texts)
        for text in texts:
            notebook = text.with_suffix(".ipynb")
            save(notebook, merged(text, notebook))
    found = [
        f"{text.relative_to(ROOT)}: {line}"
        for text in texts
        for line in _pair_differences(text)
    ]
    orphans = {path.stem for path in chapters()} - {path.stem for path in texts}
    found += [f"book/{name}.ipynb has no text beside it" for name in sorted(orphans)]
    if found:
        sys.exit("\n".join(found) + "\nrun `make sync` (the text is the source)")


def _require_nothing_pasted(texts: list[Path]) -> None:
    """End before anything is lost that only a notebook holds."""
    notebooks = [text.with_suffix(".ipynb") for text in texts]
    found = [line for one in notebooks if one.exists() for line in pasted(one)]
    if found:
        sys.exit("\n".join(found))


def _pair_differences(text: Path) -> list[str]:
    """Differences of the pair of a text, or that it is alone."""
    notebook = text.with_suffix(".ipynb")
    if not notebook.exists():
        return ["has no notebook beside it"]
    return differences(text, notebook)


if __name__ == "__main__":
    main()
