"""The ledger ``book/claims.yml`` and the checks stored in the chapters' notebooks."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import nbformat
import yaml
from rederived.claims import CHECK_MIME, Verdict

from tools.files import BOOK

KINDS = ("identity", "bound", "limit", "empirical")
UNSETTLED = (Verdict.NOT_SHOWN, Verdict.NOT_TESTED)
ERRATA_KINDS = ("wrong", "imprecise", "history", "slip")

_FAILED = re.compile(r"claim ([1-9][0-9]*\.[1-9][0-9]*) fails")


@dataclass(frozen=True)
class Break:
    """One deliberate error of the library that a claim's checks must catch.

    Attributes:
        name: what goes wrong, in a few words.
        file: the file below ``lib/rederived``.
        old: a text that occurs in it exactly once.
        new: what takes its place.
        also: other claims of the chapter that must fail too.
    """

    name: str
    file: str
    old: str
    new: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class LedgerClaim:
    """One claim as the ledger has it.

    Attributes:
        id: chapter and number, ``"3.4"``.
        statement: one line, in our words.
        source: where it stands in the article.
        kind: one of ``KINDS``.
        verdict: what its checks show.
        rule: of an empirical claim what decides, written before the runs.
        breaks: changes of the library that its checks catch.
        uses: claims on which its derivation, its statement or its checks rest.
        equations: labels of the numbered equations that its checks exercise.
        quote: the source's own words, in its language.
        wants: of a claim not shown or not tested, the run that would decide it.
        wide: what a check compares -> why its criterion is much wider than what is
            measured (:mod:`tools.tightness`).
    """

    id: str
    statement: str
    source: str
    kind: str
    verdict: Verdict
    rule: str = ""
    breaks: tuple[Break, ...] = ()
    uses: tuple[str, ...] = ()
    equations: tuple[str, ...] = ()
    quote: str = ""
    wants: str = ""
    wide: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def said(self) -> str:
        """What the article says: the statement without what we find."""
        return self._parts()[0]

    @property
    def found(self) -> str:
        """What we find instead; empty where the statement says nothing of it."""
        return self._parts()[1]

    def _parts(self) -> tuple[str, str]:
        """The statement in its two parts; a holding one may end in parentheses too."""
        said, mark, found = self.statement.partition(". (")
        if self.verdict is Verdict.HOLDS or not mark or not found.endswith(")"):
            return self.statement, ""
        return f"{said}.", found.removesuffix(")")

    @property
    def chapter(self) -> str:
        """The chapter's number, two digits."""
        return f"{int(self.id.split('.')[0]):02d}"

    @property
    def label(self) -> str:
        """The label of the numbered block in the chapter."""
        return f"claim-{self.id.replace('.', '-')}"


@dataclass(frozen=True)
class Erratum:
    """One place where the article needs correction or care.

    Attributes:
        id: chapter and number, ``"3.e1"``.
        kind: how grave it is, one of ``ERRATA_KINDS``.
        place: where it stands in the article.
        article: what the article says.
        evidence: what is right, and why.
        claims: ids whose checks show it.
    """

    id: str
    kind: str
    place: str
    article: str
    evidence: str
    claims: tuple[str, ...]

    @property
    def chapter(self) -> str:
        """The chapter's number, two digits."""
        return f"{int(self.id.split('.')[0]):02d}"


@dataclass(frozen=True)
class Ledger:
    """The whole ledger, in its own order."""

    claims: tuple[LedgerClaim, ...]
    errata: tuple[Erratum, ...]

    def used_by(self, id_: str) -> list[str]:
        """The claims that use one, in the ledger's order."""
        return [claim.id for claim in self.claims if id_ in claim.uses]

    def resting_on(self, id_: str) -> list[str]:
        """The claims that rest on one, directly or through others, in order."""
        found = {id_}
        fresh = found
        while fresh:
            fresh = {user for one in fresh for user in self.used_by(one)} - found
            found = found | fresh
        return [claim.id for claim in self.claims if claim.id in found - {id_}]


