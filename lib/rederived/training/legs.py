"""The legs of a run: which process took which of its steps, when, and for how long.

A run that is interrupted and goes on, here or on another machine, has several.  Each
checkpoint keeps them all in its header.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path

Leg = dict[str, str | int | bool | float]
"""``from_step``, ``to_step``, ``began`` (UTC), ``seconds``, and what the process said
of itself: see :func:`write_origin`."""

_ORIGIN = "origin.json"


def write_origin(directory: Path, origin: Mapping[str, str | int | bool]) -> None:
    """Say in a run's folder what this process is, for the leg that it begins.

    Args:
        directory: the run's folder; it is made if need be.
        origin: code, versions, machine and command.
    """
    directory.mkdir(parents=True, exist_ok=True)
    temporary = directory / f".{_ORIGIN}.{os.getpid()}.tmp"
    try:
        temporary.write_text(json.dumps(dict(origin)), encoding="utf-8")
        temporary.replace(directory / _ORIGIN)
    finally:
        temporary.unlink(missing_ok=True)


def begin_leg(directory: Path | None, step: int) -> Leg:
    """Return the leg that begins at a step, with the folder's origin if it has one.

    A part of a study that trains in a folder within has the origin of the whole.

    Raises:
        ValueError: if the folder's origin cannot be read.
    """
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    leg: Leg = {"from_step": step, "to_step": step, "began": now, "seconds": 0.0}
    around = () if directory is None else (directory.absolute().parent, directory)
    for path in (folder / _ORIGIN for folder in around):
        if not path.exists():
            continue
        try:
            leg |= dict(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError, RecursionError) as error:
            raise ValueError(
                f"{path} cannot be read ({error}): delete it; the run starts it anew"
            ) from error
    return leg


class LegClock:
    """Brings a leg up to date.

    >>> leg = begin_leg(None, step=3)
    >>> LegClock(leg).at(5)
    >>> leg["from_step"], leg["to_step"], leg["seconds"] < 60
    (3, 5, True)
    """

    def __init__(self, leg: Leg) -> None:
        self.leg, self.started = leg, time.monotonic()

    def at(self, step: int) -> None:
        """Note how far the leg has come, and its seconds so far."""
        self.leg["to_step"] = step
        self.leg["seconds"] = round(time.monotonic() - self.started, 1)


def costs_of(legs: Sequence[Leg]) -> dict[str, int | bool]:
    """Return what the steps of some legs asked of the device, as far as they say it.

    >>> costs_of([{"flops_per_step": 48, "peak_megabytes": 7}, {"peak_megabytes": 9}])
    {'flops_per_step': 48, 'peak_megabytes': 9}
    """
    found: dict[str, int | bool] = {}
    for name in ("compiled", "flops_per_step", "peak_megabytes"):
        said = [int(leg[name]) for leg in legs if name in leg]
        if said:
            found[name] = bool(max(said)) if name == "compiled" else max(said)
    return found
