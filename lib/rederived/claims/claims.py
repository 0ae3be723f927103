"""Claims: checks that print one line, or raise with both sides and the worst place.

``claim("3.4").close(actual, expected, atol=1e-10, what="log-determinant: layers
against autograd")`` supports claim 4 of chapter 3.  ``claim("3.4").refuted``,
``.corrected``, ``.unreproduced`` and ``.undecided`` carry the same checks with another
meaning, see :class:`~rederived.claims.verdicts.Evidence`.  The verdict on a claim
follows from the kinds of its checks alone, see
:func:`~rederived.claims.verdicts.verdict`.
"""

import re
from dataclasses import dataclass, replace

import numpy as np

from rederived.claims.checks import (
    CHECK_MIME,
    Check,
    ClaimFailed,
    Values,
    as_exact,
    criterion,
    empty,
    entries,
    epsilon,
    finite,
    same_values,
)
from rederived.claims.verdicts import Evidence, Verdict, verdict

__all__ = [
    "CHECK_MIME",
    "Claim",
    "ClaimFailed",
    "Evidence",
    "Verdict",
    "claim",
    "verdict",
]

_ID = re.compile(r"[1-9][0-9]*\.[1-9][0-9]*")


def claim(id: str) -> "Claim":  # noqa: A002 - "id" is the ledger's word
    """The claim ``"chapter.number"``, as in ``book/claims.yml``.

    Raises:
        ValueError: if ``id`` is not such a string (3.10 the number would be 3.1).
    """
    return Claim(id)