@dataclass(frozen=True)
class StoredCheck:
    """One check as a notebook's stored output has it."""

    id: str
    kind: str
    what: str
    criterion: str
    measured: dict[str, float]
    line: str = field(default="", compare=False)  # what it prints


def read_ledger(path: Path = BOOK / "claims.yml") -> Ledger:
    """Read the ledger.

    Raises:
        ValueError: if an id stands twice, is not text, or an entry's fields or words
            are not the ledger's.
    """
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        claims = tuple(map(_claim, data["claims"]))
        errata = tuple(
            Erratum(**{**entry, "claims": tuple(entry["claims"])})
            for entry in data["errata"]
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error
    ids = [claim.id for claim in claims] + [erratum.id for erratum in errata]
    for id_ in ids:
        if not isinstance(id_, str) or not re.fullmatch(r"[1-9]\d*\.e?[1-9]\d*", id_):
            raise ValueError(f'{path}: id {id_!r}: write it as text, like "3.4"')
        if ids.count(id_) > 1:
            raise ValueError(f"{path}: id {id_} stands twice")
    for claim in claims:
        if claim.kind not in KINDS:
            raise ValueError(f"{path}: claim {claim.id}: kind is one of {KINDS}")
        if claim.verdict in UNSETTLED and not claim.wants:
            what = f"{claim.verdict.value} needs `wants`, the run that would decide it"
            raise ValueError(f"{path}: claim {claim.id}: {what}")
    for erratum in errata:
        if erratum.kind not in ERRATA_KINDS:
            what = f"{path}: erratum {erratum.id}: kind is one of {ERRATA_KINDS}"
            raise ValueError(what)
    try:
        _check_uses(claims)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return Ledger(claims, errata)


def _check_uses(claims: tuple[LedgerClaim, ...]) -> None:
    """Refuse a claim that uses what is none, and claims that rest on each other."""
    known = {claim.id for claim in claims}
    for claim in claims:
        if missing := set(claim.uses) - known:
            raise ValueError(f"claim {claim.id} uses {min(missing)}, which is no claim")
    try:
        TopologicalSorter({claim.id: claim.uses for claim in claims}).prepare()
    except CycleError as error:
        circle = " uses ".join(reversed(error.args[1]))
        raise ValueError(f"claims rest on each other: {circle}") from error


def _claim(entry: dict[str, Any]) -> LedgerClaim:
    """A claim from its entry in the file."""
    breaks = tuple(
        Break(**{**one, "also": tuple(one.get("also", ()))})
        for one in entry.get("breaks", ())
    )
    given = {"verdict": Verdict(entry["verdict"]), "breaks": breaks}
    for name in ("uses", "equations"):
        given[name] = tuple(entry.get(name, ()))
    return LedgerClaim(**{**entry, **given})


def stored_checks(notebook: Path) -> list[StoredCheck]:
    """The checks in a notebook's stored outputs, in order."""
    return checks_of(nbformat.read(notebook, as_version=4))


def checks_of(notebook: Any) -> list[StoredCheck]:  # noqa: ANN401 - NotebookNode
    """The checks in the outputs of a notebook already read."""
    outputs = [
        output
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if CHECK_MIME in output.get("data", {})
    ]
    return [
        StoredCheck(
            **output.data[CHECK_MIME],
            measured=dict(output.metadata.get("rederived", {}).get("measured", {})),
            line=output.data.get("text/plain", ""),
        )
        for output in outputs
    ]


def fallout(text: str, ledger: Ledger) -> list[str]:
    """Say of every claim whose failure a text reports which claims rest on it.

    Args:
        text: messages of checks that failed (:class:`rederived.claims.ClaimFailed`).
        ledger: the claims and what they use.
    """
    lines = []
    for id_ in dict.fromkeys(_FAILED.findall(text)):
        rest = ", ".join(ledger.resting_on(id_))
        lines.append(f"claim {id_} fails; on it rest: {rest or 'no other claims'}")
    return lines


def by_claim(checks: list[StoredCheck]) -> dict[str, list[StoredCheck]]:
    """Claim id -> its checks, in order."""
    groups: dict[str, list[StoredCheck]] = defaultdict(list)
    for check in checks:
        groups[check.id].append(check)
    return dict(groups)
