"""A check does not pass on what it cannot compare."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from rederived.claims import ClaimFailed, claim

INFINITY = float("inf")


@pytest.mark.parametrize(
    ("check", "error", "says"),
    [
        (lambda c: c.close(1 + 5j, 1 + 0j, atol=1e-9, what="x"), TypeError, "complex"),
        (
            lambda c: c.close(torch.ones(2) + 5j, torch.ones(2), atol=1e-9, what="x"),
            TypeError,
            "complex",
        ),
        (lambda c: c.below(np.array([1 + 1j]), 2.0, what="x"), TypeError, "complex"),
        (lambda c: c.close("a", "a", atol=1.0, what="x"), ValueError, "could not"),
        (lambda c: c.equal(2**53 + 1, 2.0**53, what="x"), ClaimFailed, "equal"),
        (lambda c: c.close(2**53 + 1, 2**53, atol=0, what="x"), ValueError, "2.53"),
        (lambda c: c.equal([INFINITY], [INFINITY], what="x"), ClaimFailed, "finite"),
        (
            lambda c: c.equal([float("nan")], [float("nan")], what="x"),
            ClaimFailed,
            "finite",
        ),
        (lambda c: c.equal("a\0", "a", what="x"), ClaimFailed, "equal"),
        (lambda c: c.equal(b"a\0", b"a", what="x"), ClaimFailed, "equal"),
        (lambda c: c.equal(1 + 1j, 1, what="x"), ClaimFailed, "equal"),
    ],
)
def test_what_cannot_be_compared_does_not_pass(
    check: Callable[[object], None], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        check(claim("1.1"))


def test_what_can_be_compared_exactly_passes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    claim("1.1").equal(2**53 + 1, 2**53 + 1, what="large whole numbers")
    claim("1.1").equal([1, 2], torch.tensor([1.0, 2.0]), what="whole and real")
    claim("1.1").equal(1 + 1j, 1 + 1j, what="complex numbers, exactly")
    claim("1.1").equal("a\0", "a\0", what="texts")
    assert capsys.readouterr().out.count("✓") == 4
