"""Draw a chapter's records anew and see whether its verdicts stand.

``python -m tools.recheck 07`` runs the cheapest full presets of the chapter, those of
several seeds first, as many seeds of each as are recorded, with seeds that follow from
the commit's hash, so that nobody can choose them.  Then it runs the page, whose checks
are the rules, on a copy of the library that has these records in place of the stored
ones, and says of every claim whether its checks pass.  Checks that measure what they
measured before rest on no new draw.  ``--record`` keeps the certificate in
``book/recheck.json``.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import math
import multiprocessing
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from rederived.records import (
    Record,
    RunError,
    gather,
    load_record,
    record_names,
    save_record,
)
from rederived.records.provenance import commit, dirty
from rederived.study import AnyStudy, studies_of

from tools.breaks import use_library
from tools.files import BOOK, RESULTS, ROOT, chapter, write
from tools.ledger import by_claim, read_ledger, stored_checks
from tools.notebook_claims import run_notebook
from tools.reach import QUIET

RECORD = BOOK / "recheck.json"
SEVERAL = 3
"""Seeds of a record from which a verdict can follow."""
SAME = 1e-6
"""Relative difference up to which a measured value is what it was before."""

Measured = dict[str, list[list[float]]]
"""Claim -> what each of its checks measured, in order."""


@dataclass(frozen=True)
class Certificate:
    """What a chapter's claims do on newly drawn records.

    Attributes:
        chapter: two digits.
        commit: of the code; the seeds follow from it.
        seeds: the seeds.
        drawn: names of the records that were drawn anew.
        kept: names of those that would have taken too long.
        moved: claim -> how many of its checks measured another value than before.
        failed: claim -> the first message of its checks.
        since: claim -> what has been done about it since, written by hand.
    """

    chapter: str
    commit: str
    seeds: list[int]
    drawn: list[str]
    kept: list[str]
    moved: dict[str, int]
    failed: dict[str, str]
    since: dict[str, str] = field(default_factory=dict)


def fresh_seeds(of: str, count: int) -> list[int]:
    """Return so many seeds that follow from a commit's hash."""
    texts = (f"{of} {index}" for index in range(count))
    return [
        int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1
        for text in texts
    ]


def cost(record: Record) -> float:
    """Return how long the seeds of a record took together, seconds.

    The clock is that of the last leg; a run that was interrupted trained for longer.
    What was not timed, or on a GPU, has no known cost here.
    """
    if not all("wall_seconds" in one.provenance for one in record.seeds):
        return math.inf
    if any(one.provenance.get("trained_on", "cpu") != "cpu" for one in record.seeds):
        return math.inf
    return sum(
        max(
            float(one.provenance["wall_seconds"]),
            one.metrics.get("training_seconds", 0.0),
        )
        for one in record.seeds
    )


def affordable(records: list[Record], seconds: float) -> list[Record]:
    """Return the cheapest records that take no longer than so much together.

    Those of several seeds come first, since verdicts rest on them.
    """
    chosen: list[Record] = []
    for record in sorted(
        records, key=lambda one: (len(one.seeds) < SEVERAL, cost(one))
    ):
        if cost(record) <= seconds:
            seconds -= cost(record)
            chosen.append(record)
    return chosen


def drawn_anew(record: Record, study: AnyStudy, seeds: list[int]) -> Record:
    """Return a record of the same configuration with other seeds.

    Raises:
        RunError: if the preset is no longer what was recorded.
    """
    config = study.config(record.preset, "full")
    if study.identity(config) != record.identity:
        raise RunError(f"preset {record.preset} is not what {record.name} recorded")
    runs = [study.run(record.preset, "full", seed) for seed in seeds]
    return gather(runs, record.published, record.deviations)


