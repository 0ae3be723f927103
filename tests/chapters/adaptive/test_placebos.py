"""Claim 7.12's checks fail where their statement is false by construction."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from rederived.chapters.adaptive import trajectory, valley
from rederived.claims import ClaimFailed, claim
from rederived.records import load_record
from torch import Tensor

CHECK = claim("7.12")
RACES = {
    "constant": load_record("adaptive-learning-rates-quadratics"),
    "decayed": load_record("adaptive-learning-rates-quadratics-decayed"),
}


def log_loss(rate: str, rule: str, axes: str, condition: int, steps: int) -> Tensor:
    """Return the decimal logarithm of a recorded loss, one number a seed."""
    name = f"log_loss {rule} {axes} {condition} {steps}"
    return torch.tensor(RACES[rate].values(name), dtype=torch.float64)


def lead(rate: str, axes: str, condition: int = 10_000, steps: int = 300) -> Tensor:
    """Return by how many powers of ten the vector rule is ahead, one number a seed."""
    scalar = log_loss(rate, "scalar", axes, condition, steps)
    return scalar - log_loss(rate, "vector", axes, condition, steps)


def digits(task: str, method: str, rate: str) -> Tensor:
    """Return the recorded test losses of a method at a rate, one number a seed."""
    record = load_record(f"adaptive-learning-rates-{task}")
    return torch.tensor(record.values(f"test {method}@{rate}"))


def path(rule: str, condition: float) -> Tensor:
    """Return sixty steps of a rule in a valley along the axes."""
    start = torch.tensor([2.4, 1.2], dtype=torch.float64)
    gradient = valley(condition).gradient
    return trajectory(rule, gradient, start, 0.02, 60, epsilon=0).points


PLACEBOS: dict[str, Callable[[], None]] = {
    "a rule against itself": lambda: CHECK.mean_above(
        lead("decayed", "aligned") - lead("decayed", "aligned").roll(1), 1.0, what="x"
    ),
    "a valley that is not along the axes, constant": lambda: CHECK.mean_above(
        lead("constant", "rotated"), 1.0, what="x"
    ),
    "a valley that is not along the axes, decayed": lambda: CHECK.mean_above(
        lead("decayed", "rotated"), 1.0, what="x"
    ),
    "a round loss": lambda: CHECK.mean_above(
        lead("constant", "aligned", condition=1), 1.0, what="x"
    ),
    "a rotation that turns nothing": lambda: CHECK.corrected.mean_below(
        lead("decayed", "aligned") - lead("decayed", "aligned") / 2, 0.0, what="x"
    ),
    "gradient descent in a valley that is worse": lambda: CHECK.corrected.mean_below(
        log_loss("constant", "gradient descent", "aligned", 10_000, 300)
        - log_loss("constant", "vector", "aligned", 10_000, 300),
        0.0,
        what="x",
    ),
    "pixels of one scale": lambda: CHECK.mean_above(
        digits("digits", "scalar", "1") - digits("digits", "vector", "0.0056"),
        0.05,
        what="x",
    ),
    "pixels of many scales": lambda: CHECK.corrected.mean_below(
        digits("digits-scaled", "scalar", "0.18")
        - digits("digits-scaled", "vector", "0.0056"),
        0.05,
        what="x",
    ),
    "a rule that sees no rotation": lambda: CHECK.corrected.mean_above(
        digits("digits-rotated", "scalar", "0.18")
        - digits("digits-scaled", "scalar", "0.18"),
        1e-6,
        what="x",
    ),
    "a rule that sees the rotation": lambda: CHECK.corrected.close(
        digits("digits-rotated", "vector", "0.01"),
        digits("digits-scaled", "vector", "0.0056"),
        atol=4e-7,
        what="x",
    ),
    "the floor of a rate that falls": lambda: CHECK.corrected.close(
        log_loss("decayed", "vector", "aligned", 1, 300).mean(),
        float(log_loss("constant", "vector", "aligned", 1, 300).mean()),
        atol=0.5,
        what="x",
    ),
    "one rate in two valleys": lambda: CHECK.close(
        path("scalar", 1), path("scalar", 10_000), atol=1e-9, what="x"
    ),
    "a rate each in two valleys": lambda: CHECK.differs(
        path("vector", 1), path("vector", 10_000), by=0.5, what="x"
    ),
}


@pytest.mark.parametrize("name", PLACEBOS)
def test_a_check_fails_where_its_statement_is_false(name: str) -> None:
    with pytest.raises(ClaimFailed):
        PLACEBOS[name]()
