"""The plain edition: nothing of MyST is left, nothing of the page is lost."""

import importlib.metadata
import importlib.util
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

from tools.address import Address
from tools.browser import chromium, run
from tools.files import BOOK, chapters
from tools.ledger import read_ledger
from tools.plain.blocks import PlainError
from tools.plain.citations import Literature
from tools.plain.first_cell import first_cell
from tools.plain.labels import Labels, book_labels
from tools.plain.markdown import Markdown
from tools.plain.notebook import plain_notebook
from tools.plain.prose import Writer

PLACE = Address("https://github.com/Reader/book", "abc123")
LEDGER = read_ledger().claims
CHAPTERS = [path.stem for path in chapters()]
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE_SPAN = re.compile(r"`[^`]+`")
FORMULA = re.compile(r"\$\$.+?\$\$|(?<!\\)\$.+?(?<!\\)\$", re.DOTALL)
MATHJAX = importlib.util.find_spec("sphinx-mathjax-offline")


@pytest.fixture(scope="module")
def edition():
    """Stem -> plain notebook of every chapter."""
    labels, literature = book_labels(), Literature()
    ledger = {claim.label: claim for claim in LEDGER}
    return {
        path.stem: plain_notebook(path, labels, literature, ledger, PLACE)
        for path in chapters()
    }


def texts(notebook):
    """Sources of the Markdown cells, without code."""
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    return [CODE_SPAN.sub("", FENCED.sub("", cell)) for cell in cells]


def pictures(notebook):
    """Every output that is a picture."""
    return [
        output
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]


# The eight chapters


@pytest.mark.parametrize("stem", CHAPTERS)
def test_nothing_of_myst_is_left(edition, stem):
    leftovers = {
        "role": r"\{[\w:+-]+\}`",
        "directive": r"^ *(?:`{3,}|:{3,})\{",
        "colons": r"^ *:::",
        "option": r"^ *:[\w-]+:",
        "target": r"^\(\S+\)= *$",
        "label of a formula": r"\$\$ *\(",
        "cut": r"^\+\+\+",
        "comment": r"<!--",
        "front matter": r"^mystnb:",
    }
    for cell in edition[stem].cells:
        if cell.cell_type == "markdown":
            for name, pattern in leftovers.items():
                source = FENCED.sub("", cell.source)
                assert not re.search(pattern, source, re.MULTILINE), (name, cell.source)


@pytest.mark.parametrize("stem", CHAPTERS)
def test_every_link_inside_leads_somewhere(edition, stem):
    whole = "\n".join(texts(edition[stem]))
    places = re.findall(r'<a id="([^"]+)"></a>', whole)
    assert len(set(places)) == len(places)
    links = re.findall(r"\]\(#([^)]*)\)", whole)
    assert links
    assert set(links) <= set(places)


@pytest.mark.parametrize("stem", CHAPTERS)
def test_formulas_are_whole_and_numbered_in_order(edition, stem):
    numbers = []
    for text in texts(edition[stem]):
        assert text.count("$$") % 2 == 0
        for line in text.split("\n"):
            if "$$" in line:
                alone = line.removeprefix(">").strip()
                assert re.fullmatch(r"\$\$(?:[^$]+\$\$)?", alone), line
        numbers += re.findall(r"\\tag\{([\d.]+)\}", text)
    assert numbers == [f"{int(stem[:2])}.{k + 1}" for k in range(len(numbers))]
    page = (BOOK / f"{stem}.md").read_text(encoding="utf-8")
    assert len(numbers) == len(set(re.findall(r"\beq-[\w-]+(?=\)$|$)", page, re.M)))


@pytest.mark.parametrize("stem", CHAPTERS)
def test_every_claim_stands_once_with_its_verdict(edition, stem):
    whole = "\n".join(texts(edition[stem]))
    found = re.findall(r"^> \*\*Claim ([\d.]+) \(([^)]+)\)\*\*", whole, re.MULTILINE)
    mine = [(c.id, c.verdict.value) for c in LEDGER if c.chapter == stem[:2]]
    assert sorted(found) == sorted(mine)


@pytest.mark.parametrize("stem", CHAPTERS)
def test_every_figure_has_alt_and_every_caption_is_there(edition, stem):
    shown = pictures(edition[stem])
    assert shown
    assert all(picture.metadata["image/png"]["alt"].strip() for picture in shown)
    page = (BOOK / f"{stem}.md").read_text(encoding="utf-8")
    whole = "\n".join(texts(edition[stem]))
    captions = re.findall(r"^\*\*Figure \d\.\d+\.\*\* \S", whole, re.MULTILINE)
    assert len(captions) == len(re.findall(r"^(?:    |:)name:? fig-", page, re.M))


