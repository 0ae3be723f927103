"""Nothing imports upwards, and no chapter's wing imports another."""

import ast
from pathlib import Path

import rederived

LIBRARY = Path(rederived.__file__).parent
FLOORS = [
    {"claims", "probability", "networks", "flows", "training", "datasets"},
    {"figures", "evaluation", "records", "vae"},
    {"chapters"},
    {"study", "cli"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def imports():
    """Pairs of a module, as a path of names, and what it imports of the library."""
    for path in sorted(LIBRARY.rglob("*.py")):
        own = path.relative_to(LIBRARY).with_suffix("").parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not node.module:
                continue
            first, *rest = node.module.split(".")
            if first == "rederived":
                for name in node.names:
                    yield own, (*rest, name.name)


def test_nothing_imports_upwards():
    upwards = [
        (own, other)
        for own, other in imports()
        if own[0] in FLOOR and other[0] in FLOOR and FLOOR[other[0]] > FLOOR[own[0]]
    ]
    assert upwards == []


def test_no_wing_imports_another():
    across = [
        (own, other)
        for own, other in imports()
        if own[0] == other[0] == "chapters" and len(own) > 2 and own[1] != other[1]
    ]
    assert across == []
