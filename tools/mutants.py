"""Small errors drawn at random, and whether a test or a page notices them.

``python -m tools.mutants`` draws places of the library, group by group
(:mod:`tools.mutant_groups`), as many as the time allows, makes one change there
(:mod:`tools.changes`), and runs first the tests that run the changed statement, then
the pages that do (:mod:`tools.reach`).  What fails kills the mutant.  It prints what
survives; with ``--record book/mutants.json`` it adds to what ``tools.mutants_page``
shows, and ``--again`` tries once more what survived there, after tests were written.
The breaks that a claim names are made by ``tools.breaks``; this asks about the errors
that nobody chose.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from importlib.metadata import version
from itertools import takewhile
from pathlib import Path

from tqdm import tqdm

from tools.files import BOOK, ROOT, write
from tools.mutant_jobs import Job, Mutant, Places, again, all_places, drawn, short_pages
from tools.mutant_runs import judged, with_tests
from tools.mutants_page import survivors
from tools.reach import QUIET, load
from tools.rooms import LIBRARY, part

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
    """Keep mutants with what they were drawn from, and the pages that were asked.

    What a person has noted in the file stays.
    """
    noted = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    command = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    commit = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    record = {
        "commit": commit.strip(),
        "seed": seed,
        "cosmic-ray": version("cosmic-ray"),
        "pages": pages,
        "places": {name: len(mine) for name, mine in places.items()},
        "rooms": Counter(
            room_of(path) for mine in places.values() for path, *_ in mine
        ),
        "changes": sum(len(some) for mine in places.values() for *_, some in mine),
        "note": noted.get("note", ""),
        "mutants": [asdict(one) for one in mutants.values()],
    }
    write(path, json.dumps(record, ensure_ascii=False, indent=1) + "\n")


def room_of(path: Path) -> str:
    """Return the room or wing of a file of the library."""
    return part(path.relative_to(LIBRARY).with_suffix("").parts)


def tried(jobs: Iterator[Job], processes: int) -> Iterator[Mutant]:
    """Run jobs; return their mutants with what killed them."""
    for job, killer, seconds in judged(jobs, processes):
        assert job.mutant is not None
        asked = len(job.tests) + len(job.pages)
        yield replace(job.mutant, killer=killer, tried=asked, seconds=round(seconds, 1))


def once_more(before: Mutant, now: Mutant) -> Mutant:
    """Return one that survived before, with what kills it now."""
    return replace(before, line=now.line, later=now.killer)


def collect(
    mutants: Iterator[Mutant], keep: Callable[[dict[str, Mutant]], None]
) -> dict[str, Mutant]:
    """Print what survives, and keep what is found as it comes."""
    found: dict[str, Mutant] = {}
    for mutant in tqdm(mutants):
        found[mutant.name] = mutant
        if not mutant.killer:
            print(f"survived {mutant.name}", flush=True)
        keep(found)
    return found


def report(found: dict[str, Mutant], seed: int) -> None:
    """Print the share that was killed, and what a mutant took."""
    killed = sum(bool(one.killer) for one in found.values())
    whole = max(len(found), 1)
    seconds = sum(one.seconds for one in found.values()) / whole
    print(
        f"{killed} of {len(found)} mutants killed ({100 * killed / whole:.0f} %), "
        f"seed {seed}; {seconds:.1f} s of computing for each"
    )


def main() -> None:
    """Draw and run until the time is up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=15.0, help="when to stop")
    parser.add_argument("--seed", type=int, default=0, help="of the draw")
    parser.add_argument("--processes", type=int, default=2, help="at a time")
    parser.add_argument("--record", type=Path, help="a file to add to")
    parser.add_argument("--again", action="store_true", help="only what survived")
    parser.add_argument(
        "--called", action="store_true", help="nothing that runs at an import: faster"
    )
    options = parser.parse_args()
    os.environ |= QUIET
    reach, places = load(), all_places()
    before = read_record(options.record) if options.record else {}
    if options.again:
        survived = (one for one in before.values() if not one.killer)
        tests = {name: one.test for name, one in survivors().items()}
        jobs = again(survived, reach, tests)
    else:
        every = drawn(places, options.seed, reach)
        jobs = (
            job
            for job in every
            if job.mutant
            and job.mutant.name not in before
            and not (options.called and job.loading)
        )

    def keep(found: dict[str, Mutant]) -> None:
        if options.again:
            found = {name: once_more(before[name], one) for name, one in found.items()}
        if options.record:
            merged = before | found
            write_record(
                merged, places, short_pages(reach), options.seed, options.record
            )

    def work() -> None:
        ends = time.monotonic() + 60 * options.minutes
        some = takewhile(lambda _: time.monotonic() < ends, jobs)
        found = collect(tried(some, options.processes), keep)
        report(found, options.seed)

    with_tests(work)


if __name__ == "__main__":
    main()