@pytest.mark.parametrize("stem", CHAPTERS)
def test_code_and_outputs_are_the_stored_ones_but_for_the_first_cell(edition, stem):
    stored = nbformat.read(BOOK / f"{stem}.ipynb", as_version=4)
    before, after = (
        [cell for cell in notebook.cells if cell.cell_type == "code"]
        for notebook in (stored, edition[stem])
    )
    assert [c.source for c in before[1:]] == [c.source for c in after[1:]]
    assert after[0].source == first_cell(PLACE)
    for one, other in zip(before, after, strict=True):
        assert [o.get("data") for o in one.outputs] == [
            o.get("data") for o in other.outputs
        ]
        assert set(other.metadata) <= {"jupyter", "tags"}
        ignored = {"nbval-ignore-output"} & set(one.metadata.get("tags", []))
        assert set(other.metadata.get("tags", [])) == ignored


@pytest.mark.parametrize("stem", CHAPTERS)
def test_a_gpu_is_asked_for_where_the_page_says_so(edition, stem):
    page = (BOOK / f"{stem}.md").read_text(encoding="utf-8")
    wants = re.search(r"\bwant a GPU", " ".join(page.split())) is not None
    assert ("accelerator" in edition[stem].metadata) == wants


def test_html_is_only_what_every_reader_shows(edition):
    tags = {
        tag
        for notebook in edition.values()
        for text in texts(notebook)
        for tag in re.findall(r"</?([a-z]+)[ >]", FORMULA.sub("", text))
    }
    assert tags <= {"a", "details", "summary", "sub"}


def test_without_an_address_links_to_other_pages_are_text():
    path = chapters()[2]
    ledger = {claim.label: claim for claim in LEDGER}
    made = plain_notebook(path, book_labels(), Literature(), ledger, None)
    whole = "\n".join(texts(made))
    assert "The results say how each run deviates" in whole
    assert "](results" not in whole
    first = next(cell for cell in made.cells if cell.cell_type == "code")
    assert 'INSTALL = ""' in first.source


# Single constructs

PAGE = """---
title: front
---

# Things

(place)=

## The place

```{math}
:label: eq-a
a=b
```

$$c
=d$$ (eq-b)

```{prf:theorem} All
:label: claim-3-1
See $$e=f$$ (eq-inside)
```

```{prf:remark} Odd
:label: odd
Odd.
```

```{exercise} Do
:label: ex-do
Do it.
```

```{code-cell} ipython3
---
mystnb:
  figure:
    caption: A caption.
    name: fig-a
---
1
```
"""


