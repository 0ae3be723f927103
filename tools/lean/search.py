"""A Sphinx extension: the book's own search, an index of its sections and claims.

Sphinx's index knows neither numbers such as 3.4 nor Chinese words, nor how often a page
speaks of something.  Here every section is an entry: its words, their counts, and the
first words of its text.  Chinese is cut into pairs of characters, for which no
dictionary is needed.  ``book/_static/search.js`` cuts a question in the same way, and
ranks.
"""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

from tools.files import write

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FILE = "_static/search-index.js"
TEXT = 180
"""Characters of a section's text that are shown."""

WEIGHTS = {"book/results": 0.2, "book/source/": 0.25, "book/errata": 0.5,
           "book/claims": 0.5, "book/claim-graph": 0.3, "book/bibliography": 0.3,
           "book/index": 0.5, "book/how": 0.6, "book/notation": 0.6}  # fmt: skip
"""Beginning of a page's name -> its weight; the chapters have 1."""

_WORD = re.compile(r"\d+(?:\.\d+)+|[^\W_一-鿿]+|[一-鿿]+")
_SKIPPED = (nodes.raw, nodes.literal_block, nodes.math_block, nodes.comment)
_IDLE_WORDS = (
    "a an and are as at be but by for from has have if in into is it its not of on or "
    "so that the their then there these this to was we were which with"
)
_IDLE = frozenset(_IDLE_WORDS.split())


@dataclass
class Entry:
    """A section or a claim: where it is, what it is called, what it says.

    Attributes:
        page: its name.
        anchor: its id on the page; empty for the page itself.
        title: its heading.
        text: what is shown of it, formulas of more than letters as dots.
        formulas: these formulas, TeX, which are looked up as well.
    """

    page: str
    anchor: str
    title: str
    text: list[str] = field(default_factory=list)
    formulas: list[str] = field(default_factory=list)


def words(text: str) -> list[str]:
    """Cut a text into what is looked up.

    >>> words("Claim 3.4: the couplings’ 互信息")
    ['claim', '3.4', 'coupling', '互信', '信息']
    """
    found: list[str] = []
    for word in _WORD.findall(text.lower()):
        if "一" <= word[0] <= "鿿":
            pairs = itertools.pairwise(word)
            found += ["".join(pair) for pair in pairs] or [word]
        elif word not in _IDLE and (len(word) > 1 or word.isdigit()):
            found.append(singular(word))
    return found


def singular(word: str) -> str:
    """Return an English word without a final s; both sides do the same."""
    ends = word.endswith("s") and not word.endswith(("ss", "us", "is"))
    return word[:-1] if ends and len(word) > 3 else word


def entries(page: str, tree: nodes.document) -> list[Entry]:
    """Return the sections and claims of a page, the page itself first."""
    found: list[Entry] = []
    _collect(tree, Entry(page, "", ""), found)
    return found


def _collect(node: nodes.Node, entry: Entry, found: list[Entry]) -> None:
    """Add the text below a node to its entry, and new entries for parts."""
    for child in node.children:
        if isinstance(child, nodes.section) and not _is_shell(child):
            title = child.next_node(nodes.title)
            anchor = child["ids"][0] if found else ""
            made = Entry(entry.page, anchor, title.astext() if title else "")
            found.append(made)
            _collect(child, made, found)
        elif isinstance(child, nodes.Element) and "rd-box" in child.get("classes", ()):
            head, *statement = child.children
            made = Entry(entry.page, child["ids"][0], head.astext())
            found.append(made)
            _collect(nodes.container("", *statement), made, found)
        elif isinstance(child, nodes.math):
            tex = child.astext()
            entry.text.append("…" if "\\" in tex else tex)
            entry.formulas.append(tex if "\\" in tex else "")
        elif isinstance(child, nodes.Text):
            entry.text.append(child.astext())
        elif not isinstance(child, (*_SKIPPED, nodes.title)):
            _collect(child, entry, found)
            entry.text.append(" ")


def _is_shell(section: nodes.section) -> bool:
    """Whether a section is what an extension wraps about an exercise or a proof."""
    return any(id_.endswith("-content") for id_ in section["ids"])


def index(found: list[Entry]) -> str:
    """Return the index as a script that leaves it in ``rederivedIndex``."""
    pages = list(dict.fromkeys(entry.page for entry in found))
    titles = {entry.page: entry.title for entry in reversed(found)}
    places: dict[str, list[int]] = {}
    rows = []
    for number, entry in enumerate(found):
        text = " ".join("".join(entry.text).split())
        counts = Counter(words(" ".join([text, *entry.formulas])))
        named = Counter(words(entry.title))
        for word in counts | named:
            weighed = counts[word] + 5 * named[word]
            places.setdefault(word, []).extend((number, weighed))
        size = counts.total() + named.total()
        shown = text[:TEXT] + "…" * (len(text) > TEXT)
        rows.append([pages.index(entry.page), entry.anchor, entry.title, shown, size])
    content = {
        "pages": [[page, titles[page], weight(page)] for page in pages],
        "entries": rows,
        "words": dict(sorted(places.items())),
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return f"window.rederivedIndex = {text};\n"


def weight(page: str) -> float:
    """Return how much a page counts among those that answer a question."""
    for beginning, value in WEIGHTS.items():
        if page.startswith(beginning):
            return value
    return 1.0


def collect(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Keep the entries of a page, and give the page of the search its scripts."""
    if doctree is not None:
        _all(app).extend(entries(pagename, doctree))
    if pagename == "search":
        app.add_js_file("search-index.js", loading_method="defer")
        app.add_js_file("search.js", loading_method="defer")


def save(app: Sphinx, error: Exception | None) -> None:
    """Write the index when all pages are."""
    if error is None and app.builder.format == "html":
        write(Path(app.outdir) / FILE, index(_all(app)))


def _all(app: Sphinx) -> list[Entry]:
    """The entries of the build that is going on."""
    if not hasattr(app, "rederived_entries"):
        app.rederived_entries = []  # type: ignore[attr-defined]
    found: list[Entry] = app.rederived_entries  # type: ignore[attr-defined]
    return found


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.connect("html-page-context", collect)
    app.connect("build-finished", save)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
