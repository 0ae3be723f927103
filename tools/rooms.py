"""The rooms of the library, what each imports, and their picture.

A room is a module or package directly below ``lib/rederived``; the wings of
``chapters`` are one room with a door each.  Everything is read from the files, nothing
is listed here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from html import escape
from pathlib import Path

from tools.files import ROOT

PACKAGE = "rederived"
LIBRARY = ROOT / "lib" / PACKAGE
WINGS = "chapters"

Imports = Mapping[str, set[str]]
"""Room -> the rooms that it imports."""

WIDTH, HEIGHT, GAP, SPACE = 900, 46, 14, 56
"""Of the picture, of a box, between boxes, between floors; pixels."""


@dataclass(frozen=True)
class Box:
    """A room in the picture: left edge, upper edge, size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """The x-coordinate of its middle."""
        return self.x + self.width / 2


def files(library: Path = LIBRARY) -> dict[str, list[Path]]:
    """Return room or wing (``chapters/nice``) -> its Python files, in order."""
    found: dict[str, list[Path]] = {}
    for path in sorted(library.rglob("*.py")):
        name = part(path.relative_to(library).with_suffix("").parts)
        if name:
            found.setdefault(name, []).append(path)
    return found


def part(parts: tuple[str, ...]) -> str:
    """Return the room or wing of a module's path; the packages above have none."""
    if parts[0] == WINGS:
        return "/".join(parts[:2]) if parts[1] != "__init__" else ""
    return "" if parts[0].startswith("__") else parts[0]


def imports(library: Path = LIBRARY) -> dict[str, set[str]]:
    """Return room or wing -> what it imports of the others."""
    found = files(library)
    return {
        name: {
            target
            for path in paths
            for module in _modules(path)
            if (target := _known(module, found)) and target != name
        }
        for name, paths in found.items()
    }


def _modules(path: Path) -> Iterator[str]:
    """Every module of the library that a file may import, with dots."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)


def _known(module: str, rooms: Mapping[str, object]) -> str:
    """Return the room or wing of a module, or nothing if it is not the library's."""
    head, *rest = module.split(".")
    for length in (2, 1):
        if head == PACKAGE and "/".join(rest[:length]) in rooms:
            return "/".join(rest[:length])
    return WINGS if head == PACKAGE and rest[:1] == [WINGS] else ""


def house(every: Imports) -> dict[str, set[str]]:
    """Return the imports between rooms, the wings taken as one."""
    found: dict[str, set[str]] = {}
    for name, targets in every.items():
        room = name.split("/")[0]
        found.setdefault(room, set()).update(one.split("/")[0] for one in targets)
    return {room: targets - {room} for room, targets in found.items()}


def drawn(rooms: Imports) -> dict[str, set[str]]:
    """Leave out an import that others imply: a -> c where a -> b -> c."""
    reach: dict[str, set[str]] = {}
    for room in TopologicalSorter(rooms).static_order():
        reach[room] = set(rooms[room]).union(*(reach[one] for one in rooms[room]))
    return {
        room: {
            one for one in targets if not any(one in reach[o] for o in targets - {one})
        }
        for room, targets in rooms.items()
    }


def floors(rooms: Imports) -> list[list[str]]:
    """Return the rooms by floor, the roof first; each lies just below its users."""
    depth = dict.fromkeys(rooms, 0)
    for room in reversed(list(TopologicalSorter(rooms).static_order())):
        for target in rooms[room]:
            depth[target] = max(depth[target], depth[room] + 1)
    return [
        sorted(room for room in rooms if depth[room] == level)
        for level in range(max(depth.values()) + 1)
    ]


def picture(every: Imports) -> str:
    """Return the house as an SVG picture on white, for light and dark pages."""
    arrows = drawn(house(every))
    boxes = _boxes(floors(arrows), arrows)
    doors = _doors(sorted(_wings(every)), boxes[WINGS]) if WINGS in boxes else {}
    height = max(box.y for box in boxes.values()) + HEIGHT + GAP
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" '
            'font-family="sans-serif" font-size="15">',
            f'<rect width="{WIDTH}" height="{height:g}" fill="#fff"/>',
            '<g stroke="#444" stroke-width="1.5" fill="none">',
            *_arrows(arrows, boxes),
            "</g>",
            '<g fill="#eef3f8" stroke="#0072B2" stroke-width="1.5">',
            *(_rectangle(box) for box in (*boxes.values(), *doors.values())),
            "</g>",
            '<g text-anchor="middle" fill="#000">',
            *(_label(name, box) for name, box in (boxes | doors).items()),
            "</g>",
            "</svg>",
            "",
        ]
    )


def _wings(every: Imports) -> list[str]:
    """Return the names of the wings."""
    return [name.split("/")[1] for name in every if "/" in name]


def _boxes(levels: list[list[str]], arrows: Imports) -> dict[str, Box]:
    """Place every room, each below the rooms that use it where there is space."""
    boxes: dict[str, Box] = {}
    top = float(GAP)
    for names in levels:
        height = HEIGHT * 1.8 if WINGS in names else HEIGHT
        width = min(150.0, (WIDTH - GAP) / len(names) - GAP)
        if names == [WINGS]:
            width = WIDTH - 2 * GAP
        aims = {name: _aim(name, arrows, boxes) for name in names}
        left = float(GAP)
        for index, name in enumerate(sorted(names, key=lambda n: (aims[n], n))):
            behind = (len(names) - index) * (width + GAP)
            x = min(max(left, aims[name] - width / 2), WIDTH - behind)
            boxes[name] = Box(x, top, width, height)
            left = x + width + GAP
        top += height + SPACE
    return boxes


def _aim(name: str, arrows: Imports, boxes: Mapping[str, Box]) -> float:
    """Return the middle of the rooms that use one, or of the picture."""
    users = [boxes[user].middle for user, uses in arrows.items() if name in uses]
    return sum(users) / len(users) if users else WIDTH / 2


def _doors(names: list[str], box: Box) -> dict[str, Box]:
    """Place the wings inside their room, side by side."""
    width = (box.width - GAP) / len(names) - GAP
    top, height = box.y + box.height * 0.42, box.height * 0.45
    return {
        name: Box(box.x + GAP + index * (width + GAP), top, width, height)
        for index, name in enumerate(names)
    }


def _arrows(arrows: Imports, boxes: Mapping[str, Box]) -> Iterator[str]:
    """Draw each import, from the lower edge of a box to the upper edge of another."""
    for name, targets in arrows.items():
        for target in sorted(targets):
            box, other = boxes[name], boxes[target]
            start = min(max(other.middle, box.x + GAP), box.x + box.width - GAP)
            tip = f"{other.middle:g} {other.y - 1:g}"
            yield f'<path d="M{start:g} {box.y + box.height:g}L{tip}"/>'
            yield f'<path d="M{tip}l-5 -9h10z" fill="#444" stroke="none"/>'


def _rectangle(box: Box) -> str:
    return (
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" '
        f'height="{box.height:g}" rx="6"/>'
    )


def _label(name: str, box: Box) -> str:
    """Return a room's name in its middle, or at the top above its doors."""
    y = box.y + (22 if name == WINGS else box.height / 2 + 5)
    return f'<text x="{box.middle:g}" y="{y:g}">{escape(name)}</text>'


def summary(name: str, library: Path = LIBRARY) -> str:
    """Return the first line of a room's or wing's docstring."""
    path = library / name
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split())