@pytest.fixture
def markdown():
    labels = Labels()
    labels.read("book/99-page", PAGE.replace("See $$e=f$$ (eq-inside)", "All."))
    labels.read("book/other", "(away)=\n\n# Other `page`\n")
    writer = Writer("book/99-page", labels, Literature(), "https://site")
    return Markdown(writer, {claim.label: claim for claim in LEDGER})


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ("{eq}`eq-b`", "[(99.2)](#eq-b)"),
        ("{ref}`place`", "[The place](#place)"),
        ("{ref}`over\nthere <place>`", "[over there](#place)"),
        ("{ref}`away`", "[Other `page`](https://site/book/other.html#away)"),
        ("{numref}`fig-a`", "[Figure 99.1](#fig-a)"),
        ("{numref}`Picture %s <fig-a>`", "[Picture 99.1](#fig-a)"),
        ("{prf:ref}`claim-3-1`", "[Claim 3.1](#claim-3-1)"),
        ("{prf:ref}`odd`", "[Remark 99.1](#odd)"),
        ("{ref}`ex-do`", "[Exercise 99.1](#ex-do)"),
        ("{math}`x^2`", "$x^2$"),
        ("{doc}`other`", "[Other `page`](https://site/book/other.html)"),
        ("[](other.md)", "[Other `page`](https://site/book/other.html)"),
        ("[`x`](#away)", "[`x`](https://site/book/other.html#away)"),
        ("[x](https://a.b/c.md)", "[x](https://a.b/c.md)"),
        ("{cite}`su2018nice`", "[[Su, 2018](#cite-su2018nice)]"),
        ("{cite:t}`kingma2015adam`", "Kingma and Ba [[2015](#cite-kingma2015adam)]"),
        (
            "{cite:p}`carratino2022mixup,zhang2021how`",
            "[[Carratino *et al.*, 2022](#cite-carratino2022mixup), "
            "[Zhang *et al.*, 2021](#cite-zhang2021how)]",
        ),
        ("`{eq}` and ``a`{eq}`b``", "`{eq}` and ``a`{eq}`b``"),
        ("$a\nb$ and $c$", "$a b$ and $c$"),
        ("so[^n].", "so[(n)](#note-n)."),
        ("[^n]: a note", '<a id="note-n"></a>(n) a note'),
        ("a <!-- hidden --> b", "a  b"),
        ("a\n\n+++\n\nb", "a\n\nb"),
        ("<!-- source: x.py f -->\n\n```python\nf()\n```", "```python\nf()\n```"),
        ("(place)=\n## The place", '<a id="place"></a>\n\n## The place'),
        ("$$c\n=d$$ (eq-b)", '<a id="eq-b"></a>\n\n$$\nc\n=d \\tag{99.2}\n$$'),
        ("$$c$$", "$$\nc\n$$"),
        (
            "```{math}\n:label: eq-a\na=b\n```",
            '<a id="eq-a"></a>\n\n$$\na=b \\tag{99.1}\n$$',
        ),
        (
            "```{prf:theorem} All\n:label: claim-3-1\nIs\n$$c\n=d$$ (eq-b)\n```",
            '> <a id="claim-3-1"></a>\n>\n> **Claim 3.1 (holds)** · All\n>\n> Is\n>\n'
            '> <a id="eq-b"></a>\n>\n> $$c =d \\tag{99.2}$$',
        ),
        (
            "```{prf:remark} Odd\n:label: odd\nOdd.\n```",
            '> <a id="odd"></a>\n>\n> **Remark 99.1** · Odd\n>\n> Odd.',
        ),
        (
            "```{exercise} Do\n:label: ex-do\n\nDo it.\n```",
            '<a id="ex-do"></a>\n\n**Exercise 99.1** · Do\n\nDo it.',
        ),
        (":::{note}\nMind $x$.\n:::", "> **Note**\n>\n> Mind $x$."),
        ("```{admonition} Mind\nThis.\n```", "> **Mind**\n>\n> This."),
        ("::::{card}\nA card.\n::::", "> A card."),
        (
            ":::{dropdown} More\n{eq}`eq-a`\n:::",
            "<details>\n<summary>More</summary>\n\n[(99.1)](#eq-a)\n\n</details>",
        ),
        (
            "```{solution} ex-do\nSo.\n```",
            "<details>\n<summary>Solution to Exercise 99.1</summary>\n\n"
            "So.\n\n</details>",
        ),
        (
            "::::{tab-set}\n:::{tab-item} One\nA\n:::\n:::{tab-item} Two\nB\n:::\n::::",
            "**One**\n\nA\n\n**Two**\n\nB",
        ),
        (
            "```{list-table} Title\n:header-rows: 1\n\n"
            "* - a\n  - b\n* - {eq}`eq-a`\n  - d\n    e\n```",
            "**Title**\n\n| a | b |\n| --- | --- |\n| [(99.1)](#eq-a) | d e |",
        ),
        (
            "```{table} Title\n| a |\n| --- |\n| b |\n```",
            "**Title**\n\n| a |\n| --- |\n| b |",
        ),
        ("```{code-block} python\n{eq}`x`\n```", "```python\n{eq}`x`\n```"),
        ("- a\n\n  :::{note}\n  b\n  :::", "- a\n\n  > **Note**\n  >\n  > b"),
    ],
)
def test_a_construct_has_its_plain_form(markdown, source, plain):
    assert markdown.cell(source, 1) == plain


def test_a_picture_is_inside_the_notebook(markdown):
    made = markdown.cell(
        "```{figure} _static/claim.svg\n:name: fig-a\n:alt: A way.\n\nThe way.\n```", 1
    )
    assert made.startswith("![A way.](data:image/svg+xml;base64,")
    assert made.endswith('<a id="fig-a"></a>\n\n**Figure 99.1.** The way.')


def test_a_caption_follows_its_figure(markdown):
    options = {"mystnb": {"figure": {"name": "fig-a", "caption": "By {eq}`eq-a`.\n"}}}
    made = markdown.caption(options, 1)
    assert made == '<a id="fig-a"></a>\n\n**Figure 99.1.** By [(99.1)](#eq-a).'
    assert markdown.caption({"tags": []}, 1) == ""


