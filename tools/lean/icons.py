"""The theme's icons, drawn where they stand.

The theme draws a dozen icons with a script of 1.5 MB that knows two thousand.  The
outlines are taken from that script.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

_ICON = re.compile(
    r'<(i|span) class="(?P<classes>[^"]*\bfa-(?!solid|regular|brands|lg)[^"]*)"'
    r"(?P<more>[^>]*)>\s*</\1>"
)
_STYLES = {"fa-solid", "fa-regular", "fa-brands", "fa-lg", "fas", "far", "fab"}
_OUTLINE = re.compile(
    r'["{,]"?(?P<name>[a-z0-9-]+)"?:'
    r"\[(?P<width>\d+),(?P<height>\d+),\[(?P<others>[^\]]*)\],"
    r'"[0-9a-f]+","(?P<path>[^"]+)"'
)

Outlines = Mapping[str, tuple[str, str]]
"""Name of an icon -> the ``viewBox`` and the path of its drawing."""


def outlines(script: Path) -> Outlines:
    """Return the icons of the theme's script, by all their names.

    Where a name has several styles the script has the solid one first.
    """
    found: dict[str, tuple[str, str]] = {}
    for icon in _OUTLINE.finditer(script.read_text(encoding="utf-8")):
        drawing = f"0 0 {icon['width']} {icon['height']}", icon["path"]
        for name in (icon["name"], *re.findall(r'"([a-z0-9-]+)"', icon["others"])):
            found.setdefault(name, drawing)
    return found


def with_icons(page: str, known: Outlines) -> str:
    """Draw the icons of a page.

    Raises:
        ValueError: if the script has no icon of a name.
    """

    def draw(found: re.Match[str]) -> str:
        classes = found["classes"].split()
        name = next(
            one.removeprefix("fa-")
            for one in classes
            if one.startswith("fa-") and one not in _STYLES
        )
        if name not in known:
            raise ValueError(f"the theme's script has no icon {name!r}")
        box, path = known[name]
        return (
            f'<svg class="{" ".join(classes)} rd-icon"{found["more"]} '
            f'viewBox="{box}" aria-hidden="true"><path d="{path}"/></svg>'
        )

    return _ICON.sub(draw, page)
