"""The page on small errors drawn at random: which of them the tests and pages miss."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from rederived.figures.intervals import wilson

from tools.files import BOOK
from tools.markdown import plain, table
from tools.mutant_groups import GROUPS, group
from tools.rooms import part

RECORD = BOOK / "mutants.json"
SURVIVORS = BOOK / "survivors.yml"
FEW = 8
"""So many draws at least for a share; below, there are only counts."""
KINDS = {
    "missing test": "no test asked; one does now",
    "equivalent": "nothing that the library promises changes",
    "drawing only": "only a picture changes, and pictures are looked at, not compared",
    "message only": "only the words of a message change",
    "code removed": "nothing needed the code",
    "open": "a test is missing still",
}


INTRODUCTION = (
    "Nobody chooses these errors, unlike the breaks of a claim. `make mutants` draws "
    "places of the library, in every group of its rooms each as likely as any other, "
    "and changes one operator, number, condition, decorator or call there. Then it "
    "runs the tests that run the changed statement, as coverage has seen it, those of "
    "the same room first and then the quickest, as many as take eight seconds; if all "
    "of them pass, the pages that run it and take no longer. A mutant that nothing "
    "notices survives, so that the shares are lower bounds. *Found* is the share that "
    "was noticed when it was drawn, with its 95 % interval (Wilson); *now* is the "
    "share after tests were written for what survived, and those tests have been run "
    "on it. What is equivalent counts for neither."
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
    """What became of a mutant.

    Attributes:
        group: what it was drawn from.
        room: its room or wing.
        name: what the survivors' file calls it.
        killer: what killed it when it was drawn, or nothing.
        later: what killed it when it was tried again, or nothing.
    """

    group: str
    room: str
    name: str
    killer: str
    later: str


def outcomes(record: Mapping[str, Any]) -> list[Outcome]:
    """Return the mutants of a record."""
    return [
        Outcome(
            group(one["path"]),
            part(Path(one["path"]).with_suffix("").parts),
            f"{one['path']} {one['function']}".strip()
            + f": {one['old']} -> {one['new']}",
            one["killer"],
            one["later"],
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
    _require_fit(left, said)
    places = sum(record["places"].values())
    seconds = sum(one["seconds"] for one in record["mutants"]) / len(found)
    lines = [
        "# Small errors drawn at random",
        "",
        INTRODUCTION,
        "",
        f"On record: **{len(found):,} of {record['changes']:,} possible changes, at "
        f"{places:,} places**, made by cosmic-ray {record['cosmic-ray']} with seed "
        f"{record['seed']}, commit `{record['commit'][:12]}`; {seconds:.1f} s of "
        f"computing for each. {_asked(record)}",
        "",
        *_rates("group", record["places"], found, said, lambda one: one.group),
        "",
        *_rates("room", record["rooms"], found, said, lambda one: one.room),
        "",
        f"There is no share of fewer than {FEW} draws.",
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


def _require_fit(left: list[Outcome], said: Mapping[str, Survivor]) -> None:
    """Refuse what is said of survivors if it is not what became of them.

    Raises:
        ValueError: if a survivor has no kind, or what is said belongs to none, or a
            test that is missing no longer has not been tried.
    """
    odd = {one.name for one in left} ^ set(said)
    odd |= {
        one.name
        for one in left
        if one.name in said
        and (said[one.name].kind == "missing test") != bool(one.later)
    }
    if odd:
        raise ValueError(f"{SURVIVORS.name} does not fit {RECORD.name}: {min(odd)}")


def _asked(record: Mapping[str, Any]) -> str:
    """Say which pages could kill a mutant that no test killed."""
    asked = ", ".join(str(int(number)) for number in record["pages"])
    pages = "Only tests were asked, no page."
    if asked:
        pages = f"After the tests, the pages of these chapters were asked: {asked}."
    return f"{pages} {record.get('note', '')}".strip()


def _rates(
    label: str,
    sizes: Mapping[str, int],
    found: list[Outcome],
    said: Mapping[str, Survivor],
    where: Callable[[Outcome], str],
) -> list[str]:
    """Return a table of rates by what the last argument says of a mutant."""
    head = (label, "places", "drawn", "killed", "found", "now")
    rows = []
    for name in sorted(sizes, key=_rank):
        mine = [one for one in found if where(one) == name]
        if mine or label == "group":
            live = [one for one in mine if _kind(one, said) != "equivalent"]
            there = [one for one in live if _kind(one, said) != "code removed"]
            first = [bool(one.killer) for one in live]
            now = [bool(one.killer or one.later) for one in there]
            counts = (f"{sizes[name]:,}", str(len(mine)), str(sum(first)))
            shown = name if label == "group" else f"`{name}`"
            rows.append((shown, *counts, _share(first), _share(now)))
    return table(head, rows)


def _kind(one: Outcome, said: Mapping[str, Survivor]) -> str:
    """Return the kind of a survivor, or nothing."""
    return "" if one.killer else said[one.name].kind


def _rank(name: str) -> tuple[int, str]:
    """Return what sorts groups as they are listed, and rooms by name."""
    return list(GROUPS).index(name) if name in GROUPS else 0, name


def _share(killed: list[bool]) -> str:
    """Return a share with its interval, per cent; a dash for few."""
    if len(killed) < FEW:
        return "–"
    low, share, high = (100 * float(one) for one in wilson(np.array(killed, float)))
    return f"{share:.0f} % ({low:.0f} to {high:.0f})"


def killed_share(record: Mapping[str, Any]) -> str:
    """Say how many of a record's mutants were killed when they were drawn."""
    found = outcomes(record)
    killed = sum(bool(one.killer) for one in found)
    if len(found) < FEW:
        return f"{killed} of {len(found)}, too few for a share,"
    return f"{100 * killed / len(found):.0f} % of {len(found)}"


def _survivor(one: Survivor) -> tuple[str, ...]:
    """Return a survivor's cells."""
    where, _, change = one.mutant.partition(": ")
    why = one.why + (f" `{one.test}`" if one.test else "")
    return f"`{where}`", _code(change), one.kind, why


def _code(change: str) -> str:
    """Return the two lines of a change, before and after."""
    old, _, new = change.partition(" -> ")
    return f"{plain(old)} → {plain(new)}"
