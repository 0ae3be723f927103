"""The site's boxes of claims, its numbers, and the lines of checks."""

import re
from collections import deque

import pytest
import yaml
from rederived.claims import Verdict
from sphinx.application import Sphinx

from tools import claim_boxes
from tools.claim_boxes import Facts, measured, with_measured
from tools.claim_titles import Place
from tools.files import ROOT
from tools.ledger import Ledger, LedgerClaim, StoredCheck
from tools.plain.labels import Labels

PAGE = """\
# Three

```{math}
:label: eq-a
a=b
```

```{prf:theorem} All add
:label: claim-1-2

Stated.

$$c=d$$ (eq-b)
```

```{prf:remark} Odd
:label: odd

Odd.
```

```{raw} html
<div class="rd-check" style=""><b>claim 1.2 △</b> a &lt; b · value < 1 · <em>y</em>
```

```{exercise} Do
:label: ex-do

By {prf:ref}`claim-1-1`, {prf:ref}`here <claim-1-2>`, {eq}`eq-b` and {prf:ref}`odd`.
```
"""
OTHER = "# Other\n\n```{prf:lemma} First\n:label: claim-1-1\n\nIt is.\n```\n"

CLAIMS = (
    LedgerClaim("1.1", "It is.", "s", "identity", Verdict.HOLDS),
    LedgerClaim(
        *("1.2", "Stated.", "s", "identity", Verdict.CORRECTED),
        uses=("1.1",),
        equations=("eq-b",),
        quote="原文",
    ),
)
CHECK = StoredCheck("1.2", "y", "a < b", "value < 1", {"largest value": -3.14e-15})


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    """Two pages as the site has them, with the project's own settings of numbers."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "index.md").write_text(
        "# Book\n\n```{toctree}\n:numbered: 1\n01-three\n02-other\n```\n",
        encoding="utf-8",
    )
    (folder / "01-three.md").write_text(PAGE, encoding="utf-8")
    (folder / "02-other.md").write_text(OTHER, encoding="utf-8")
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    settings = config["sphinx"]["config"]
    names = ("numfig_format", "numfig_secnum_depth", "math_numfig")
    places = {"1.1": Place("02-other", "First"), "1.2": Place("01-three", "All add")}
    facts = Facts(Ledger(CLAIMS, ()), places, {"eq-b": ["1.2"]})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(claim_boxes, "facts", lambda: facts)
        patch.setattr(claim_boxes, "chapters", lambda: [folder / "01-three.ipynb"])
        patch.setattr(claim_boxes, "stored_checks", lambda _: [CHECK])
        app = Sphinx(
            *(folder, None, folder / "out", folder / "trees", "html"),
            confoverrides={
                "extensions": [
                    *("myst_parser", "sphinx_proof", "sphinx_exercise"),
                    "tools.claim_boxes",
                ],
                "myst_enable_extensions": ["dollarmath"],
                "numfig": True,
                "proof_title_format": settings["proof_title_format"],
                **{name: settings[name] for name in names},
            },
            status=None,
            warningiserror=True,
        )
        app.build()
    pages = (folder / "out").glob("*.html")
    return {page.stem: page.read_text(encoding="utf-8") for page in pages}


def test_a_box_has_number_title_verdict_words_and_neighbours(html):
    page = html["01-three"]
    box = page[page.index('id="claim-1-2"') :]
    head = re.search(r'rd-box-title">(.*?)</span> <span class="([^"]*)">(.*?)<', box)
    assert head[1] == "<strong>Claim 1.2</strong> · All add"
    assert head[2] == "rd-verdict rd-corrected"
    assert head[3] == "holds with correction"
    assert re.search(
        r"<div lang=\"zh\">\s*<p class=\"rd-quote\">原文</p>\s*</div></details>", box
    )
    assert re.search(r'uses <a[^>]*href="02-other.html#claim-1-1"[^>]*>', box)
    assert 'title="1.1 First: holds"' in box
    assert re.search(r'used by <a[^>]*href="01-three.html#claim-1-2"', html["02-other"])


def test_references_to_claims_show_the_claim_s_number(html):
    text = html["01-three"].split('id="ex-do"')[1]
    text = re.sub(r"<[^>]+>", "", text)
    assert "By Claim 1.1, here, (1.2) and Remark 1.1." in " ".join(text.split())


def test_the_site_and_the_plain_edition_have_the_same_numbers(html):
    labels = Labels()
    labels.read("book/01-three", PAGE)
    labels.read("book/02-other", OTHER)
    page = html["01-three"]
    for name in ("eq-a", "eq-b"):
        number = re.search(
            rf'id="equation-{name}">\s*<span class="eqno">\((.*?)\)', page
        )
        assert number[1] == labels.labels[name].number
    for name in ("odd", "ex-do"):
        shown = re.search(rf'id="{name}">\s*<p[^>]*><span[^>]*>(.*?) ?</span>', page)
        assert shown[1] == labels.labels[name].name


def test_an_equation_leads_to_the_check_that_exercises_it(html):
    page = html["01-three"]
    assert page.count("rd-exercised") == 1
    assert re.search(r'rd-exercised">checked by <a[^>]*href="#check-1-2">1.2</a>', page)
    line = re.search(r'<div id="check-1-2" class="rd-check".*', page)[0]
    assert "measured −3.14e−15</span> · <em>y</em>" in line


def test_a_line_that_is_not_the_next_stored_one_gets_no_value():
    line = (
        '<div class="rd-check"><b>claim 1.2 ✓</b> other · value < 1 · <em>y</em></div>'
    )
    waiting = deque([CHECK])
    assert with_measured(line, waiting, "") == line
    assert list(waiting) == [CHECK]


def test_measured_values_are_short_and_n_is_said():
    found = {"mean": -2231.4, "sd": 23.04, "n": 5.0}
    check = StoredCheck("1.2", "y", "a", "b", found)
    assert measured(check) == "measured mean −2231.4, sd 23, n = 5"
