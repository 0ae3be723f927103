"""The pages on mutants and on rechecked chapters, made of small records."""

import pytest
from rederived.claims import Verdict

from tools import mutants_page, recheck_page, trust_page
from tools.contents import Chapter
from tools.files import ROOT
from tools.ledger import Ledger, LedgerClaim
from tools.mutants_page import Survivor, survivors


def mutant(path, old, killer, later=""):
    return {
        "path": path,
        "line": 1,
        "function": "f",
        "operator": "any",
        "old": old,
        "new": "y | 1",
        "killer": killer,
        "tried": 3,
        "seconds": 2.0,
        "later": later,
    }


RECORD = {
    "commit": "0123456789abcdef",
    "seed": 0,
    "cosmic-ray": "8.7.0",
    "pages": ["01", "07"],
    "places": {"models and losses": 300, "studies": 100, "claims": 50},
    "rooms": {"flows": 250, "chapters/nice": 150, "claims": 50},
    "changes": 1350,
    "mutants": [
        mutant("flows/density.py", "a", "tests/flows/test_flows.py::test_a"),
        mutant("flows/density.py", "b", "", "tests/flows/test_flows.py::test_b"),
        mutant("chapters/nice/study/run.py", "c", "page 03"),
        mutant("chapters/nice/study/run.py", "d", ""),
        mutant("chapters/nice/study/run.py", "e", ""),
        mutant("chapters/nice/study/run.py", "f", ""),
    ],
}
B, D, E, F = (
    "flows/density.py f: b -> y | 1",
    *(f"chapters/nice/study/run.py f: {old} -> y | 1" for old in "def"),
)
SAID = {
    B: Survivor(B, "missing test", "Nobody asked.", "tests/flows/test_flows.py"),
    D: Survivor(D, "equivalent", "It is the same."),
    E: Survivor(E, "open", "A test is to be written."),
    F: Survivor(F, "code removed", "Nobody called it."),
}


def test_rates_leave_out_what_is_equivalent_or_gone_and_add_what_is_mended(monkeypatch):
    monkeypatch.setattr(mutants_page, "FEW", 1)
    lines = mutants_page.page(RECORD, SAID).splitlines()
    # Wilson's intervals of 1 of 2, 2 of 2 and 1 of 3
    half, whole, third = "50 % (9 to 91)", "100 % (34 to 100)", "33 % (6 to 79)"
    assert f"| models and losses | 300 | 2 | 1 | {half} | {whole} |" in lines
    assert f"| `flows` | 250 | 2 | 1 | {half} | {whole} |" in lines
    assert f"| studies | 100 | 4 | 1 | {third} | {half} |" in lines
    assert "| claims | 50 | 0 | 0 | – | – |" in lines  # a group, and not yet drawn from
    assert not [line for line in lines if line.startswith("| `claims`")]


def test_the_page_says_how_many_were_run_of_how_many():
    made = mutants_page.page(RECORD, SAID)
    assert "**6 of 1,350 possible changes, at 450 places**" in made
    assert "commit `0123456789ab`; 2.0 s of computing for each" in made
    assert "the pages of these chapters were asked: 1, 7." in made
    assert mutants_page.killed_share(RECORD) == "2 of 6, too few for a share,"
    none = mutants_page.page(RECORD | {"pages": []}, SAID)
    assert "Only tests were asked, no page" in none


def test_few_draws_give_no_share(monkeypatch):
    assert "| studies | 100 | 4 | 1 | – | – |" in mutants_page.page(RECORD, SAID)
    monkeypatch.setattr(mutants_page, "FEW", 6)
    assert mutants_page.killed_share(RECORD) == "33 % of 6"


def test_every_survivor_stands_there_with_its_kind():
    made = mutants_page.page(RECORD, SAID)
    assert r"| b → y \| 1 | missing test | Nobody asked. `tests/flows/test" in made
    assert "| equivalent | It is the same. |" in made


def test_a_survivor_without_a_kind_is_refused():
    rest = {name: one for name, one in SAID.items() if name != D}
    with pytest.raises(ValueError, match=r"does not fit mutants\.json: chapters/nice"):
        mutants_page.page(RECORD, rest)


def test_a_missing_test_that_was_not_tried_is_refused():
    early = SAID | {E: Survivor(E, "missing test", "Nobody asked.", "tests/a.py")}
    with pytest.raises(ValueError, match=r"does not fit mutants\.json: .* e -> y"):
        mutants_page.page(RECORD, early)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("kind: odd, why: x", "kind is one of missing test, equivalent"),
        ("kind: missing test, why: x", "a missing test has `test`"),
        ("kind: equivalent, why: x, test: y", "a missing test has `test`"),
    ],
)
def test_words_that_are_not_the_page_s_are_refused(tmp_path, entry, message):
    path = tmp_path / "survivors.yml"
    path.write_text(f"- {{mutant: m, {entry}}}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        survivors(path)


CHAPTERS = [
    Chapter("07-rates", "Rates", ("https://example.org", "1")),
    Chapter("08-codes", "Codes", ("https://example.org", "2")),
]
LEDGER = Ledger(
    tuple(
        LedgerClaim(id_, "It holds.", "text", "empirical", Verdict.HOLDS)
        for id_ in ("7.1", "7.2", "7.3", "8.1")
    ),
    (),
)
CERTIFICATE = {
    "chapter": "07",
    "commit": "0123456789abcdef",
    "seeds": [11, 12],
    "drawn": ["rates-digits"],
    "kept": ["rates-large"],
    "moved": {"7.1": 2, "7.2": 0, "7.3": 1},
    "failed": {"7.3": "claim 7.3 fails:\n  lead", "cell 9": "ValueError: x"},
}


def test_a_certificate_says_what_was_drawn_and_what_stands():
    made = recheck_page.page({"07": CERTIFICATE}, LEDGER, CHAPTERS)
    assert "No certificate yet: chapters {doc}`8 <08-codes>`." in made
    assert "seeds 11, 12. 1 of 2 records drawn anew: `rates-digits`." in made
    assert "| {ref}`7.1 <ledger-7.1>` | holds | 2 | yes |" in made
    assert "| {ref}`7.3 <ledger-7.3>` | holds | 1 | no: claim 7.3 fails: lead |" in made
    assert "ledger-7.2" not in made
    assert "- cell 9: ValueError: x" in made


def test_a_certificate_on_which_no_claim_rests_says_so():
    empty = CERTIFICATE | {"moved": {"7.1": 0}, "failed": {}}
    made = recheck_page.page({"07": empty}, LEDGER, CHAPTERS)
    assert recheck_page.NOTHING in made and "ledger-7" not in made
    counted = trust_page._recheck({"07": CERTIFICATE, "08": empty})[2]
    assert counted.startswith("[2 claims of 1 chapters]")


@pytest.mark.parametrize("judge", trust_page.JUDGES, ids=lambda judge: judge.subject)
def test_the_tests_that_compare_with_other_programs_are_there(judge):
    file, name = judge.test.split("::")
    text = (ROOT / "tests" / file).read_text(encoding="utf-8")
    assert f"def {name}(" in text
    assert ("pytest.mark.peers" in text) is ("(*peers*)" in judge.program)
