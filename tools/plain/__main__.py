"""Write the plain edition into ``_build/notebooks``: ``python -m tools.plain``."""

import sys

import nbformat

from tools.address import address
from tools.files import ROOT, chapters, write
from tools.ledger import read_ledger
from tools.plain.blocks import PlainError
from tools.plain.citations import Literature
from tools.plain.labels import book_labels
from tools.plain.notebook import plain_notebook

NOTEBOOKS = ROOT / "_build" / "notebooks"


def main() -> None:
    """Write every chapter; exit with page and line of what cannot be written."""
    NOTEBOOKS.mkdir(parents=True, exist_ok=True)
    place = address()
    try:
        labels, literature = book_labels(), Literature()
        ledger = {claim.label: claim for claim in read_ledger().claims}
        for path in chapters():
            made = plain_notebook(path, labels, literature, ledger, place)
            write(NOTEBOOKS / path.name, nbformat.writes(made) + "\n")
    except PlainError as error:
        sys.exit(f"book/{error}")
    print(f"{len(chapters())} notebooks in {NOTEBOOKS.relative_to(ROOT)}")
    if place is None:
        print("no public address: they expect rederived to be installed")


if __name__ == "__main__":
    main()
