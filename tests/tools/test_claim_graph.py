"""What the claims rest on, and the equations that their checks exercise."""

import re

import pytest
from rederived.claims import ClaimFailed, claim

from tools.claim_graph import columns, layout, picture
from tools.claim_titles import places
from tools.contents import contents
from tools.files import BOOK
from tools.ledger import fallout, read_ledger

LEDGER = read_ledger()
LABEL = re.compile(r"(?:^:label: |\$\$ \()(eq-[\w-]+)", re.MULTILINE)

SMALL = """\
claims:
  - {id: "3.1", statement: A., source: s, kind: identity, verdict: holds}
  - {id: "3.2", statement: B., source: s, kind: bound, verdict: holds, uses: ["3.1"]}
  - {id: "3.3", statement: C., source: s, kind: limit, verdict: holds, uses: ["3.2"]}
  - {id: "5.1", statement: D., source: s, kind: empirical, verdict: holds,
     uses: ["3.3"]}
  - {id: "5.2", statement: E., source: s, kind: identity, verdict: holds}
errata: []
"""


@pytest.fixture
def ledger_of(tmp_path):
    """Read a ledger from its text."""

    def read(text):
        path = tmp_path / "claims.yml"
        path.write_text(text, encoding="utf-8")
        return read_ledger(path)

    return read


def test_the_claims_have_many_uses_and_each_stands_once():
    assert sum(len(claim.uses) for claim in LEDGER.claims) >= 150
    for claim_ in LEDGER.claims:
        assert len(set(claim_.uses)) == len(claim_.uses), claim_.id


def test_what_rests_on_a_claim_is_found_through_others(ledger_of):
    small = ledger_of(SMALL)
    assert small.used_by("3.1") == ["3.2"]
    assert small.resting_on("3.1") == ["3.2", "3.3", "5.1"]
    assert small.resting_on("5.2") == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('["3.3"]', '["9.9"]', "5.1 uses 9.9, which is no claim"),
        ('["3.1"]', '["5.1"]', "rest on each other: .* uses "),
        ('["3.1"]', '["3.2"]', "rest on each other: 3.2 uses 3.2"),
        ("verdict: holds}", "verdict: not shown}", "needs `wants`"),
    ],
)
def test_a_wrong_ledger_is_refused(ledger_of, old, new, message):
    with pytest.raises(ValueError, match=message):
        ledger_of(SMALL.replace(old, new, 1))


def test_a_failing_check_names_the_claims_that_rest_on_it(ledger_of):
    with pytest.raises(ClaimFailed) as caught:
        claim("3.2").equal(1, 2, what="x")
    text = f"a cell failed\n{caught.value}\nclaim 5.2 fails: y"
    assert fallout(text, ledger_of(SMALL)) == [
        "claim 3.2 fails; on it rest: 3.3, 5.1",
        "claim 5.2 fails; on it rest: no other claims",
    ]
    assert fallout("claim 3.2 ✓ x · exactly equal", LEDGER) == []


@pytest.mark.parametrize("chapter", contents(), ids=lambda chapter: chapter.stem)
def test_every_numbered_equation_is_exercised(chapter):
    page = (BOOK / f"{chapter.stem}.md").read_text(encoding="utf-8")
    mine = [claim for claim in LEDGER.claims if claim.chapter == chapter.number]
    exercised = {label for claim in mine for label in claim.equations}
    labels = set(LABEL.findall(page))
    assert exercised == labels


def test_every_block_of_a_claim_is_found_with_its_title():
    found = places()
    assert found.keys() == {claim.id for claim in LEDGER.claims}
    assert all(place.title for place in found.values())
    assert found["3.4"].page == "book/03-nice"
    assert found["3.4"].title == "Determinants multiply"


def test_a_claim_stands_right_of_what_it_uses(ledger_of):
    small = ledger_of(SMALL).claims
    assert columns([c for c in small if c.chapter == "03"]) == {
        "3.1": 0,
        "3.2": 1,
        "3.3": 2,
    }
    points, _ = layout(LEDGER)
    for claim_ in LEDGER.claims:
        for used in claim_.uses:
            if used.split(".")[0] == claim_.id.split(".")[0]:
                assert points[used][0] < points[claim_.id][0]


def test_no_two_claims_lie_over_each_other():
    points, _ = layout(LEDGER)
    assert points.keys() == {claim.id for claim in LEDGER.claims}
    corners = list(points.values())
    for index, (x, y) in enumerate(corners):
        for other_x, other_y in corners[index + 1 :]:
            assert abs(x - other_x) >= 66 or abs(y - other_y) >= 26


def test_the_picture_has_every_claim_every_use_and_its_verdict_as_a_word():
    titles = {chapter.number: chapter.title for chapter in contents()}
    svg = "\n".join(picture(LEDGER, places(), titles))
    for claim_ in LEDGER.claims:
        pattern = (
            rf'data-id="{claim_.id}" [^>]*aria-label="[^"]*: {claim_.verdict.value}"'
        )
        assert re.search(pattern, svg), claim_.id
    assert svg.count("data-from=") == sum(len(c.uses) for c in LEDGER.claims)
    assert svg == "\n".join(picture(read_ledger(), places(), titles))


def test_the_script_of_the_graph_is_small():
    assert (BOOK / "_static" / "claim-graph.js").stat().st_size < 30_000
