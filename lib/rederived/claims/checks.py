"""One check being run: it reads both sides, judges them, then prints or raises."""

import cmath
import html
import math
import sys
from collections.abc import Mapping, Set
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from numbers import Rational

import numpy as np
import numpy.typing as npt
import torch

from rederived.claims.display import publish
from rederived.claims.verdicts import Evidence

CHECK_MIME = "application/vnd.rederived.check+json"
"""MIME type of a stored check: ``{id, kind, what, criterion}``."""

_LINE_STYLE = (
    "border-left:3px solid #6f7d8c;background:rgba(127,127,127,.1);color:inherit;"
    "font-family:inherit;font-size:.9em;line-height:1.45;margin:.3em 0;"
    "padding:.25em .7em;overflow-wrap:anywhere"
)

Values = npt.ArrayLike | torch.Tensor
Float64 = npt.NDArray[np.float64]


class ClaimFailed(AssertionError):  # noqa: N818 - a verdict, not a programming error
    """A check did not pass; the message has both sides, the place and the criterion."""


@dataclass(frozen=True)
class Check:
    """One check being run: reads its sides, judges them, then prints or raises."""

    id: str
    evidence: Evidence
    what: str
    criterion: str

    def pair(self, actual: Values, expected: Values) -> tuple[Float64, Float64]:
        """Both sides as finite float64 arrays of the first one's shape."""
        left, right = as_float(actual), as_float(expected)
        if right.ndim and left.shape != right.shape:
            self.fail(f"shapes differ: {left.shape} against {right.shape}")
        if left.size == 0:
            self.fail("there is nothing to compare")
        right = np.broadcast_to(right, left.shape)
        for name, side in (("actual", left), ("expected", right)):
            if not np.isfinite(side).all():
                place = np.argwhere(~np.isfinite(side))[0].tolist()
                self.fail(f"{name} is {side[tuple(place)]} at {place}")
        return left, right

    def judge(
        self,
        passed: npt.NDArray[np.bool_],
        badness: npt.NDArray[np.generic],
        actual: object,
        expected: object,
        measured: Mapping[str, float],
    ) -> None:
        """Print the line if every place passed, else raise at the worst place."""
        if not np.all(passed):
            left, right = np.asarray(actual), np.asarray(expected)
            place = np.unravel_index(int(np.argmax(badness)), left.shape)
            where = f"worst place {[int(i) for i in place]}, shape {left.shape}"
            sides = f"{where}: actual {left[place]!s}, expected {right[place]!s}"
            found = ", ".join(f"{name} {value}" for name, value in measured.items())
            self.fail(f"{sides}; {found}")
        numbers = {name: float(value) for name, value in measured.items()}
        publish(self._bundle(), {"rederived": {"measured": numbers}})

    def fail(self, why: str) -> None:
        """Raise with the claim, what was compared, the criterion and ``why``."""
        raise ClaimFailed(
            f"claim {self.id} fails: {self.what}\n  wanted {self.criterion}\n"
            f"  found  {why}"
        )

    def _bundle(self) -> dict[str, object]:
        """The output: one line as text and as HTML, and the check as data."""
        kind, mark = self.evidence.value, self.evidence.mark
        what, criterion = html.escape(self.what), html.escape(self.criterion)
        line = f"claim {self.id} {mark} {self.what} · {self.criterion} · {kind}"
        return {
            "text/plain": line,
            "text/html": (
                f'<div class="rd-check" style="{_LINE_STYLE}"><b>claim '
                f"{self.id} {mark}</b> {what} · {criterion} · <em>{kind}</em></div>"
            ),
            CHECK_MIME: {
                "id": self.id,
                "kind": kind,
                "what": self.what,
                "criterion": self.criterion,
            },
        }


def as_float(values: Values) -> Float64:
    """Return any array, tensor or number as float64.

    Raises:
        TypeError: for complex numbers, texts and anything else that is no real number.
        ValueError: for integers, long doubles and tiny numbers that float64 cannot
            hold.
    """
    exact = as_exact(values)
    if exact.dtype.kind not in "biufO":
        raise TypeError(
            f"only real numbers can be compared or drawn, got {exact.dtype}: take real "
            "and imaginary parts, or use equal"
        )
    if any(isinstance(entry, str | bytes) for entry in entries(exact)):
        raise TypeError("only real numbers can be compared, got text: use equal")
    found = exact.astype(np.float64)
    wide = exact.dtype.kind == "f" and exact.dtype.itemsize > found.itemsize
    if (exact.dtype.kind in "iu" or wide) and not same_values(exact, found).all():
        raise ValueError(
            "integers beyond 2^53 and long doubles are no float64: use equal"
        )
    if any(map(_lost, entries(exact))):
        raise ValueError("integers beyond 2^53 and 1e-400 are no float64: use equal")
    return found


