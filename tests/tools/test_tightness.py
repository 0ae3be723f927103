"""How tight checks are: every criterion that a claim prints is understood."""

import math

import pytest
from rederived.claims import claim

from tools.contents import contents
from tools.files import chapters
from tools.ledger import StoredCheck, by_claim, read_ledger, stored_checks
from tools.tightness import tightness
from tools.tightness_page import rows, tightness_page

CHECKS = by_claim([one for path in chapters() for one in stored_checks(path)])


def ratio(criterion, **measured):
    names = {"largest": "largest value", "smallest": "smallest value"}
    named = {names.get(name, "max |difference|"): x for name, x in measured.items()}
    found = tightness(StoredCheck("1.1", "supports", "what", criterion, named))
    return found.ratio if found.why == "" else found.why


@pytest.mark.parametrize(
    ("criterion", "measured", "expected"),
    [
        ("max |difference| ≤ 0.01", {"difference": 0.004}, 2.5),
        ("max |difference| ≤ 0.01", {"difference": 0.0}, math.inf),
        ("max |difference| ≤ 1e-12", {"difference": 1e-16}, "rounding"),
        ("max |difference| ≤ 1e-05 + 1e-09·|expected|", {}, "relative tolerance"),
        ("max |difference| ≥ 0.5", {"difference": 2.0}, 4.0),
        ("value < 3", {"largest": 1.5}, 2.0),
        ("value < -3", {"largest": -6.0}, 2.0),
        ("value > 3", {"smallest": 6.0}, 2.0),
        ("value > -3", {"smallest": -1.0}, 3.0),
        ("value > 0", {"smallest": 1.0}, "the sign decides"),
        ("value < 1", {"largest": -1.0}, "the sign decides"),
        ("1 ≤ value ≤ 4", {"smallest": 2.0, "largest": 2.5}, 2.0),
        ("-4 ≤ value ≤ -1", {"smallest": -2.0, "largest": -1.6}, 2.0),
        ("-1 ≤ value ≤ 2", {"smallest": -0.5, "largest": 0.25}, 4.0),
        ("exactly equal", {}, "exact"),
        ("|mean − expected| ≤ 5 standard errors", {}, "standard errors"),
    ],
)
def test_the_ratio_says_how_much_worse_a_value_may_become(
    criterion, measured, expected
):
    found = ratio(criterion, **measured)
    assert found == (expected if isinstance(expected, str) else pytest.approx(expected))


def test_what_a_claim_prints_about_means_is_understood(capsys):
    claim("1.1").mean_above([4.0, 4.1, 4.2], 2.0, what="three")
    claim("1.1").mean_below([4.0, 4.1, 4.2], 8.2, what="three")
    lines = [line.split(" · ")[1] for line in capsys.readouterr().out.splitlines()]
    found = [
        tightness(StoredCheck("1.1", "supports", "three", line, {"mean": 4.1})).ratio
        for line in lines
    ]
    assert found == pytest.approx([2.05, 2.0])


def test_an_unknown_criterion_is_refused():
    with pytest.raises(ValueError, match=r"claim 1\.1: unknown criterion 'near'"):
        ratio("near")


def test_every_wide_criterion_has_a_reason():
    wide = [row for row in rows(read_ledger(), CHECKS) if row.tight.wide]
    assert [(row.check.id, row.check.what) for row in wide if not row.reason] == []


def test_every_reason_belongs_to_a_wide_check():
    wide = {
        (row.check.id, row.check.what)
        for row in rows(read_ledger(), CHECKS)
        if row.tight.wide
    }
    claims = read_ledger().claims
    said = {(one.id, what) for one in claims for what in one.wide}
    assert said - wide == set()


def test_the_page_counts_every_check_once():
    page = tightness_page(read_ledger(), CHECKS, contents())
    total = next(line for line in page.splitlines() if line.startswith("| all |"))
    counts = [int(cell) for cell in total.split("|")[2:-1]]
    assert sum(counts) == sum(map(len, CHECKS.values()))
