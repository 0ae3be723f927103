"""The page on small errors drawn at random: which of them the tests and pages miss."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tools.files import BOOK
from tools.markdown import plain, table
from tools.rooms import part

RECORD = BOOK / "mutants.json"
SURVIVORS = BOOK / "survivors.yml"
FEW = 30
"""So many draws at least for a share; below, there are only counts."""
KINDS = {
    "missing test": "no test asked; one does now",
    "equivalent": "nothing that the library promises changes",
    "drawing only": "only a picture changes, and pictures are looked at, not compared",
    "message only": "only the words of a message change",
    "open": "a test is missing still",
}


INTRODUCTION = (
    "Nobody chooses these errors, unlike the breaks of a claim. `make mutants` "
    "draws places of the library, an equal number from every room and wing, and "
    "changes one operator, number, condition, decorator or call there. Then it runs "
    "the tests that run the changed statement, as coverage has seen it, those of "
    "the same room first, and if all of them pass, the pages that run it. A mutant "
    "that nothing notices survives."
)


@dataclass(frozen=True)
class Survivor:
    """What is said of a mutant that survived.

    Attributes:
        mutant: its name.
        kind: one of ``KINDS``.
        why: a sentence.
        test: of a missing test the one that kills it now.
    """

    mutant: str
    kind: str
    why: str
    test: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant: its room, its name, and what killed it."""

    room: str
    name: str
    killer: str


def outcomes(record: Mapping[str, Any]) -> list[Outcome]:
    """Return the mutants of a record."""
    return [
        Outcome(
            part(Path(one["path"]).with_suffix("").parts),
            f"{one['path']} {one['function']}".strip()
            + f": {one['old']} -> {one['new']}",
            one["killer"],
        )
        for one in record["mutants"]
    ]


def survivors(path: Path = SURVIVORS) -> dict[str, Survivor]:
    """Read what is said of survivors, by the mutant's name.

    Raises:
        ValueError: if a kind is none of ``KINDS``, or a missing test is not named.
    """
    found = {}
    for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
        one = Survivor(**entry)
        if one.kind not in KINDS:
            kinds = ", ".join(KINDS)
            raise ValueError(f"{path.name}: {one.mutant}: kind is one of {kinds}")
        if (one.kind == "missing test") != bool(one.test):
            raise ValueError(f"{path.name}: {one.mutant}: a missing test has `test`")
        found[one.mutant] = one
    return found


def mutants_page() -> str:
    """Return the page as MyST."""
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    return page(record, survivors())


def page(record: Mapping[str, Any], said: Mapping[str, Survivor]) -> str:
    """Return the page of a record, as MyST.

    Raises:
        ValueError: if a survivor is not classified, or what is said belongs to none.
    """
    found = outcomes(record)
    left = [one for one in found if not one.killer]
    if {one.name for one in left} != set(said):
        odd = sorted({one.name for one in left} ^ set(said))
        raise ValueError(f"{SURVIVORS.name} does not fit {RECORD.name}: {odd[0]}")
    places, changes = sum(record["places"].values()), sum(record["changes"].values())
    lines = [
        "# Small errors drawn at random",
        "",
        INTRODUCTION,
        "",
        f"On record: **{len(found)} of {changes:,} possible changes, at {places:,} "
        f"places**, made by cosmic-ray {record['cosmic-ray']} with seed "
        f"{record['seed']}, commit `{record['commit'][:12]}`. {_asked(record)}",
        "",
        *_rates(record, found, said),
        "",
        f"There is no share of fewer than {FEW} draws; the line *all, by size* weights "
        "the rooms by their places.",
        "",
        "## What survived",
        "",
        *[f"- *{kind}*: {meaning}." for kind, meaning in KINDS.items()],
        "",
        *table(
            ("place", "change", "kind", "why"),
            (_survivor(said[one.name]) for one in left),
        ),
    ]
    return "\n".join(lines) + "\n"


def _asked(record: Mapping[str, Any]) -> str:
    """Say which pages could kill a mutant that no test killed."""
    asked = ", ".join(str(int(number)) for number in record["pages"])
    if not asked:
        return (
            "Only tests were asked, no page, and hardly anything was changed of what "
            "runs when a file is imported."
        )
    return f"After the tests, the pages of these chapters were asked: {asked}."


def _rates(
    record: Mapping[str, Any], found: list[Outcome], said: Mapping[str, Survivor]
) -> list[str]:
    """Return the table of rates by room."""
    tried = Counter(one.room for one in found)
    killed = Counter(one.room for one in found if one.killer)
    later = Counter(
        one.room
        for one in found
        if not one.killer and said[one.name].kind == "missing test"
    )
    idle = Counter(
        one.room
        for one in found
        if not one.killer and said[one.name].kind == "equivalent"
    )
    sizes = record["places"]

    def cells(label: str, rooms: list[str]) -> tuple[str, ...]:
        first, now = (
            _share(rooms, tried, idle, part, sizes) for part in (killed, killed + later)
        )
        counts = (sum(count[room] for room in rooms) for count in (tried, killed))
        size = sum(sizes[room] for room in rooms)
        return (label, f"{size:,}", *map(str, counts), first, now)

    head = ("room", "places", "drawn", "killed", "at first", "now")
    rooms = [room for room in sizes if tried[room]]
    return table(
        head,
        [*(cells(f"`{room}`", [room]) for room in rooms), cells("all, by size", rooms)],
    )


def _share(
    rooms: list[str],
    tried: Counter[str],
    idle: Counter[str],
    killed: Counter[str],
    sizes: Mapping[str, int],
) -> str:
    """Return the share killed of those that are not equivalent, rooms by size."""
    live = {room: tried[room] - idle[room] for room in rooms}
    rooms = [room for room in rooms if live[room]]
    if sum(live.values()) < FEW:
        return "–"
    whole = sum(sizes[room] for room in rooms)
    share = sum(sizes[room] * killed[room] / live[room] for room in rooms) / whole
    return f"{100 * share:.0f} %"


def killed_share(record: Mapping[str, Any]) -> str:
    """Say how many of a record's mutants were killed when they were drawn."""
    killed = sum(bool(one.killer) for one in outcomes(record))
    drawn = len(record["mutants"])
    if drawn < FEW:
        return f"{killed} of {drawn}, too few for a share,"
    return f"{100 * killed / drawn:.0f} % of {drawn}"


def _survivor(one: Survivor) -> tuple[str, ...]:
    """Return a survivor's cells."""
    where, _, change = one.mutant.partition(": ")
    why = one.why + (f" `{one.test}`" if one.test else "")
    return f"`{where}`", _code(change), one.kind, why


def _code(change: str) -> str:
    """Return the two lines of a change, before and after."""
    old, _, new = change.partition(" -> ")
    return f"{plain(old)} → {plain(new)}"
