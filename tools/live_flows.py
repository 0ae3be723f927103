"""The small flows of chapter 3's live figure: ``python -m tools.live_flows``.

Two flows of the plane are fitted to half-moons, one of additive and one of affine
couplings; their weights are written as the figure reads them, with some points.  The
numbers in the file *are* the flows: a test computes with them here and in a browser.
"""

from __future__ import annotations

import json
from typing import Any, TypeAlias

import torch
from rederived.datasets.points import moons
from rederived.flows import (
    AdditiveCoupling,
    AffineCoupling,
    Bijection,
    Composition,
    DiagonalScale,
    Flow,
    OddEven,
    StandardNormal,
)
from rederived.networks import initialize, mlp
from rederived.training import OneCycle, TrainConfig, fit, generator
from torch import Tensor

from tools.files import BOOK, write

PAGE = BOOK / "_static" / "live" / "flow_data.js"
KINDS = ("additive", "affine")
Numbers: TypeAlias = float | list["Numbers"]
COUPLINGS, WIDTH, EPOCHS, BATCH = 6, 12, 200, 400


def flow(kind: str) -> Flow:
    """Return an untrained flow of the plane, in chapter 3's order of layers."""
    steps: list[Bijection] = []
    for k in range(COUPLINGS):
        split = OddEven(swap=bool(k % 2))
        if kind == "additive":
            steps.append(AdditiveCoupling(split, mlp([1, WIDTH, WIDTH, 1])))
        else:
            steps.append(AffineCoupling(split, mlp([1, WIDTH, WIDTH, 2])))
    made = Flow(Composition(*steps, DiagonalScale((2,))), StandardNormal(), (2,))
    initialize(made, "identity", generator(3, 70))
    return made


def trained(kind: str, points: Tensor) -> Flow:
    """Return a flow fitted to points ``(n, 2)`` by maximum likelihood."""
    made = flow(kind)
    fit(
        made,
        (points,),
        torch.optim.Adam(made.parameters(), lr=1e-2),
        TrainConfig(EPOCHS, BATCH, average_decay=0.99),
        loss=lambda model, x: -model.log_prob(x).mean(),
        schedule=OneCycle(len(points) // BATCH * EPOCHS),
    )
    return made


def exported(made: Flow) -> dict[str, Numbers]:
    """Return weights by name, as nested lists of four significant digits."""
    return {name: _short(value) for name, value in made.state_dict().items()}


def loaded(kind: str, weights: dict[str, Numbers]) -> Flow:
    """Return the flow, float64, that has exactly these weights."""
    made = flow(kind).double()
    made.load_state_dict(
        {k: torch.tensor(v, dtype=torch.float64) for k, v in weights.items()}
    )
    return made


def stored() -> dict[str, Any]:
    """Return what the file has: weights of each kind, and the points."""
    text = PAGE.read_text(encoding="utf-8")
    return json.loads(text[text.index("= ") + 2 : text.rindex(";")])


def _short(value: Tensor) -> Numbers:
    """Return a tensor as lists of numbers with four significant digits."""
    if value.ndim:
        return [_short(row) for row in value]
    return float(f"{float(value):.4g}")


if __name__ == "__main__":
    points = moons(4000, generator(3, 0))
    content: dict[str, Any] = {kind: exported(trained(kind, points)) for kind in KINDS}
    content["points"] = _short(moons(250, generator(3, 71)))
    line = json.dumps(content, separators=(",", ":"))
    write(
        PAGE,
        "/* Made by tools/live_flows.py; not to be edited. */\n"
        f"window.rederived.flows = {line};\n",
    )
