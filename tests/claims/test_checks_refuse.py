"""A check does not pass on what it cannot compare."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import sympy
import torch
from rederived.claims import ClaimFailed, claim
from rederived.claims.checks import as_float

INFINITY = float("inf")
NAN = float("nan")


@dataclass(frozen=True)
class Number:
    value: float


HIDDEN = np.ma.masked_array([1.0, 9.0], [False, True])
NANS = torch.tensor([1.0, NAN])  # a dict compares what it holds by identity first
TWIN = NANS.numpy()
WIDE = np.nextafter(np.longdouble(1), np.longdouble(2))
RECORD = np.array([(1, INFINITY)], dtype=[("a", int), ("b", float)])


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
        (lambda c: c.close("a", "a", atol=1.0, what="x"), TypeError, "got text"),
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
        (lambda c: c.equal(2**53 + 1, 2.0**53 + 0j, what="x"), ClaimFailed, "equal"),
        (
            lambda c: c.equal(np.array([5], "M8[ns]"), [5], what="x"),
            ClaimFailed,
            "equal",
        ),
        (
            lambda c: c.equal([2**53 + 1, 0.5], [2**53, 0.5], what="x"),
            ClaimFailed,
            "eq",
        ),
        (lambda c: c.equal([2**63 + 1, -1], [2**63, -1], what="x"), ClaimFailed, "eq"),
        (lambda c: c.close([2**53 + 1, 0.5], 1, atol=0, what="x"), ValueError, "2.53"),
        (lambda c: c.close(Fraction(2**53 + 1), 1, atol=0, what="x"), ValueError, "2."),
        (lambda c: c.close(Decimal("1e-400"), 0, atol=0, what="x"), ValueError, "400"),
        (lambda c: c.close(WIDE, 1, atol=0, what="x"), ValueError, "long doubles"),
        (lambda c: c.close([HIDDEN], [HIDDEN], atol=0, what="x"), TypeError, "masked"),
        (lambda c: c.equal([[HIDDEN]], [[HIDDEN]], what="x"), TypeError, "masked"),
        (lambda c: c.equal({1: HIDDEN}, {1: HIDDEN}, what="x"), TypeError, "masked"),
        (lambda c: c.equal({1: NANS}, {1: NANS}, what="x"), ClaimFailed, "finite"),
        (
            lambda c: c.equal({1: NANS.numpy()}, {1: NANS.numpy()}, what="x"),
            ClaimFailed,
            "finite",
        ),
        (lambda c: c.equal([{1: TWIN}], [{1: TWIN}], what="x"), ClaimFailed, "finite"),
        (lambda c: c.equal(RECORD, RECORD, what="x"), TypeError, "records"),
        (lambda c: c.equal(sympy.oo, sympy.oo, what="x"), ClaimFailed, "finite"),
        (lambda c: c.equal(sympy.nan, sympy.nan, what="x"), ClaimFailed, "finite"),
        (lambda c: c.equal(Number(NAN), Number(NAN), what="x"), ClaimFailed, "finite"),
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
    claim("1.1").equal([2**63 + 1, -1], [2**63 + 1, -1], what="large and negative")
    claim("1.1").equal(Number(1.0), Number(1.0), what="a record")
    claim("1.1").close(Fraction(1, 3), 1 / 3, atol=0, what="a fraction")
    claim("1.1").close([torch.ones(2), torch.ones(2)], 1.0, atol=0, what="tensors")
    assert capsys.readouterr().out.count("✓") == 8


@pytest.mark.parametrize(
    "bad", [NAN, INFINITY, -INFINITY, 10**400, True, "1", 1j, None]
)
@pytest.mark.parametrize(
    "check",
    [
        lambda c, bad: c.close(1.0, 1.0, atol=bad, what="x"),
        lambda c, bad: c.close(1.0, 1.0, atol=1.0, rtol=bad, what="x"),
        lambda c, bad: c.below(-1.0, bad, what="x"),
        lambda c, bad: c.above(2.0, bad, what="x"),
        lambda c, bad: c.between(1.0, bad, 2.0, what="x"),
        lambda c, bad: c.between(1.0, 0.0, bad, what="x"),
        lambda c, bad: c.differs(1.0, 3.0, by=bad, what="x"),
        lambda c, bad: c.mean_close([1.0, 2.0], 1.5, sigmas=bad, what="x"),
        lambda c, bad: c.mean_above([2.0, 3.0, 2.5], bad, what="x"),
        lambda c, bad: c.mean_below([0.0, -1.0, -2.0], bad, what="x"),
        lambda c, bad: c.mean_above([2.0, 3.0, 2.5], 0.0, confidence=bad, what="x"),
    ],
)
def test_a_criterion_is_a_finite_number(
    check: Callable[[object, object], None], bad: object
) -> None:
    with pytest.raises(ValueError, match="must be a finite number"):
        check(claim("1.1"), bad)


@pytest.mark.parametrize(
    "check",
    [
        lambda c: c.close(1.0, 1.0, atol=-1e-9, what="x"),
        lambda c: c.close(1.0, 1.0, atol=1.0, rtol=-1.0, what="x"),
        lambda c: c.between(3.0, 5.0, 3.0, what="x"),
        lambda c: c.differs(1.0, 1.0, by=0.0, what="x"),
        lambda c: c.mean_close([1.0, 2.0], 1.5, sigmas=0.0, what="x"),
        lambda c: c.mean_close([1.0, 2.0, 3.0], [2.0, 99.0, 99.0], what="x"),
        lambda c: c.mean_above([1.0, 2.0, 3.0], 2.5, confidence=0.01, what="x"),
        lambda c: c.mean_above([1.0, 2.0, 3.0], 0.5, confidence=1.0, what="x"),
        lambda c: c.mean_above([[1.0, 1.0], [1.0, 1.0]], 0.5, what="x"),
        lambda c: c.close(2**70 + 1, 2**70, atol=0.5, what="x"),
        lambda c: c.close([2**70 + 1, 1], [2**70, 1], atol=0.5, what="x"),
        lambda c: c.equal(1, 1, what=""),
        lambda c: c.equal(1, 1, what="a\nb"),
        lambda c: type(c)("1"),
    ],
)
def test_a_check_that_could_not_fail_is_refused(
    check: Callable[[object], None],
) -> None:
    with pytest.raises(
        ValueError, match=r"must be|got|has one|use equal|one number|write"
    ):
        check(claim("1.1"))


@pytest.mark.parametrize(
    ("check", "error"),
    [
        (lambda c: c.close("1", "1", atol=0.0, what="x"), TypeError),
        (lambda c: c.close(b"1", b"1", atol=0.0, what="x"), TypeError),
        (lambda c: c.below(["1", "2"], 3.0, what="x"), TypeError),
        (lambda c: c.below(np.ma.array([1, 9], mask=[0, 1]), 2, what="x"), TypeError),
        (lambda c: c.equal(np.ma.array([1], mask=[1]), [1], what="x"), TypeError),
        (lambda c: c.equal([INFINITY, None], [INFINITY, None], what="x"), ClaimFailed),
        (lambda c: c.equal({"a": [NAN]}, {"a": [NAN]}, what="x"), ClaimFailed),
        (lambda c: c.mean_close([1e200, -1e200, 3.0], 50.0, what="x"), ClaimFailed),
        (lambda c: c.mean_above([1e200, -1e200, 3.0], -50.0, what="x"), ClaimFailed),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
def test_texts_masks_and_overflow_do_not_pass(
    check: Callable[[object], None], error: type[Exception]
) -> None:
    with pytest.raises(error):
        check(claim("1.1"))


@pytest.mark.parametrize("nothing", [None, [None, 1]])
def test_what_returned_nothing_is_not_equal(nothing: object) -> None:
    """What two functions that return nothing return is no value."""
    with pytest.raises(ClaimFailed, match="holds nothing: there is nothing to compare"):
        claim("3.4").equal(nothing, nothing, what="x")


def test_fractions_that_are_floats_are_compared() -> None:
    exact = [Fraction(0), Fraction(3), Fraction(1, 2), Fraction(-7)]
    assert as_float(exact).tolist() == [0.0, 3.0, 0.5, -7.0]  # type: ignore[arg-type]
    for sign in (1, -1):
        with pytest.raises(ValueError, match="use equal"):
            as_float([Fraction(sign * (2**53 + 1))])  # type: ignore[arg-type]


@pytest.mark.parametrize("nothing", [{}, set(), [frozenset(), {1}]])
def test_nothing_equals_nothing_is_no_check(nothing: object) -> None:
    with pytest.raises(ClaimFailed, match="nothing to compare"):
        claim("1.1").equal(nothing, nothing, what="x")


def test_half_precision_does_not_hide_a_wrong_mean() -> None:
    """Eight roundings of bfloat16 are a sixteenth of the largest number."""
    samples = torch.randn(10_000, generator=torch.Generator().manual_seed(0))
    with pytest.raises(ClaimFailed):
        claim("1.1").mean_close(samples, 0.1, what="x")
    with pytest.raises(ValueError, match="float32 or float64"):
        claim("1.1").mean_close(samples.bfloat16(), 0.1, what="x")
