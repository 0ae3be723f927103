"""JSON that was written by the library, read again: right types, or an error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        ValueError: if the file holds no object, or one with a name twice.
        OSError: if it cannot be read.
    """
    found = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_distinct)
    if not isinstance(found, dict):
        raise ValueError(f"an object is expected, not {type(found).__name__}")
    return found


def require_numbers(what: str, values: object, *, finite: bool = False) -> None:
    """Raise ``ValueError`` unless a value is a dictionary of texts and numbers.

    Args:
        what: its name, for the message.
        values: the dictionary.
        finite: whether NaN and infinity are refused as well.
    """
    if not isinstance(values, dict):
        raise ValueError(f"{what} must be numbers by name, not {values!r:.40}")
    for name, value in values.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (isinstance(name, str) and number and not (finite and _odd(value))):
            wanted = "a finite number" if finite else "a number"
            raise ValueError(f"{what}: {name!r} must be {wanted}, not {value!r:.40}")


def require_rows(what: str, rows: object) -> None:
    """Raise ``ValueError`` unless a value is a list of dictionaries of numbers."""
    if not isinstance(rows, list):
        raise ValueError(f"{what} must be a list, not {rows!r:.40}")
    for row in rows:
        require_numbers(what, row)


def require_texts(what: str, values: object) -> None:
    """Raise ``ValueError`` unless a value is a list of texts."""
    if not (isinstance(values, list) and all(isinstance(v, str) for v in values)):
        raise ValueError(f"{what} must be a list of texts, not {values!r:.40}")


def require_provenance(values: object) -> None:
    """Raise ``ValueError`` unless a value says what code a run was made with."""
    if not isinstance(values, dict):
        raise ValueError(f"provenance must be values by name, not {values!r:.40}")
    for name, value in values.items():
        if not (isinstance(name, str) and isinstance(value, str | bool | int)):
            raise ValueError(f"provenance: {name!r} is {value!r:.40}")


def require_seed(value: object) -> None:
    """Raise ``ValueError`` unless a value is a seed."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"a seed is a whole number of at least 0, not {value!r:.40}")


def _odd(value: float) -> bool:
    """Say whether a number is NaN, infinite, or whole and beyond every float."""
    return not abs(value) <= sys.float_info.max


def _distinct(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"the name {name!r} stands twice in one object")
        found[name] = value
    return found