def run_page(number: str, results: Path) -> tuple[Measured, dict[str, str]]:
    """Run a page on a copy of the library with other records, in this process.

    Returns:
        What the checks measured, and the message of what failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "lib"
        shutil.copytree(ROOT / "lib", library)
        (library / "rederived" / "recorded").symlink_to(results)
        use_library(library)
        from rederived.claims import checks  # noqa: PLC0415 - the copy's

        found: Measured = {}

        def publish(
            data: Mapping[str, Any], metadata: Mapping[str, Any] | None = None
        ) -> None:
            values = (metadata or {})["rederived"]["measured"]
            claim = data[checks.CHECK_MIME]["id"]
            found.setdefault(claim, []).append(_in_order(values))

        checks.publish = publish  # type: ignore[attr-defined]
        with contextlib.redirect_stdout(io.StringIO()):
            return found, run_notebook(chapter(number), ())


def moved(now: Measured, number: str) -> dict[str, int]:
    """Return claim -> how many checks measured another value than the stored run."""
    stored = by_claim(stored_checks(chapter(number)))
    found = {}
    for claim, group in stored.items():
        before = [_in_order(one.measured) for one in group]
        pairs = zip(before, now.get(claim, []), strict=False)
        found[claim] = sum(not _same(*pair) for pair in pairs)
    return found


def _in_order(measured: Mapping[str, float]) -> list[float]:
    """Return values in the order of their names, which a notebook does not keep."""
    return [measured[name] for name in sorted(measured)]


def _same(one: list[float], other: list[float]) -> bool:
    """Whether a check measured the same values, up to rounding."""
    return len(one) == len(other) and all(
        math.isclose(a, b, rel_tol=SAME, abs_tol=1e-12)
        for a, b in zip(one, other, strict=True)
    )


def recheck(number: str, seconds: float) -> Certificate:
    """Draw a chapter's cheap records anew and run its page on them.

    Args:
        number: of the chapter, two digits.
        seconds: what the chosen records took when they were recorded, at most.

    Raises:
        RunError: if the code has no commit, or uncommitted changes.
    """
    code = commit()
    if code == "unknown" or dirty():
        raise RunError("seeds follow from the commit: commit all changes first")
    mine = {study.name: study for study in studies_of(number)}
    records = [load_record(name, RESULTS) for name in record_names(RESULTS)]
    records = [one for one in records if one.study in mine]
    chosen = affordable(records, seconds)
    seeds = fresh_seeds(code, max((len(one.seeds) for one in chosen), default=0))
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results"
        results.mkdir()
        names = [one.name for one in chosen]
        for path in RESULTS.iterdir():
            if path.name not in names:
                (results / path.name).symlink_to(path)
        for record in chosen:
            print(f"{record.name}: {len(record.seeds)} seeds", flush=True)
            new = drawn_anew(record, mine[record.study], seeds[: len(record.seeds)])
            save_record(new, results)
            _compare(record, new)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            now, failed = pool.apply(run_page, (number, results))
    kept = sorted({one.name for one in records} - set(names))
    return Certificate(number, code, seeds, names, kept, moved(now, number), failed)


def _compare(old: Record, new: Record) -> None:
    """Print the mean of every metric before and now, if there are few."""
    names = list(old.seeds[0].metrics)
    for name in names[:6]:
        if old.values(name) and new.values(name):
            before, now = fmean(old.values(name)), fmean(new.values(name))
            print(f"  {name}: {before:.4g} before, {now:.4g} now")
    if len(names) > 6:
        print(f"  and {len(names) - 6} others")


def report(found: Certificate) -> int:
    """Print whether each verdict stands; return how many do not."""
    claims = [one for one in read_ledger().claims if one.chapter == found.chapter]
    for claim in claims:
        what = f"{claim.id:5} {claim.verdict.value}"
        if claim.id in found.failed:
            why = " ".join(found.failed[claim.id].split())
            print(f"{what}: DOES NOT STAND: {why}")
        elif found.moved.get(claim.id):
            print(f"{what}: stands on new draws ({found.moved[claim.id]} checks)")
        else:
            print(f"{what}: nothing drawn anew")
    for place, why in found.failed.items():
        if place.startswith("cell"):
            print(f"{place}: {why}")
    return len(found.failed)


def main() -> int:
    """Recheck chapters; the status is 1 if a verdict does not stand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("chapters", nargs="+", help="their numbers")
    parser.add_argument("--minutes", type=float, default=10.0, help="for each to run")
    parser.add_argument("--record", action="store_true", help="keep the certificates")
    options = parser.parse_args()
    os.environ |= QUIET
    try:
        seconds = 60 * options.minutes
        found = [recheck(one.zfill(2), seconds) for one in options.chapters]
    except (RunError, ValueError) as error:
        sys.exit(str(error))
    status = sum(map(report, found))
    if options.record:
        kept = json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else {}
        kept |= {one.chapter: asdict(one) for one in found}
        text = json.dumps(dict(sorted(kept.items())), ensure_ascii=False, indent=1)
        write(RECORD, text + "\n")
    return status


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
