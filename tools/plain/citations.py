"""Citations and the list of references, as the site has them."""

from __future__ import annotations

import re
from pathlib import Path

from pybtex.database import BibliographyData, Entry, parse_file
from pybtex.plugin import find_plugin
from pybtex.richtext import Text

from tools.files import BOOK

_ESCAPED = re.compile(r"\\([-.()!+])")


class Literature:
    """The references of the book."""

    def __init__(self, path: Path = BOOK / "references.bib") -> None:
        self.data: BibliographyData = parse_file(str(path))

    def __contains__(self, key: str) -> bool:
        return key in self.data.entries

    def authors(self, key: str) -> str:
        """Return the last name, or two names, or the first with *et al.* after it."""
        entry: Entry = self.data.entries[key]
        people = entry.persons.get("author") or entry.persons["editor"]
        names = [
            str(Text.from_latex(" ".join([*one.prelast_names, *one.last_names])))
            for one in people
        ]
        return names[0] + " *et al.*" if len(names) > 2 else " and ".join(names)

    def year(self, key: str) -> str:
        """Return the year of a reference."""
        return str(self.data.entries[key].fields["year"])

    def references(self, keys: set[str]) -> list[tuple[str, str]]:
        """Return key and Markdown text of the references given, in the site's order."""
        style = find_plugin("pybtex.style.formatting", "alpha")()
        backend = find_plugin("pybtex.backends", "markdown")()
        entries = style.format_bibliography(self.data, sorted(keys))
        return [(one.key, _plain(one.text.render(backend))) for one in entries]


def _plain(text: str) -> str:
    """Return Markdown on one line, without escapes that it does not need."""
    return _ESCAPED.sub(r"\1", " ".join(text.split()))
