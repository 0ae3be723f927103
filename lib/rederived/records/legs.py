"""What a run's provenance says of its legs, if others than the present took steps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rederived.records.provenance import Provenance

if TYPE_CHECKING:
    from rederived.training import Leg

_SHOWN = ("commit", "device", "trained_on", "compiled", "torch", "command")


def provenance_of_run(directory: Path, origin: Provenance) -> Provenance:
    """Describe the legs of the run in a folder, and of its parts in folders within.

    Args:
        directory: the run's folder.
        origin: what the present process says of itself.
    """
    # the command line lists studies without waiting for what training needs
    from rederived.training import read_legs  # noqa: PLC0415

    found = provenance_of_legs(read_legs(directory), origin)
    for part in sorted(path for path in directory.iterdir() if path.is_dir()):
        found |= provenance_of_legs(read_legs(part), origin, f"{part.name} ")
    return found


def provenance_of_legs(
    legs: Sequence[Leg], origin: Provenance, of: str = ""
) -> Provenance:
    """Describe each leg in a line; a run is as clean as its least clean leg.

    A leg that takes no step measures again what is already trained, and is left out.
    So are all if the present process took all steps: the provenance is about it.

    Args:
        legs: in their order.
        origin: what the present process says of itself, as it does in its legs.
        of: what stands before the word ``leg``.

    >>> legs = [
    ...     {"from_step": 0, "to_step": 7, "began": "12:00", "seconds": 3.5,
    ...      "commit": "c0ffee", "dirty": True},
    ...     {"from_step": 7, "to_step": 9, "began": "13:00", "seconds": 1.0,
    ...      "commit": "facade", "dirty": False},
    ... ]
    >>> found = provenance_of_legs(legs, {"commit": "facade", "dirty": False})
    >>> found["leg 2"]
    'steps 7 to 9, began 13:00, 1.0 s, commit facade'
    >>> found["dirty"]
    True
    """
    taken = [leg for leg in legs if leg["to_step"] != leg["from_step"]]
    found: Provenance = {}
    if any(leg.get("dirty") for leg in taken):
        found["dirty"] = True
    if any(leg.get("commit") == "unknown" for leg in taken):
        found["commit"] = "unknown"
    # a leg without steps is in no checkpoint: the last need not be the present one
    if not all(origin.items() <= leg.items() for leg in taken):
        found |= {f"{of}leg {k}": _line(leg) for k, leg in enumerate(taken, 1)}
    return found


def _line(leg: Leg) -> str:
    shown = [f"{name} {leg[name]}" for name in _SHOWN if name in leg]
    steps = f"steps {leg['from_step']} to {leg['to_step']}"
    return ", ".join([steps, f"began {leg['began']}", f"{leg['seconds']} s", *shown])
