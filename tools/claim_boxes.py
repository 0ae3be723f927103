"""Sphinx extension: what the ledger knows stands on the chapters' pages.

A block of sphinx-proof whose label is a claim's (``claim-3-4``) becomes a box with the
claim's own number, its verdict, the source's words, and links to the claims that it
uses and that use it.  A check's line shows what the stored run measured.  A numbered
equation that a check exercises links to that check.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

from tools.claim_titles import Place, places
from tools.files import BOOK, chapters
from tools.ledger import Ledger, LedgerClaim, StoredCheck, read_ledger, stored_checks
from tools.verdicts import CLASSES

_CHECK = re.compile(r'<div class="rd-check"[^>]*><b>claim ([\d.]+) \S+</b> .* · ')
_ALONE = {"max |difference|", "largest value", "smallest value"}
"""Measured values whose name says no more than the criterion before them."""
_WORDS = "In the article’s words"


@dataclass(frozen=True)
class Facts:
    """What the boxes show, read once for a build.

    Attributes:
        ledger: the claims.
        places: id -> page and title of the claim's block.
        exercised: label of an equation -> the claims whose checks exercise it.
    """

    ledger: Ledger
    places: Mapping[str, Place]
    exercised: Mapping[str, list[str]]

    def claim(self, label: str) -> LedgerClaim | None:
        """Return the claim of a label, or None if it is not one."""
        return next((c for c in self.ledger.claims if c.label == label), None)

    def preview(self, claim: LedgerClaim) -> str:
        """Return a claim in a line, for those who point at a link to it."""
        return f"{claim.id} {self.places[claim.id].title}: {claim.verdict.value}"


@cache
def facts() -> Facts:
    """Return the facts of the book."""
    ledger = read_ledger()
    exercised: dict[str, list[str]] = defaultdict(list)
    for claim in ledger.claims:
        for label in claim.equations:
            exercised[label].append(claim.id)
    return Facts(ledger, places(), exercised)


def anchor(id_: str) -> str:
    """Return the place of a claim's first check on its page."""
    return f"check-{id_.replace('.', '-')}"


class ClaimBoxes(SphinxTransform):
    """Turn the blocks of claims into boxes, while a page is read."""

    default_priority = 400

    def apply(self, **_: Any) -> None:  # noqa: ANN401 - Sphinx's signature
        """Replace every block that the ledger knows."""
        for block in list(self.document.findall(nodes.Admonition)):
            claim = facts().claim(block.get("label", ""))
            if claim is not None:
                block.replace_self(box(block, claim, facts()))


def box(block: nodes.Element, claim: LedgerClaim, known: Facts) -> nodes.container:
    """Return the box of a claim.

    Args:
        block: of sphinx-proof, with a title and the statement.
        claim: of the ledger.
        known: about all claims.
    """
    made = nodes.container(
        ids=[claim.label], classes=["rd-box", f"rd-box-{CLASSES[claim.verdict]}"]
    )
    title, statement = block.children[:2]
    made += _head(title, claim)
    made += statement.children
    if claim.quote:
        made += [
            nodes.raw(
                "",
                f'<details><summary>{_WORDS}</summary><div lang="zh">',
                format="html",
            ),
            nodes.paragraph("", claim.quote, classes=["rd-quote"]),
            nodes.raw("", "</div></details>", format="html"),
        ]
    made += _links(claim, known)
    return made


def _head(title: nodes.Node, claim: LedgerClaim) -> nodes.paragraph:
    """Return number, title and verdict."""
    head = nodes.paragraph(classes=["rd-box-head"])
    words = nodes.inline(classes=["rd-box-title"])
    words += nodes.strong("", f"Claim {claim.id}")
    words += [child.deepcopy() for child in title.children]  # " · Title"
    verdict = claim.verdict
    words_of = nodes.inline(
        "", verdict.value, classes=["rd-verdict", f"rd-{CLASSES[verdict]}"]
    )
    head += [words, nodes.Text(" "), words_of]
    return head


def _links(claim: LedgerClaim, known: Facts) -> nodes.paragraph:
    """Return the kind, the neighbours in the graph, and the equations checked."""
    line = nodes.paragraph(classes=["rd-box-links"])
    line += nodes.Text(claim.kind)
    for word, ids in (
        ("uses", claim.uses),
        ("used by", known.ledger.used_by(claim.id)),
    ):
        if ids:
            line += [nodes.Text(f" · {word} "), *_separated(map(_to_claim, ids))]
    if claim.equations:
        word = "checks equation" + "s" * (len(claim.equations) > 1)
        numbers = map(_to_equation, claim.equations)
        line += [nodes.Text(f" · {word} "), *_separated(numbers)]
    return line


