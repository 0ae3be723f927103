"""Lay down a new chapter that passes every test: ``python -m tools.chapter NAME``.

It has a page with one claim, an entry in the ledger with a break, one for the front
page, a wing with a small study, and a line in the table of contents.  Text and claim
are then replaced by hand.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from tools.files import ROOT, write

TEMPLATE = Path(__file__).parent / "template"
_LISTED = re.compile(r"^ *- file: book/(\d\d)-.*\n", re.MULTILINE)


def lay_down(name: str, root: Path = ROOT) -> list[Path]:
    """Make the chapter after the last; return the files that were made or changed.

    Args:
        name: of the wing and the page, lower-case letters: ``ninth``.
        root: the project.

    Raises:
        ValueError: if the name is none, or is taken.
    """
    wing = root / "lib" / "rederived" / "chapters" / name
    if not re.fullmatch(r"[a-z]+", name):
        raise ValueError(f"a chapter's name is lower-case letters, got {name!r}")
    if wing.exists():
        raise ValueError(f"there is a wing {name!r} already")
    toc, ledger = root / "_toc.yml", root / "book" / "claims.yml"
    contents = toc.read_text(encoding="utf-8")
    last = list(_LISTED.finditer(contents))[-1]
    number = int(last[1]) + 1
    page = root / "book" / f"{number:02d}-{name}.md"
    line = last[0].split("book/")[0] + f"book/{page.stem}\n"

    wing.mkdir()
    made = {page: _filled("page.md", name, number)}
    for path in sorted((TEMPLATE / "wing").glob("*.txt")):
        made[wing / path.stem] = _filled(f"wing/{path.stem}", name, number)
    made[toc] = contents[: last.end()] + line + contents[last.end() :]
    claims, errata = ledger.read_text(encoding="utf-8").split("\nerrata:\n")
    entry = _filled("claims.yml", name, number)
    made[ledger] = f"{claims.rstrip()}\n{entry}\nerrata:\n{errata}"
    front = root / "book" / "chapters.yml"
    card = _filled("chapters.yml", name, number)
    made[front] = front.read_text(encoding="utf-8") + card
    for path, text in made.items():
        write(path, text)
    return list(made)


def _filled(file: str, name: str, number: int) -> str:
    """Return a file of the template with the chapter's name and number."""
    text = (TEMPLATE / f"{file}.txt").read_text(encoding="utf-8")
    words = {"@NAME@": name, "@TITLE@": name.capitalize(), "@NUMBER@": str(number)}
    words["@PADDED@"] = f"{number:02d}"
    for mark, word in words.items():
        text = text.replace(mark, word)
    return text


def main() -> None:
    """Lay down the chapter named on the command line, and say what is next."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", metavar="NAME", help="lower-case letters")
    try:
        made = lay_down(parser.parse_args().name)
    except ValueError as error:
        parser.error(str(error))
    for path in made:
        print(path.relative_to(ROOT))
    print(f"next: make run CHAPTER={made[0].stem[:2]}, then write; see CONTRIBUTING.md")


if __name__ == "__main__":
    main()