def as_exact(values: object) -> npt.NDArray[np.generic]:
    """Return any value as an array without a change of precision.

    Text becomes an array of Python's strings, which keep trailing zeros; whole numbers
    that float64 cannot hold stay what they are beside fractions and negative ones.

    Raises:
        TypeError: for masked arrays, whose hidden entries would be compared, and for
            arrays of records.
    """
    if _masked(values):
        raise TypeError("a masked array hides entries: give values.compressed()")
    if isinstance(values, torch.Tensor):
        tensor = values.detach().resolve_conj().resolve_neg().cpu()
        narrow = tensor.dtype == torch.bfloat16  # numpy has no such type
        return (tensor.float() if narrow else tensor).numpy()
    found = np.asarray(values)
    if found.dtype.kind == "V":
        raise TypeError("an array of records: compare one field after the other")
    if found.dtype.kind in "US":
        return np.asarray(values, dtype=object)
    if found.dtype.kind in "fc" and isinstance(values, list | tuple):
        objects = np.asarray(values, dtype=object)
        return objects if any(map(_lost, entries(objects))) else found
    return found


def _masked(values: object) -> bool:
    """Whether there is a masked array, also in lists of lists and in mappings."""
    if isinstance(values, Mapping):
        return any(map(_masked, values.values()))
    if isinstance(values, list | tuple):
        return any(map(_masked, values))
    return isinstance(values, np.ma.MaskedArray)


def finite(values: npt.NDArray[np.generic]) -> bool:
    """Say whether all numbers are finite, also those within objects."""
    if values.dtype.kind in "fc":
        return bool(np.isfinite(values).all())
    return all(_finite_object(entry) for entry in entries(values))


def criterion(name: str, value: float, least: float, *, above: bool = False) -> float:
    """Return a bound or tolerance that a check can be judged by.

    Args:
        name: its name, for the message.
        value: what was given.
        least: its lowest value.
        above: whether it must be more than ``least``.

    Raises:
        ValueError: for text, complex numbers, truth values, NaN, infinity, and what
            is too small, with which a check could not fail or could not pass.
    """
    real = isinstance(value, int | float | np.integer | np.floating)
    usable = real and not isinstance(value, bool) and abs(value) <= sys.float_info.max
    if usable and (value > least or (value == least and not above)):
        return float(value)
    sign = ">" if above else "≥"
    wanted = (
        "a finite number" if np.isinf(least) else f"a finite number {sign} {least:g}"
    )
    raise ValueError(f"{name} must be {wanted}, got {value!r}")


def entries(values: npt.NDArray[np.generic]) -> list[object]:
    """Return the entries of an array of objects; none for any other."""
    return values.ravel().tolist() if values.dtype.kind == "O" else []


def empty(entry: object) -> bool:
    """Say whether an entry is None, or a set or mapping without a member."""
    return entry is None or (isinstance(entry, Mapping | Set) and not entry)


def _lost(entry: object) -> bool:
    """Whether a whole or a tiny number is another one in float64."""
    if not isinstance(entry, Rational | Decimal):
        return False
    near = float(entry)
    if near == 0 or not math.isfinite(near):
        return near == 0 and entry != 0
    whole = math.trunc(entry)
    return whole == entry and int(near) != whole


def _finite_object(entry: object) -> bool:
    if isinstance(entry, Mapping):
        return all(_finite_object(value) for value in entry.values())
    if isinstance(entry, list | tuple | set | frozenset):
        return all(map(_finite_object, entry))
    if isinstance(entry, torch.Tensor | np.ndarray):
        return finite(as_exact(entry))
    if is_dataclass(entry) and not isinstance(entry, type):
        return all(_finite_object(getattr(entry, one.name)) for one in fields(entry))
    try:
        return isinstance(entry, str) or cmath.isfinite(complex(entry))  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):  # no number, or a large whole one
        return True


def same_values(
    left: npt.NDArray[np.generic], right: npt.NDArray[np.generic]
) -> npt.NDArray[np.bool_]:
    """Return where two arrays of one shape are equal; integers are not rounded."""
    if left.dtype.kind != right.dtype.kind and {left.dtype.kind, right.dtype.kind} <= {
        *"biufc"
    }:
        left, right = left.astype(object), right.astype(object)
    return np.asarray(left == right, dtype=bool)


def epsilon(values: Values) -> float:
    """Rounding of the values' own floating-point type."""
    if isinstance(values, torch.Tensor):
        return torch.finfo(values.dtype).eps if values.is_floating_point() else 0.0
    kind = np.asarray(values).dtype
    return float(np.finfo(kind).eps) if kind.kind == "f" else 0.0
