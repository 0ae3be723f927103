"""Checks: what passes, what fails with which message, what is shown."""

import math
import sys

import numpy as np
import pytest
import torch
from rederived.claims import (
    CHECK_MIME,
    Claim,
    ClaimFailed,
    Evidence,
    Verdict,
    claim,
    display,
    verdict,
)
from scipy import stats

NAN = float("nan")
INF = float("inf")


@pytest.fixture
def shown(monkeypatch):
    """What checks publish: a list of (data, metadata)."""
    outputs = []
    monkeypatch.setattr(
        "rederived.claims.checks.publish",
        lambda data, metadata=None: outputs.append((data, metadata)),
    )
    return outputs


def measured(shown):
    return shown[-1][1]["rederived"]["measured"]


@pytest.mark.parametrize("wrong", ["3", "3.0", "3.04", "0.1", "3.4a", "3.e1", "", 3.4])
def test_an_id_that_is_none_is_refused(wrong):
    with pytest.raises(ValueError, match=r"chapter\.number"):
        claim(wrong)


def test_the_line_is_fixed_and_the_measured_value_is_beside_it(shown):
    values = torch.tensor([1.0, 1.0 + 1e-12], dtype=torch.float64)
    what = "layers < autograd & <b>"
    assert claim("3.4").close(values, 1.0, atol=1e-10, what=what) is None
    data, _ = shown[0]
    assert data["text/plain"] == (
        "claim 3.4 ✓ layers < autograd & <b> · max |difference| ≤ 1e-10 · supports"
    )
    assert data[CHECK_MIME] == {
        "id": "3.4",
        "kind": "supports",
        "what": what,
        "criterion": "max |difference| ≤ 1e-10",
    }
    assert 'class="rd-check"' in data["text/html"]
    assert "layers &lt; autograd &amp; &lt;b&gt;" in data["text/html"]
    assert measured(shown)["max |difference|"] == pytest.approx(1e-12, rel=1e-3)


@pytest.mark.parametrize("jitter", [0.0, 1e-13, 3e-12])
def test_outputs_do_not_depend_on_what_was_measured(shown, jitter):
    claim("3.4").close(jitter, 0.0, atol=1e-10, what="x")
    claim("3.4").close(0.0, 0.0, atol=1e-10, what="x")
    assert shown[0][0] == shown[1][0]


def passes(method, *arguments, **options):
    getattr(claim("3.1"), method)(*arguments, what="x", **options)
    return True


def fails(method, *arguments, **options):
    with pytest.raises(ClaimFailed) as caught:
        getattr(claim("3.1"), method)(*arguments, what="x", **options)
    return str(caught.value)


def test_close_allows_exactly_its_tolerance():
    assert passes("close", [1.0, 2.0], [1.5, 2.0], atol=0.5)
    assert passes("close", [110.0], [100.0], atol=0.0, rtol=0.1)
    assert passes("close", torch.ones(2, 2), np.ones((2, 2)), atol=0.0)
    fails("close", [1.0, 2.0], [1.51, 2.0], atol=0.5)
    fails("close", [110.1], [100.0], atol=0.0, rtol=0.1)


def test_close_names_the_worst_place_and_both_sides():
    message = fails("close", [[0.0, 1.0], [5.0, 2.0]], [[0.0, 0.0], [0.0, 0.0]], atol=1)
    assert "worst place [1, 0], shape (2, 2): actual 5.0, expected 0.0" in message
    assert "max |difference| ≤ 1" in message


def test_close_judges_each_place_by_its_own_relative_tolerance():
    message = fails("close", [1050.0, 1.2], [1000.0, 1.0], atol=0.0, rtol=0.1)
    assert "worst place [1]" in message


@pytest.mark.parametrize("method", ["close", "differs"])
@pytest.mark.parametrize(
    ("left", "right", "message"),
    [
        ([1.0, NAN], [1.0, 1.0], "actual is nan at [1]"),
        ([1.0], [INF], "expected is inf at [0]"),
        (INF, INF, "actual is inf at []"),
        ([1.0, 1.0], [[1.0, 1.0]], "shapes differ: (2,) against (1, 2)"),
        (np.ones((3, 1)), np.ones(3), "shapes differ"),
        (1.0, [1.0], "shapes differ"),
        ([], [], "nothing to compare"),
    ],
)
def test_bad_sides_fail(method, left, right, message):
    tolerance = {"close": {"atol": 1e3}, "differs": {"by": 1e-9}}[method]
    assert message in fails(method, left, right, **tolerance)


