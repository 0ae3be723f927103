"""The house stands: what may import what, read from the code without running it."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tools.files import ROOT

LIBRARY = ROOT / "lib" / "rederived"
WINGS = sorted(path.parent.name for path in LIBRARY.glob("chapters/*/__init__.py"))


def module_name(path: Path) -> str:
    """Return the dotted name of a file of the library."""
    parts = path.relative_to(LIBRARY.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(LIBRARY.rglob("*.py"))}


def plan() -> list[list[str]]:
    """Return the rooms of each floor, from the ground up, as the library says itself.

    A floor is a heading that ends in a colon; its rooms are the items below it.
    """
    text = ast.get_docstring(ast.parse(MODULES["rederived"].read_text("utf-8")))
    assert text is not None
    floors = re.split(r"^[A-Z][a-z ]+:$", text, flags=re.MULTILINE)[1:]
    return [re.findall(r"^- ``(\w+)``:", floor, re.MULTILINE) for floor in floors][::-1]


FLOORS = plan()
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def statements(body: list[ast.stmt], *, at_import: bool) -> Iterator[ast.stmt]:
    """Yield the import statements; only those that run at import, if asked for.

    What stands in a function, or below ``if TYPE_CHECKING``, does not run at import.
    """
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and at_import:
            continue
        elif (
            at_import
            and isinstance(node, ast.If)
            and ast.unparse(node.test) == "TYPE_CHECKING"
        ):
            yield from statements(node.orelse, at_import=True)
        else:
            parts = [
                *(getattr(node, name, []) for name in ("body", "orelse", "finalbody")),
                *(handler.body for handler in getattr(node, "handlers", [])),
                *(case.body for case in getattr(node, "cases", [])),
            ]
            for part in parts:
                yield from statements(part, at_import=at_import)


def imported(module: str, *, at_import: bool = False) -> set[str]:
    """Return the modules that a module of the library imports, by full name."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in statements(tree.body, at_import=at_import):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            assert node.module is not None
            names = {f"{node.module}.{name.name}" for name in node.names}
            ours = node.module.split(".")[0] == "rederived"
            modules = names & MODULES.keys() if ours else names
            found |= modules | {node.module}
    return found - {"__future__"}


def closure(modules: set[str]) -> dict[str, set[str]]:
    """Return what comes in with the import of some modules, and who asks for it.

    The import of a module runs the packages around it, too.
    """
    waiting, seen = set(modules), set()
    found: dict[str, set[str]] = {}
    while waiting:
        module = waiting.pop()
        seen.add(module)
        parts = module.split(".")
        asked = {".".join(parts[:end]) for end in range(1, len(parts))}
        asked |= imported(module, at_import=True)
        for name in asked - MODULES.keys():
            found.setdefault(name, set()).add(module)
        waiting |= (asked & MODULES.keys()) - seen
    return found


def foreign(modules: set[str]) -> dict[str, list[str]]:
    """Return what comes in from other projects, and who asks for it."""
    return {
        name: sorted(who)
        for name, who in closure(modules).items()
        if name.split(".")[0] not in sys.stdlib_module_names
    }


def room(module: str) -> str:
    """Return the room that a module stands in; the library itself is none."""
    return module.split(".")[1] if "." in module else ""


def wing(module: str) -> str:
    """Return the chapter's folder that a module stands in, or nothing."""
    parts = module.split(".")
    return parts[2] if parts[1:2] == ["chapters"] and len(parts) > 2 else ""


def arrows() -> set[tuple[str, str]]:
    """Return every import inside the library, from module to module."""
    return {
        (module, name)
        for module in MODULES
        for name in imported(module)
        if name in MODULES
    }


def test_the_plan_has_every_room() -> None:
    listed = [name for rooms in FLOORS for name in rooms]
    rooms = {room(module) for module in MODULES} - {"", "__main__"}
    assert sorted(listed) == sorted(rooms)
    assert all(FLOORS)


def test_nothing_imports_upwards() -> None:
    height = FLOOR | {"": -1, "__main__": len(FLOORS)}
    assert {(a, b) for a, b in arrows() if height[room(b)] > height[room(a)]} == set()


def test_the_rooms_import_each_other_in_no_circle() -> None:
    graph: dict[str, set[str]] = {}
    for a, b in arrows():
        graph.setdefault(room(a), set()).update({room(b)} - {room(a), ""})
    assert list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("name", WINGS)
def test_only_the_roof_knows_a_wing(name: str) -> None:
    roof = FLOORS[-1]
    into = {(a, b) for a, b in arrows() if wing(b) == name and wing(a) != name}
    assert {(a, b) for a, b in into if room(a) not in roof} == set()


PLAIN = ("claims", "flows", "networks", "probability", "vae")
LIGHT = {"torch", "numpy", "scipy", "tqdm"}


def models(name: str) -> set[str]:
    """Return the modules of a wing, less those of its studies and figures."""
    inside = {module for module in MODULES if wing(module) == name}
    part = f"rederived.chapters.{name}."
    return {
        module
        for module in inside
        if not module.removeprefix(part).startswith(("study", "studies", "figures"))
    }


def heavy(modules: set[str], allowed: set[str]) -> dict[str, list[str]]:
    """Return what comes in besides what is allowed, and who asks for it."""
    found = foreign(modules)
    return {
        name: who for name, who in found.items() if name.split(".")[0] not in allowed
    }


@pytest.mark.parametrize("name", PLAIN)
def test_the_mathematics_needs_torch_and_scipy_only(name: str) -> None:
    assert heavy({module for module in MODULES if room(module) == name}, LIGHT) == {}


@pytest.mark.parametrize("name", WINGS)
def test_the_models_of_a_wing_need_torch_and_scipy_only(name: str) -> None:
    assert models(name)
    assert heavy(models(name), LIGHT) == {}


@pytest.mark.parametrize(
    "name", ["rederived", "rederived.study", "rederived.cli", "rederived.__main__"]
)
def test_the_command_line_waits_for_little(name: str) -> None:
    found = foreign({name})
    assert heavy({name}, LIGHT | {"typer", "yaml"}) == {}
    assert not {part for part in found if part.startswith("scipy.stats")}
