"""What kind of code a file of the library holds: the groups of ``tools.mutants``."""

from __future__ import annotations

from tools.rooms import WINGS

GROUPS = {
    "models and losses": 6,
    "claims": 2,
    "training": 3,
    "data, measures and records": 4,
    "studies": 3,
    "figures and command line": 1,
}
"""Group -> how many of its places are drawn when its turn comes."""

_OF_ROOM = {
    **dict.fromkeys(("flows", "networks", "probability", "vae"), "models and losses"),
    **{"claims": "claims", "training": "training", "study": "studies"},
    **dict.fromkeys(
        ("datasets", "evaluation", "records"), "data, measures and records"
    ),
}


def group(path: str) -> str:
    """Return the group of a file, given below the library."""
    room, *rest = path.removesuffix(".py").split("/")
    if room != WINGS:
        return _OF_ROOM.get(room, "figures and command line")
    if any(name.startswith(("study", "studies")) for name in rest):
        return "studies"
    return "figures and command line" if "figures" in rest else "models and losses"