@pytest.mark.parametrize("method", ["below", "above", "between", "mean_close"])
def test_a_non_finite_value_fails_every_check(method):
    rest = {"between": (-1, 1)}.get(method, (0.0,))
    assert "actual is nan" in fails(method, [0.0, NAN], *rest)


def test_equal_is_exact():
    assert passes("equal", torch.arange(3), [0, 1, 2])
    assert passes("equal", ["odd", "even"], ["odd", "even"])
    assert passes("equal", 2**60 + 1, 2**60 + 1)
    assert "actual 1152921504606846977" in fails("equal", 2**60 + 1, 2**60)
    assert "worst place [1]" in fails("equal", [0.0, 1.0], [0.0, 1.0 + 1e-16 * 3])
    assert "shapes differ" in fails("equal", [1, 1], 1)
    assert "nothing to compare" in fails("equal", [], [])
    fails("equal", [NAN], [NAN])
    narrow = torch.tensor([1.5], dtype=torch.bfloat16)
    assert passes("equal", narrow, [1.5])


def test_bounds_are_strict_and_cover_every_place():
    assert passes("below", [0.0, 0.9], 1.0)
    assert passes("above", [1.1, 2.0], 1.0)
    assert passes("between", [1.0, 2.0], 1.0, 2.0)
    assert "worst place [1]" in fails("below", [0.0, 1.0], 1.0)
    assert "worst place [0]" in fails("above", [1.0, 2.0], 1.0)
    assert "worst place [2]" in fails("between", [1.0, 2.1, 0.5], 1.0, 2.0)


def test_differs_needs_one_place():
    assert passes("differs", [0.0, 1.0], [0.0, 0.0], by=1.0)
    assert "max |difference| 0.5" in fails("differs", [0.0, 0.5], [0.0, 0.0], by=1.0)


def test_mean_close_uses_the_standard_error(shown):
    draws = torch.tensor([0.0, 2.0, 0.0, 2.0], dtype=torch.float64)
    error = np.std([0, 2, 0, 2], ddof=1) / 2
    assert passes("mean_close", draws, 1 + 4.9 * error)
    assert measured(shown)["standard error"] == pytest.approx(error)
    fails("mean_close", draws, 1 + 5.1 * error)
    fails("mean_close", draws, 1 + 2.1 * error, sigmas=2.0)


def test_mean_close_without_variance_asks_for_rounding():
    thirds = torch.full((1000,), 1 / 3)
    assert passes("mean_close", thirds, 1 / 3)
    fails("mean_close", thirds, 1 / 3 + 1e-4)
    fails("mean_close", thirds.double(), 1 / 3 + 1e-12)
    assert passes("mean_close", [2, 2, 2], 2.0)
    fails("mean_close", [2, 2, 2], 2.5)
    fails("mean_close", torch.tensor([2, 2, 2]), 2.5)  # whole numbers do not round


def test_mean_close_covers_as_it_says():
    g = torch.Generator().manual_seed(3)
    failures = 0
    for _ in range(400):
        draws = torch.randn(200, generator=g)
        try:
            claim("3.1").mean_close(draws, 0.0, sigmas=2.0, what="x")
        except ClaimFailed:
            failures += 1
    expected = 400 * 2 * stats.t.sf(2.0, 199)
    assert abs(failures - expected) < 5 * math.sqrt(expected)


def test_mean_above_agrees_with_scipy(shown):
    seeds = [3.0, 3.4, 3.1, 3.6]
    test = stats.ttest_1samp(seeds, 2.9, alternative="greater")
    low = test.confidence_interval(0.95).low
    assert passes("mean_above", seeds, low - 1e-9)
    assert measured(shown)["interval end"] == pytest.approx(low)
    fails("mean_above", seeds, low + 1e-9)
    high = stats.ttest_1samp(seeds, 4, alternative="less").confidence_interval(0.9).high
    assert passes("mean_below", seeds, high + 1e-9, confidence=0.9)
    assert "interval end" in fails("mean_below", seeds, high - 1e-9, confidence=0.9)


@pytest.mark.parametrize("method", ["mean_above", "mean_below"])
def test_a_mean_at_its_bound_lies_on_neither_side(method):
    fails(method, [2.0, 2.0, 2.0], 2.0)


@pytest.mark.parametrize("method", ["mean_above", "mean_below"])
def test_an_interval_over_seeds_needs_three(method):
    with pytest.raises(ValueError, match="≥ 3 values, got 2"):
        getattr(claim("3.1"), method)([1.0, 2.0], 0.0, what="x")


