"""Whether the library is read from a checkout, where records can be written."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parents[1]
"""The folder of the library."""


def checkout() -> Path | None:
    """Return the root of the checkout that holds the library; None if installed."""
    root = PACKAGE.parents[1]
    inside = PACKAGE.parent.name == "lib" and (root / "pyproject.toml").is_file()
    return root if inside else None