def test_a_solution_goes_on_behind_its_code(markdown):
    begin = "a\n\n````{solution-start} ex-do\n:class: dropdown\n````\n\nfirst"
    made = markdown.cell(begin, 1)
    assert made.startswith("a\n\n<details>")
    assert made.endswith("</details>")
    assert markdown.solution
    made = markdown.cell("second\n\n````{solution-end}\n````\n\nafter", 9)
    assert "Exercise 99.1, continued" in made
    assert made.endswith("</details>\n\nafter")
    assert not markdown.solution


def test_a_solution_of_code_alone_is_announced(markdown):
    made = markdown.cell("````{solution-start} ex-do\n````", 1)
    assert made == "**Solution to Exercise 99.1**: the next cell."
    assert markdown.cell("````{solution-end}\n````", 5) == ""


@pytest.mark.parametrize(
    ("source", "line", "what"),
    [
        ("a\n\n{nope}`x`", 12, "unknown role {nope}"),
        ("a\nb {cite:nope}`su2018nice`", 11, "unknown role {cite:nope}"),
        ("a\n\n```{nope}\nx\n```", 12, "unknown directive {nope}"),
        (":::{note}\n\na\n{eq}`nope`\n:::", 13, "no label nope"),
        ("{cite}`nope`", 10, "no reference nope"),
        ("[](nope.md)", 10, "no page nope"),
        ("[x](#nope)", 10, "no label nope"),
        ("a\n```{note}\nb", 11, "the fence does not end"),
        ("$$a\nb", 10, "the formula does not end"),
        ("$$a$$ b", 10, "text follows the formula"),
        ("<!-- a", 10, "the comment does not end"),
        (":::\na\n:::", 10, "a fence of colons needs a directive"),
        ("```{prf:remark} A\n:label: claim-99-1\n\n```", 10, "has no label"),
        ("```{solution-start} nope\n```", 10, "no exercise nope"),
        ("```{image} a.png\n```", 10, "a picture needs alt text"),
        ("```{image} a.png\n:alt: b\n```", 10, "no picture a.png"),
    ],
)
def test_an_error_names_page_and_line(markdown, source, line, what):
    with pytest.raises(PlainError, match=rf"^99-page\.md:{line}: ") as error:
        markdown.cell(source, 10)
    assert what in str(error.value)


def test_labels_are_counted_by_chapter_and_elsewhere_through_the_pages(markdown):
    labels = markdown.writer.labels
    formulas = "```{math}\n:label: eq-c\nx\n```\n\n```{math}\ny\n```\n"
    labels.read("book/08-next", formulas)
    labels.read("book/far", formulas.replace("eq-c", "eq-d"))
    labels.read("book/farther", formulas.replace("eq-c", "eq-e"))
    found = [labels.labels[name].number for name in ("eq-c", "eq-d", "eq-e")]
    assert found == ["8.1", "1", "2"]
    with pytest.raises(PlainError, match=r"^last\.md:2: label eq-c stands twice"):
        labels.read("book/last", "\n$$x$$ (eq-c)")


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://github.com/Reader/book", "https://reader.github.io/book"),
        ("https://github.com/Reader/reader.github.io", "https://reader.github.io"),
        ("https://forge.example/reader/book", None),
    ],
)
def test_the_site_stands_beside_the_repository(url, site):
    assert Address(url, "main").site == site


# The first cell