def test_a_standard_error_needs_two_samples():
    with pytest.raises(ValueError, match="≥ 2 samples"):
        claim("3.1").mean_close([1.0], 1.0, what="x")


def test_the_evidence_travels_with_the_check(shown):
    for made, evidence in (
        (claim("3.9"), Evidence.SUPPORTS),
        (claim("3.9").refuted, Evidence.REFUTES),
        (claim("3.9").corrected, Evidence.CORRECTS),
        (claim("3.9").unreproduced, Evidence.UNREPRODUCED),
    ):
        assert made == Claim("3.9", evidence)
        made.above(1.0, 0.0, what="x")
        assert shown[-1][0][CHECK_MIME]["kind"] == evidence.value
        assert shown[-1][0]["text/plain"].endswith(evidence.value)


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ({"supports"}, Verdict.HOLDS),
        ({"refutes as printed"}, Verdict.FALSE),
        ({"supports the correction"}, Verdict.CORRECTED),
        ({"supports", "supports the correction"}, Verdict.CORRECTED),
        ({"refutes as printed", "supports the correction"}, Verdict.CORRECTED),
        ({"supports", "refutes as printed"}, Verdict.CORRECTED),
        ({"not reproduced"}, Verdict.UNREPRODUCED),
        ({"supports", "not reproduced"}, Verdict.UNREPRODUCED),
        (
            {"refutes as printed", "supports the correction", "not reproduced"},
            Verdict.UNREPRODUCED,
        ),
    ],
)
def test_the_verdict_follows_from_the_kinds(kinds, expected):
    assert verdict(kinds) is expected
    assert verdict([Evidence(kind) for kind in kinds] * 2) is expected


def test_no_verdict_of_unknown_checks_and_none_without_checks():
    with pytest.raises(ValueError, match="convincing"):
        verdict(["convincing"])
    assert verdict([]) is Verdict.NOT_TESTED


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["not shown"], Verdict.NOT_SHOWN),
        (["supports", "not shown"], Verdict.NOT_SHOWN),
        (["supports the correction", "not shown"], Verdict.NOT_SHOWN),
        (["not shown", "not reproduced"], Verdict.UNREPRODUCED),
    ],
)
def test_what_our_evidence_cannot_tell_is_not_shown(kinds, expected):
    assert verdict(kinds) is expected


def test_a_tick_stands_for_support_alone(shown):
    mine = claim("3.4")
    for one in (mine, mine.refuted, mine.corrected, mine.unreproduced, mine.undecided):
        one.equal(1, 1, what="x")
    marks = [data["text/plain"].split()[2] for data, _ in shown]
    assert marks[0] == "✓"
    assert len(set(marks)) == len(Evidence)
    for (data, _), mark in zip(shown, marks, strict=True):
        assert f"claim 3.4 {mark}</b>" in data["text/html"]


def test_outside_a_notebook_the_line_is_printed(capsys):
    claim("3.4").equal(1, 1, what="x")
    assert capsys.readouterr().out == "claim 3.4 ✓ x · exactly equal · supports\n"


def test_in_a_notebook_the_output_is_displayed(monkeypatch):
    class FakeIPython:
        @staticmethod
        def get_ipython():
            return object()

    shown = []
    monkeypatch.setitem(sys.modules, "IPython", FakeIPython)
    fake = type(sys)("IPython.display")
    fake.display = lambda data, raw, metadata: shown.append((data, raw, metadata))
    monkeypatch.setitem(sys.modules, "IPython.display", fake)
    display.publish({"text/plain": "a"}, {"rederived": {}})
    assert shown == [({"text/plain": "a"}, True, {"rederived": {}})]


def test_an_output_without_plain_text_is_refused():
    with pytest.raises(ValueError, match="text/plain"):
        display.publish({"text/html": "a"})


def test_two_samples_have_a_standard_error():
    assert passes("mean_close", [1.0, 3.0], 2.0)


def test_one_number_is_not_equal_to_several():
    assert "shapes differ" in fails("equal", 1, [1, 1])


def test_samples_in_numpys_single_precision_are_rounded():
    assert passes("mean_close", np.full(3, 1 / 3, np.float32), 1 / 3)
    assert passes("mean_close", np.array([True, True]), 1.0)


@pytest.mark.parametrize(("method", "side"), [("mean_above", ">"), ("mean_below", "<")])
def test_the_criterion_names_the_side_of_a_mean(method, side, shown):
    values = [3.0, 3.1, 3.2]
    assert passes(method, values, 0.0 if side == ">" else 9.0)
    assert f"· mean {side} " in shown[-1][0]["text/plain"]