@dataclass(frozen=True)
class Claim:
    """Checks of one claim; each prints one line and returns nothing.

    Every check raises :class:`ClaimFailed` when it fails, also on non-finite values,
    empty arrays and unequal shapes, and ``ValueError`` or ``TypeError`` for what it
    cannot judge: criteria that are not finite, texts, complex numbers.  ``what`` says
    in one line what was compared.  What is measured goes into the output's metadata;
    bounds and tolerances are printed, so they must be the same on every machine.
    """

    id: str
    evidence: Evidence = Evidence.SUPPORTS

    def __post_init__(self) -> None:
        if not isinstance(self.id, str) or not _ID.fullmatch(self.id):
            raise ValueError(
                f'claim id {self.id!r}: write chapter.number as text, like "3.4"'
            )

    @property
    def refuted(self) -> "Claim":
        """The same claim; passing checks show the statement as printed to be wrong."""
        return replace(self, evidence=Evidence.REFUTES)

    @property
    def corrected(self) -> "Claim":
        """The same claim; passing checks support the corrected statement."""
        return replace(self, evidence=Evidence.CORRECTS)

    @property
    def unreproduced(self) -> "Claim":
        """The same claim; passing checks show that our run did not reach it."""
        return replace(self, evidence=Evidence.UNREPRODUCED)

    @property
    def undecided(self) -> "Claim":
        """The same claim; passing checks show that our evidence cannot tell."""
        return replace(self, evidence=Evidence.UNDECIDED)

    def close(
        self,
        actual: Values,
        expected: Values,
        *,
        atol: float,
        rtol: float = 0.0,
        what: str,
    ) -> None:
        """Check |actual - expected| <= atol + rtol |expected| in every place.

        Args:
            actual: array, tensor or number.
            expected: the same shape, or one number for all places.
            atol: absolute tolerance, in the unit of the values.
            rtol: relative tolerance, per place.
            what: what was compared.
        """
        atol, rtol = criterion("atol", atol, 0.0), criterion("rtol", rtol, 0.0)
        relative = f" + {rtol:g}·|expected|" if rtol else ""
        check = self._check(what, f"max |difference| ≤ {atol:g}{relative}")
        left, right = check.pair(actual, expected)
        error = np.abs(left - right)
        excess = error - (atol + rtol * np.abs(right))
        check.judge(excess <= 0, excess, left, right, {"max |difference|": error.max()})

    def equal(self, actual: object, expected: object, *, what: str) -> None:
        """Check exact equality in every place.

        Args:
            actual: array, tensor, number or (nested) sequence, also of text.
            expected: the same shape.
            what: what was compared.
        """
        check = self._check(what, "exactly equal")
        left, right = as_exact(actual), as_exact(expected)
        if left.shape != right.shape:
            check.fail(f"shapes differ: {left.shape} against {right.shape}")
        if left.size == 0:
            check.fail("there is nothing to compare")
        for name, side in (("actual", left), ("expected", right)):
            if not finite(side):
                check.fail(f"{name} holds numbers that are not finite")
            if any(map(empty, entries(side))):
                check.fail(f"{name} holds nothing: there is nothing to compare")
        same = same_values(left, right)
        check.judge(same, ~same, left, right, {"places compared": left.size})

    def below(self, value: Values, bound: float, *, what: str) -> None:
        """Check value < bound in every place."""
        bound = criterion("bound", bound, -np.inf)
        check = self._check(what, f"value < {bound:g}")
        left, right = check.pair(value, bound)
        check.judge(left < right, left, left, right, {"largest value": left.max()})

    def above(self, value: Values, bound: float, *, what: str) -> None:
        """Check value > bound in every place."""
        bound = criterion("bound", bound, -np.inf)
        check = self._check(what, f"value > {bound:g}")
        left, right = check.pair(value, bound)
        check.judge(left > right, -left, left, right, {"smallest value": left.min()})

    def between(self, value: Values, low: float, high: float, *, what: str) -> None:
        """Check low <= value <= high in every place."""
        low = criterion("low", low, -np.inf)
        high = criterion("high", high, low)
        check = self._check(what, f"{low:g} ≤ value ≤ {high:g}")
        left, _ = check.pair(value, low)
        nearest = np.clip(left, low, high)
        excess = np.abs(left - nearest)
        ends = {"smallest value": left.min(), "largest value": left.max()}
        check.judge(excess == 0, excess, left, nearest, ends)

    def differs(self, actual: Values, other: Values, *, by: float, what: str) -> None:
        """Check that the largest |actual - other| is at least ``by``, more than 0."""
        by = criterion("by", by, 0.0, above=True)
        check = self._check(what, f"max |difference| ≥ {by:g}")
        left, right = check.pair(actual, other)
        gap = np.abs(left - right)
        reached = np.asarray(gap.max() >= by)
        check.judge(reached, gap, left, right, {"max |difference|": gap.max()})

    def mean_close(
        self, samples: Values, expected: float, *, sigmas: float = 5.0, what: str
    ) -> None:
        """Check a Monte-Carlo mean: |mean - expected| <= sigmas standard errors.

        Rounding of the samples' own precision is allowed on top, so that samples
        without variance must agree with ``expected`` to rounding.

        Args:
            samples: independent draws, any shape; at least two.
            expected: the exact mean, one number.
            sigmas: standard errors allowed.
            what: what was averaged.

        Raises:
            ValueError: if there are fewer than two samples, or of half precision.
        """
        sigmas = criterion("sigmas", sigmas, 0.0, above=True)
        if np.ndim(as_exact(expected)) > 0:
            raise ValueError(f"claim {self.id}: a mean has one expected number")
        check = self._check(what, f"|mean − expected| ≤ {sigmas:g} standard errors")
        draws, target = check.pair(samples, expected)
        if draws.size < 2:
            raise ValueError(f"claim {self.id}: a standard error needs ≥ 2 samples")
        mean = draws.mean()
        error = draws.std(ddof=1) / np.sqrt(draws.size)
        if not np.isfinite(error):
            check.fail(f"the standard error is {error}: the squares overflow")
        exact = target.flat[0]
        if epsilon(samples) > 1e-6:  # eight of them would pass for the mean
            raise ValueError(f"claim {self.id}: give the samples as float32 or float64")
        rounding = 8 * epsilon(samples) * max(np.abs(draws).max(), abs(exact))
        passed = np.asarray(abs(mean - exact) <= sigmas * error + rounding)
        measured = {
            "mean": mean,
            "expected": exact,
            "standard error": error,
            "n": draws.size,
        }
        check.judge(passed, np.zeros(()), mean, exact, measured)

    def mean_above(
        self, values: Values, bound: float, *, confidence: float = 0.95, what: str
    ) -> None:
        """Check over seeds that the mean exceeds ``bound``, with confidence.

        The lower end of the one-sided t interval must lie above the bound.

        Args:
            values: one raw number per seed, at least three.
            bound: the bound.
            confidence: of the one-sided interval.
            what: what was measured per seed.

        Raises:
            ValueError: if there are fewer than three values.
        """
        self._mean_beyond(values, bound, confidence, what, sign=1)

    def mean_below(
        self, values: Values, bound: float, *, confidence: float = 0.95, what: str
    ) -> None:
        """Check over seeds that the mean lies below ``bound``; see `mean_above`."""
        self._mean_beyond(values, bound, confidence, what, sign=-1)

    def _mean_beyond(
        self, values: Values, bound: float, confidence: float, what: str, sign: int
    ) -> None:
        """One-sided t test of the mean; ``sign`` is +1 for above, -1 for below."""
        from scipy.special import stdtrit  # noqa: PLC0415 - slow to import

        bound = criterion("bound", bound, -np.inf)
        if criterion("confidence", confidence, 0.5) >= 1.0:
            raise ValueError(f"confidence must be in [0.5, 1), got {confidence}")
        side = ">" if sign > 0 else "<"
        wanted = f"mean {side} {bound:g} with {100 * confidence:g} % confidence"
        check = self._check(what, wanted)
        seeds, limit = check.pair(values, bound)
        if seeds.ndim != 1:
            raise ValueError(
                f"claim {self.id}: give one number per seed, not shape {seeds.shape}"
            )
        n = seeds.size
        if n < 3:
            raise ValueError(
                f"claim {self.id}: an interval over seeds needs ≥ 3 values, got {n}"
            )
        mean, sd = seeds.mean(), seeds.std(ddof=1)
        end = mean - sign * stdtrit(n - 1, confidence) * sd / np.sqrt(n)
        passed = np.asarray(sign * (end - bound) > 0)
        measured = {"mean": mean, "sd": sd, "n": n, "interval end": end}
        check.judge(passed, np.zeros(()), end, limit.flat[0], measured)

    def _check(self, what: str, wanted: str) -> Check:
        """A check of this claim."""
        if not isinstance(what, str) or not what.strip() or not what.isprintable():
            raise ValueError(
                f"claim {self.id}: say in one line what is compared, got {what!r}"
            )
        return Check(self.id, self.evidence, what, wanted)