def run_first_cell(folder, monkeypatch, source, package=None):
    """What the first cell says where only ``package`` is installed."""
    cell = folder / "cell.py"
    cell.write_text(source, encoding="utf-8")
    monkeypatch.delenv("REDERIVED_INSTALL", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(package or ""))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    flags = ["-S"] if package is None else []
    command = [sys.executable, *flags, str(cell)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def installed(folder, version, url=""):
    """A package that has the library's name, as pip would lay it down."""
    package = folder / "packages"
    (package / "rederived" / "claims").mkdir(parents=True)
    for name in ("rederived", "rederived/claims"):
        (package / name / "__init__.py").touch()
    data = package / f"rederived-{version}.dist-info"
    data.mkdir()
    (data / "METADATA").write_text(f"Name: rederived\nVersion: {version}\n")
    if url:
        (data / "direct_url.json").write_text(url)
    return package


def vcs(commit):
    return f'{{"url": "x", "vcs_info": {{"vcs": "git", "commit_id": "{commit}"}}}}'


def test_the_first_cell_asks_pip_for_one_commit_and_no_dependencies():
    cell = first_cell(PLACE)
    compile(cell, "cell", "exec")
    assert "'git+https://github.com/Reader/book@abc123'" in cell
    assert '"--no-deps"' in cell


@pytest.mark.parametrize("url", ["", vcs("abc1234567")])
def test_the_first_cell_is_silent_where_the_library_is(tmp_path, monkeypatch, url):
    version = importlib.metadata.version("rederived")
    package = installed(tmp_path, version, url)
    done = run_first_cell(tmp_path, monkeypatch, first_cell(PLACE), package)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("version", "url", "says"),
    [
        ("9.9", "", "This notebook needs rederived {version}, found 9.9."),
        ("", vcs("fff"), "This notebook needs rederived at abc123, found fff."),
    ],
)
def test_the_first_cell_names_a_wrong_library(
    tmp_path, monkeypatch, version, url, says
):
    right = importlib.metadata.version("rederived")
    package = installed(tmp_path, version or right, url)
    done = run_first_cell(tmp_path, monkeypatch, first_cell(PLACE), package)
    assert done.returncode
    assert done.stderr == says.format(version=right) + "\n"


def test_the_first_cell_names_a_stranger_of_the_same_name(tmp_path, monkeypatch):
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "rederived.py").touch()
    package = tmp_path / "packages"
    done = run_first_cell(tmp_path, monkeypatch, first_cell(PLACE), package)
    assert done.stderr.startswith("The package rederived found here is not this book's")
    assert done.stderr.count("\n") == 1


def test_the_first_cell_says_in_one_line_why_pip_failed(tmp_path, monkeypatch):
    done = run_first_cell(tmp_path, monkeypatch, first_cell(PLACE))
    assert done.stderr.startswith(f"pip could not install {PLACE.install}: ")
    assert done.stderr.count("\n") == 1


# In a browser


class Seen(HTMLParser):
    """What a rendered page shows: text outside of code, typeset formulas, pictures."""

    def __init__(self):
        super().__init__()
        self.text, self.formulas, self.errors, self.without_alt = [], 0, 0, 0
        self.skipped = 0

    def handle_starttag(self, tag, attributes):
        if tag in ("script", "style", "pre", "code"):
            self.skipped += 1
        self.formulas += tag == "mjx-container"
        self.errors += tag == "mjx-merror"
        named = dict(attributes)
        missing = "No description" in (named.get("alt") or "No description")
        self.without_alt += tag == "img" and missing

    def handle_endtag(self, tag):
        if tag in ("script", "style", "pre", "code"):
            self.skipped -= 1

    def handle_data(self, data):
        if not self.skipped:
            self.text.append(data)


def rendered(notebook, folder):
    """The page of a notebook after its scripts have run, the network being cut."""
    nbconvert = pytest.importorskip("nbconvert")
    exporter = nbconvert.HTMLExporter(template_name="classic")  # it shows alt texts
    script = Path(MATHJAX.origin).parent / "static" / "mathjax" / "tex-chtml.js"
    exporter.mathjax_url = script.as_uri()
    exporter.require_js_url = exporter.jquery_url = ""
    page, _ = exporter.from_notebook_node(notebook)
    delimiters = "{inlineMath: [['$', '$']], processEscapes: true}"
    begin = f"<head><script>window.MathJax = {{tex: {delimiters}}}</script>"
    file = folder / "page.html"
    file.write_text(page.replace("<head>", begin, 1), encoding="utf-8")
    seen = Seen()
    seen.feed(run(file, "--dump-dom"))
    return seen


@pytest.mark.browser
@pytest.mark.skipif(chromium() is None, reason="no chromium on this machine")
@pytest.mark.skipif(MATHJAX is None, reason="sphinx-mathjax-offline is not installed")
@pytest.mark.parametrize("stem", CHAPTERS)
def test_a_browser_typesets_every_formula(edition, stem, tmp_path):
    notebook = edition[stem]
    shown = texts(notebook) + [
        CODE_SPAN.sub("", output.data["text/markdown"])
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "text/markdown" in output.get("data", {})
    ]
    seen = rendered(notebook, tmp_path)
    assert seen.errors == 0
    assert seen.formulas == sum(len(FORMULA.findall(text)) for text in shown)
    assert seen.without_alt == 0
    text = "".join(seen.text)
    assert not re.search(
        r"\{[\w:+-]+\}`|\{[a-z:]+\}(?:eq|fig|claim)-|\$\$|:label:", text
    )
    assert "](" not in text
