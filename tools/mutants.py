"""Small errors drawn at random, and whether a test or a page notices them.

``python -m tools.mutants`` draws places from every room and wing of the library, as
many of each as the time allows, makes one change there (:mod:`tools.changes`), and runs
first the tests that run the changed statement, then the pages that do
(:mod:`tools.reach`).  What fails kills the mutant.  It prints what survives; with
``--record book/mutants.json`` it adds to what ``tools.mutants_page`` shows.  The breaks
that a claim names are made by ``tools.breaks``; this asks about the errors that nobody
chose.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from importlib.metadata import version
from itertools import islice
from multiprocessing.pool import Pool
from pathlib import Path

from tqdm import tqdm

from tools.files import BOOK, ROOT, write
from tools.mutant_jobs import Job, Mutant, Places, all_places, drawn
from tools.mutant_runs import (
    forked,
    fresh,
    killer,
    killer_in_place,
    unfit,
    with_tests,
)
from tools.reach import QUIET, load

RECORD = BOOK / "mutants.json"


def read_record(path: Path = RECORD) -> dict[str, Mutant]:
    """Return the mutants of a record by their names, none if there is no record."""
    if not path.exists():
        return {}
    found = json.loads(path.read_text(encoding="utf-8"))
    return {one.name: one for one in (Mutant(**entry) for entry in found["mutants"])}


def write_record(
    mutants: dict[str, Mutant],
    places: dict[str, Places],
    pages: list[str],
    seed: int,
    path: Path,
) -> None:
    """Keep mutants with what they were drawn from, and the pages that were asked."""
    command = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    commit = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    record = {
        "commit": commit.strip(),
        "seed": seed,
        "cosmic-ray": version("cosmic-ray"),
        "pages": pages,
        "places": {name: len(mine) for name, mine in places.items()},
        "changes": {
            name: sum(len(found) for _, _, found in mine)
            for name, mine in places.items()
        },
        "mutants": [asdict(one) for one in mutants.values()],
    }
    write(path, json.dumps(record, ensure_ascii=False, indent=1) + "\n")


def main() -> int:
    """Draw and run until the time is up; the status is 1 if a killer is unfit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=15.0, help="when to stop")
    parser.add_argument("--seed", type=int, default=0, help="of the draw")
    parser.add_argument("--processes", type=int, default=2, help="at a time")
    parser.add_argument("--record", type=Path, help="a file to add to")
    parser.add_argument("--in-place", action="store_true", help="functions by tests")
    parser.add_argument("--again", action="store_true", help="only what survived")
    options = parser.parse_args()
    os.environ |= QUIET
    reach, places = load(), all_places()
    ends = time.monotonic() + 60 * options.minutes
    before = read_record(options.record) if options.record else {}
    jobs = (
        job
        for job in drawn(places, options.seed, reach)
        if job.mutant is not None
        and _wanted(before.get(job.mutant.name), again=options.again)
    )
    tried: dict[str, Mutant] = {}

    def keep() -> None:
        if options.record:
            pages = [] if options.in_place else reach.pages
            write_record(before | tried, places, pages, options.seed, options.record)

    def work() -> None:
        run = judged_in_place if options.in_place else judged
        for mutant in run(jobs, options.processes, ends):
            tried[mutant.name] = mutant
            if not mutant.killer:
                print(f"survived {mutant.name}", flush=True)
            if len(tried) % 20 == 0:
                keep()

    with_tests(work)
    keep()
    bad = unfit(one.killer for one in tried.values())
    for name in sorted(bad):
        print(f"{name} fails without a mutant; what it killed does not count")
    tried = {name: one for name, one in tried.items() if one.killer not in bad}
    keep()
    killed = sum(bool(one.killer) for one in tried.values())
    print(
        f"{killed} of {len(tried)} mutants killed "
        f"({100 * killed / max(len(tried), 1):.0f} %), seed {options.seed}"
    )
    return len(bad)


def judged(jobs: Iterator[Job], processes: int, ends: float) -> Iterator[Mutant]:
    """Run jobs until a time; return their mutants with what killed them."""
    with forked(processes) as here, fresh(processes) as apart, tqdm() as watched:
        while time.monotonic() < ends and (batch := list(islice(jobs, 4 * processes))):
            found = _in_place(here, batch)
            slow = [job for job in batch if job not in found]
            found |= zip(slow, apart.map(killer, slow, chunksize=1), strict=True)
            left = [job for job in batch if not found[job] and job not in slow]
            pages = [replace(job, tests=()) for job in left]
            found |= zip(left, apart.map(killer, pages, chunksize=1), strict=True)
            watched.update(len(batch))
            yield from (_judged(job, found[job]) for job in batch)


def judged_in_place(
    jobs: Iterator[Job], processes: int, ends: float
) -> Iterator[Mutant]:
    """Run those jobs that need no process of their own, and no pages, until a time."""
    with forked(processes) as here, tqdm() as watched:
        while time.monotonic() < ends and (batch := list(islice(jobs, 4 * processes))):
            found = _in_place(here, batch)
            watched.update(len(found))
            yield from (_judged(job, name) for job, name in found.items())


def _in_place(pool: Pool, batch: list[Job]) -> dict[Job, str]:
    """Return what killed the mutants that can be made in place."""
    names = zip(batch, pool.map(killer_in_place, batch, chunksize=1), strict=True)
    return {job: name for job, name in names if name is not None}


def _judged(job: Job, name: str) -> Mutant:
    """Return a job's mutant with what killed it."""
    assert job.mutant is not None
    tried = len(job.tests) + len(job.pages)
    return replace(job.mutant, killer=name, tried=tried)


def _wanted(before: Mutant | None, *, again: bool) -> bool:
    """Whether a mutant is to be tried, given what became of it before."""
    return before is not None and not before.killer if again else before is None


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
