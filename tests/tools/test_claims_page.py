"""The pages of claims and of errata, made of a small ledger."""

import csv
import io
import json

import pytest
from rederived.claims import Verdict

from tools import claims_page
from tools.contents import Chapter
from tools.errata_page import errata_page
from tools.ledger import Erratum, Ledger, LedgerClaim, StoredCheck

CLAIMS = (
    LedgerClaim("3.1", "It is $|a|$ (always).", "(5)", "identity", Verdict.HOLDS),
    LedgerClaim("3.2", "Two. (in fact, 3.)", "(6)", "bound", Verdict.CORRECTED),
    LedgerClaim("3.3", "Three. (Not here.)", "(7)", "empirical", Verdict.UNREPRODUCED),
)
CHAPTERS = [Chapter("03-a", "A title", ("https://example.org/5", "5"))]
CHECK = StoredCheck("3.1", "supports", "a_b", "value < 2", {"mean": 1.23456})


def erratum(id_, kind, claims=()):
    return Erratum(id_, kind, "Section 2", f"Says {id_}.", "Is not.", claims)


@pytest.fixture
def page(monkeypatch, tmp_path):
    (tmp_path / "03-a.md").write_text(":label: claim-3-1\n", encoding="utf-8")
    monkeypatch.setattr(claims_page, "BOOK", tmp_path)
    ledger = Ledger(CLAIMS, ())
    return claims_page.claims_page(ledger, {"3.1": [CHECK]}, CHAPTERS)


def test_a_statement_is_told_from_what_we_find():
    parts = [(claim.said, claim.found) for claim in CLAIMS]
    assert parts[0] == ("It is $|a|$ (always).", "")
    assert parts[1] == ("Two.", "in fact, 3.")


def test_the_claims_page_shows_criterion_and_measured_value(page):
    assert "3 claims, judged by 1 checks" in page
    assert "- a\\_b. Criterion: value \\< 2. Measured: mean 1.235. *supports*" in page
    assert "{prf:ref}`Derivation <claim-3-1>`" in page
    assert "claim-3-2" not in page


def test_the_news_come_first_and_the_gravest_of_them(page):
    news, rest = page.split("## All claims")
    rows = [line for line in news.splitlines() if line.startswith("| {ref}")]
    assert [row[8:11] for row in rows] == ["3.3", "3.2"]
    assert rows[1].endswith("| Two. | In fact, 3. |")
    assert rest.count("{dropdown}") == len(CLAIMS)


def test_a_claim_has_the_classes_that_the_filters_read(page):
    assert "rd-claim rd-chapter-3 rd-kind-empirical rd-is-unreproduced" in page


def test_claims_as_data():
    ledger = Ledger(CLAIMS, ())
    entries = json.loads(claims_page.claims_json(ledger, {"3.1": [CHECK]}))
    assert entries[0]["checks"][0]["measured"] == {"mean": 1.235}
    assert entries[1]["we_find"] == "in fact, 3."
    rows = list(csv.DictReader(io.StringIO(claims_page.claims_csv(ledger))))
    assert [row["verdict"] for row in rows] == [c.verdict.value for c in CLAIMS]


def test_errata_stand_by_consequence_with_their_place_and_evidence():
    errata = (
        erratum("3.e1", "slip"),
        erratum("3.e2", "wrong"),
        erratum("3.e3", "wrong", ("3.2",)),
    )
    page = errata_page(Ledger(CLAIMS, errata), CHAPTERS)
    places = [page.index(f"### Says 3.e{k}") for k in (3, 2, 1)]
    assert places == sorted(places)
    assert "[the article](https://example.org/5)" in page
    assert ": Section 2." in page
    assert "Shown by the checks of claim {ref}`3.2 <ledger-3.2>`." in page
    assert "2 wrong, 1 slips." in page
