"""Seeds that are run later join the record that is there already."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from rederived.records.records import Record, joined_data, load_record
from rederived.records.runs import RunError, differences


def recorded(record: Record, root: Path) -> Record | None:
    """Return the record that is in place and that the seeds of this one can join.

    Args:
        record: the record of the seeds at hand.
        root: the folder of records.

    Returns:
        The record of the same name and configuration; None if there is none yet.

    Raises:
        RunError: if the record in place is of another configuration.
    """
    folder = root / record.name
    if not (folder / "record.json").exists():
        return None
    found = load_record(record.name, root)
    there, here = found.config, record.config
    if found.identity != record.identity:
        names = there.keys() | here.keys()
    else:  # an identity leaves defaults out: one of them may have changed
        names = there.keys() & here.keys()
    changed = differences(there, here, names)
    if changed or found.identity != record.identity:
        raise RunError(
            f"{folder} is a record of another configuration: {found.identity} there, "
            f"{record.identity} here ({changed or 'equal fields'}); give the preset "
            f"another name, or remove {folder} to record these runs in its place"
        )
    return found


def joined(new: Record, old: Record | None) -> Record:
    """Add to a record the seeds of an older one that it does not have itself.

    Args:
        new: the record of the seeds at hand, whose sources and deviations stay.
        old: a record of the same configuration, or None.

    Raises:
        RunError: if the two are of two versions of a data set.
    """
    if old is None:
        return new
    again = {result.seed for result in new.seeds}
    kept = [result for result in old.seeds if result.seed not in again]
    seeds = sorted([*kept, *new.seeds], key=lambda result: result.seed)
    first = old if kept and seeds[0] is kept[0] else new
    return replace(
        new,
        seeds=seeds,
        data=joined_data(old.data, new.data) if kept else new.data,
        arrays=first.arrays,
    )


def joined_logs(new: str, old: str) -> str:
    """Join logs of several seeds, each under its line ``# seed N``, in their order."""
    parts = {
        int(part.split("\n", 1)[0]): part
        for log in (old, new)
        for part in re.split(r"^# seed ", log, flags=re.MULTILINE)[1:]
    }
    return "".join(f"# seed {seed_part}" for _, seed_part in sorted(parts.items()))
