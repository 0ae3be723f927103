"""The graph of the claims as a picture: what rests on what, a band a chapter.

A claim stands to the right of the claims of its chapter that it uses.  Everything is
computed from the ledger; the same ledger gives the same picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from html import escape

from rederived.claims import Evidence, Verdict

from tools.claim_titles import Place
from tools.ledger import Ledger, LedgerClaim
from tools.verdicts import CLASSES

WIDTH, MARGIN, HEAD, GAP = 760, 8, 34, 14
"""Of the picture, at its edges, of a band's heading, between bands; pixels."""

NODE_WIDTH, NODE_HEIGHT, COLUMN, ROW = 66, 26, 112, 38
"""Of a claim, and from one to the next, to the right and down; pixels."""

SIGNS = {
    Verdict.HOLDS: Evidence.SUPPORTS.mark,
    Verdict.CORRECTED: Evidence.CORRECTS.mark,
    Verdict.FALSE: Evidence.REFUTES.mark,
    Verdict.UNREPRODUCED: Evidence.UNREPRODUCED.mark,
    Verdict.NOT_SHOWN: Evidence.UNDECIDED.mark,
    Verdict.NOT_TESTED: "–",
}
"""Verdict -> the sign before a claim's number, as in the style sheet."""

Points = dict[str, tuple[float, float]]
"""Claim -> the upper left corner of its box."""


@dataclass(frozen=True)
class Band:
    """A chapter's part of the picture: its number, upper edge and height."""

    chapter: str
    top: float
    height: float


def columns(claims: list[LedgerClaim]) -> dict[str, int]:
    """Return the column of each claim: one more than that of any claim it uses.

    Args:
        claims: of one chapter; what they use of other chapters does not count.
    """
    mine = {claim.id for claim in claims}
    uses = {claim.id: [one for one in claim.uses if one in mine] for claim in claims}
    found: dict[str, int] = {}
    for id_ in TopologicalSorter(uses).static_order():
        found[id_] = max((found[one] + 1 for one in uses[id_]), default=0)
    return found


def layout(ledger: Ledger) -> tuple[Points, list[Band]]:
    """Place every claim, the chapters below one another."""
    points: Points = {}
    bands = []
    top = float(MARGIN)
    for chapter in sorted({claim.chapter for claim in ledger.claims}):
        mine = [claim for claim in ledger.claims if claim.chapter == chapter]
        bottom = _place(mine, ledger, points, top + HEAD)
        bands.append(Band(chapter, top, bottom - top))
        top = bottom + GAP
    return points, bands