def _separated(found: Iterable[nodes.Node]) -> list[nodes.Node]:
    """Return nodes with commas between them."""
    parts: list[nodes.Node] = []
    for node in found:
        parts += [nodes.Text(", "), node] if parts else [node]
    return parts


def _to_claim(id_: str) -> addnodes.pending_xref:
    """Return a link to a claim's box, to be resolved when all pages are read."""
    label = f"claim-{id_.replace('.', '-')}"
    link = addnodes.pending_xref(
        refdomain="prf", reftype="ref", reftarget=label, refexplicit=True
    )
    link += nodes.inline("", id_)
    return link


def _to_equation(label: str) -> addnodes.pending_xref:
    """Return a link to an equation, shown as its number."""
    link = addnodes.pending_xref(
        refdomain="math", reftype="eq", reftarget=label, refexplicit=False
    )
    link += nodes.literal("", label)
    return link


class MeasuredValues(SphinxTransform):
    """Show in the line of each check what the chapter's stored run measured."""

    default_priority = 410

    def apply(self, **_: Any) -> None:  # noqa: ANN401 - Sphinx's signature
        """Add value and place to every line of a chapter."""
        stem = self.env.docname.rpartition("/")[2]
        if stem not in {path.stem for path in chapters()}:
            return
        waiting: dict[str, deque[StoredCheck]] = defaultdict(deque)
        for check in stored_checks(BOOK / f"{stem}.ipynb"):
            waiting[check.id].append(check)
        seen: set[str] = set()
        for raw in list(self.document.findall(nodes.raw)):
            found = _CHECK.search(raw.astext())
            if found is None:
                continue
            id_ = found[1]
            first = id_ not in seen
            seen.add(id_)
            made = with_measured(raw.astext(), waiting[id_], anchor(id_) * first)
            raw.children = [nodes.Text(made)]


def with_measured(line: str, waiting: deque[StoredCheck], place: str) -> str:
    """Return a check's line with its measured value and, if given, a place to link to.

    A line that is not the next stored one is left without a value.

    Args:
        line: HTML, as :mod:`rederived.claims` prints it.
        waiting: the claim's stored checks that are still to come; the next is taken.
        place: an id, or nothing.
    """
    if waiting and f" {escape(waiting[0].what)} · " in line:
        value = measured(waiting.popleft())
        before, _, after = line.rpartition(" · ")
        line = f'{before} · <span class="rd-measured">{value}</span> · {after}'
    return line.replace("<div ", f'<div id="{place}" ', 1) if place else line


def measured(check: StoredCheck) -> str:
    """Return what a check measured, as HTML: ``measured 3.1e-15``."""
    parts = [_value(name, value) for name, value in check.measured.items()]
    return "measured " + ", ".join(parts)


def _value(name: str, value: float) -> str:
    digits = 3 if abs(value) < 1000 else 6
    number = f"{value:.{digits}g}".replace("-", "−")
    if name in _ALONE:
        return number
    return f"n = {value:g}" if name == "n" else f"{escape(name)} {number}"


class ClaimReferences(SphinxPostTransform):
    """Resolve references to claims; Sphinx would show another number."""

    default_priority = 5

    def run(self, **_: Any) -> None:  # noqa: ANN401 - Sphinx's signature
        """Replace every reference to a claim."""
        for link in list(self.document.findall(addnodes.pending_xref)):
            claim = facts().claim(link.get("reftarget", ""))
            if claim is None or link.get("refdomain") != "prf":
                continue
            shown = link.astext() if link["refexplicit"] else f"Claim {claim.id}"
            page, preview = facts().places[claim.id].page, facts().preview(claim)
            text = nodes.inline("", shown)
            builder = self.app.builder
            made = make_refnode(
                builder, self.env.docname, page, claim.label, text, preview
            )
            made["classes"].append("rd-to-claim")
            link.replace_self(made)


class EquationLinks(SphinxPostTransform):
    """Link every numbered equation to the checks that exercise it."""

    default_priority = 6
    formats = ("html",)

    def run(self, **_: Any) -> None:  # noqa: ANN401 - Sphinx's signature
        """Put a line of links after each equation that has some."""
        for formula in list(self.document.findall(nodes.math_block)):
            ids = facts().exercised.get(formula.get("label") or "", [])
            if ids:
                place = formula.parent.index(formula) + 1
                formula.parent.insert(place, _exercised(ids))


def _exercised(ids: list[str]) -> nodes.paragraph:
    """Return links to the first checks of claims."""
    line = nodes.paragraph(classes=["rd-exercised"])
    line += nodes.Text("checked by ")
    line += _separated(
        nodes.reference("", id_, refuri=f"#{anchor(id_)}", internal=True) for id_ in ids
    )
    return line


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.add_transform(ClaimBoxes)
    app.add_transform(MeasuredValues)
    app.add_post_transform(ClaimReferences)
    app.add_post_transform(EquationLinks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