def _place(
    mine: list[LedgerClaim], ledger: Ledger, points: Points, top: float
) -> float:
    """Place the claims of a chapter; return the lower edge of its band.

    Those without neighbours stand in rows below the others.
    """
    linked = [claim for claim in mine if claim.uses or ledger.used_by(claim.id)]
    alone = [claim.id for claim in mine if claim not in linked]
    stacks: dict[int, list[LedgerClaim]] = {}
    for claim in linked:
        stacks.setdefault(columns(linked)[claim.id], []).append(claim)
    low = top
    for column in sorted(stacks):
        stack = sorted(stacks[column], key=lambda one: _height(one, points, top))
        for row, claim in enumerate(stack):
            # Every second column a little lower, so that lines pass between boxes.
            y = top + row * ROW + (column % 2) * ROW / 2
            points[claim.id] = (MARGIN + 8 + column * COLUMN, y)
            low = max(low, y + ROW)
    across = int((WIDTH - 2 * MARGIN) // (NODE_WIDTH + 8))
    for index, id_ in enumerate(alone):
        row, column = divmod(index, across)
        x = MARGIN + 8 + column * (NODE_WIDTH + 8)
        points[id_] = (x, low + (6 if linked else 0) + row * (NODE_HEIGHT + 8))
    if alone:
        low = points[alone[-1]][1] + NODE_HEIGHT + 8
    return low + 2


def _height(claim: LedgerClaim, points: Points, top: float) -> float:
    """Return the mean height of the placed claims of its chapter that one uses."""
    found = [points[one][1] for one in claim.uses if one in points]
    found = [y for y in found if y >= top]
    return sum(found) / len(found) if found else top


def picture(
    ledger: Ledger, places: Mapping[str, Place], titles: Mapping[str, str]
) -> list[str]:
    """Return the picture as lines of SVG, coloured by the site's style sheet.

    Args:
        ledger: the claims.
        places: id -> page and title of a claim's block.
        titles: number of a chapter, two digits -> its title.
    """
    points, bands = layout(ledger)
    height = bands[-1].top + bands[-1].height + MARGIN
    return [
        f'<svg viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}" height="{height:g}" '
        'role="group" aria-label="Graph of the claims; each is a link to its place">',
        *(_band(band, titles) for band in bands),
        '<g class="rd-edges">',
        *_edges(ledger, points),
        "</g>",
        *(_node(claim, points[claim.id], places[claim.id]) for claim in ledger.claims),
        "</svg>",
    ]


def _band(band: Band, titles: Mapping[str, str]) -> str:
    title = escape(f"{int(band.chapter)} · {titles[band.chapter]}")
    return (
        f'<rect class="rd-band" x="1" y="{band.top:g}" width="{WIDTH - 2}" '
        f'height="{band.height:g}" rx="6"/>'
        f'<text class="rd-band-title" x="{MARGIN + 8}" y="{band.top + 20:g}">'
        f"{title}</text>"
    )


def _edges(ledger: Ledger, points: Points) -> Iterator[str]:
    """Draw each use, from the used claim to the one that uses it."""
    for claim in ledger.claims:
        for used in claim.uses:
            same = used.split(".")[0] == claim.id.split(".")[0]
            path = (_beside if same else _below)(points[used], points[claim.id])
            across = "" if same else ' class="rd-across"'
            yield f'<path{across} data-from="{used}" data-to="{claim.id}" d="{path}"/>'


def _beside(used: tuple[float, float], user: tuple[float, float]) -> str:
    """Return a line to the right, from side to side."""
    x, y = used[0] + NODE_WIDTH, used[1] + NODE_HEIGHT / 2
    end, level = user[0], user[1] + NODE_HEIGHT / 2
    bend = min(46.0, (end - x) / 2)
    return f"M{x:g} {y:g}C{x + bend:g} {y:g} {end - bend:g} {level:g} {end:g} {level:g}"


def _below(used: tuple[float, float], user: tuple[float, float]) -> str:
    """Return a line to another chapter, from edge to edge."""
    down = user[1] > used[1]
    x, y = used[0] + NODE_WIDTH / 2, used[1] + NODE_HEIGHT * down
    end, level = user[0] + NODE_WIDTH / 2, user[1] + NODE_HEIGHT * (not down)
    bend = 70 if down else -70
    return f"M{x:g} {y:g}C{x:g} {y + bend:g} {end:g} {level - bend:g} {end:g} {level:g}"


def _node(claim: LedgerClaim, point: tuple[float, float], place: Place) -> str:
    """Draw a claim: round if it is exact, with corners if it is empirical."""
    (x, y), verdict = point, claim.verdict
    words = escape(f"{claim.id} {place.title}: {verdict.value}", quote=True)
    page = place.page.removeprefix("book/")
    corner = 3 if claim.kind == "empirical" else NODE_HEIGHT / 2
    return (
        f'<a class="rd-node rd-{CLASSES[verdict]}" href="{page}.html#{claim.label}" '
        f'data-id="{claim.id}" data-uses="{" ".join(claim.uses)}" aria-label="{words}">'
        f"<title>{words}</title>"
        f'<rect x="{x:g}" y="{y:g}" width="{NODE_WIDTH}" height="{NODE_HEIGHT}" '
        f'rx="{corner:g}"/>'
        f'<text x="{x + NODE_WIDTH / 2:g}" y="{y + 18:g}">'
        f"{SIGNS[verdict]} {claim.id}</text></a>"
    )
