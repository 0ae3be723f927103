"""What is done to built pages, and what a search looks things up in."""

import json

import pytest
from docutils import nodes
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from rederived.figures import DRAWING, KIND

from tools.lean import files, icons, pages, pictures, search, styles

SCRIPT = '<script src="../_static/{}"></script>\n'
BODY = '<article class="bd-article">{}</article>'


@pytest.fixture
def folder(tmp_path):
    """A folder of pictures: a drawing of 7.2 inches, and one of unknown kind."""
    (tmp_path / "_images").mkdir()
    notes = PngInfo()
    notes.add_text(KIND, DRAWING)
    drawing = Image.new("RGB", (1296, 648))
    drawing.save(tmp_path / "_images" / "a.png", pnginfo=notes, dpi=(180, 180))
    Image.new("RGB", (300, 200)).save(tmp_path / "_images" / "b.png")
    pictures.facts.cache_clear()
    return tmp_path


def test_pictures_get_size_kind_and_a_way_to_their_full_size(folder):
    page = '<img alt="A" src="_images/a.png" /><img class="x" src="_images/b.png"/>'
    first, second = pictures.with_sizes(page, folder).split("</a>")[:2]
    assert first.startswith('<a class="rd-full" href="_images/a.png"><img alt="A"')
    assert 'class="rd-drawing" width="770" height="385"' in first
    assert "lazy" not in first
    assert (
        'class="x rd-pictures" src="_images/b.png" width="300" height="200"' in second
    )
    assert 'loading="lazy"' in second


@pytest.mark.parametrize(
    "page",
    [
        '<a href="x"><img src="_images/a.png"/></a>',
        '<img class="sd-card-img-top" src="_images/a.png"/>',
    ],
)
def test_a_picture_that_is_a_link_stays_one(folder, page):
    made = pictures.with_sizes(page, folder)
    assert made.count("<a ") == page.count("<a ")
    assert 'width="770"' in made


def test_other_pictures_are_left_alone(folder):
    page = '<img src="../_static/logo.png"/>'
    assert pictures.with_sizes(page, folder) == page


def test_an_svg_without_a_size_is_refused(tmp_path):
    path = tmp_path / "x.svg"
    path.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")
    with pytest.raises(ValueError, match=r"x\.svg needs a viewBox"):
        pictures.facts(path)


def test_icons_are_drawn_by_any_of_their_names(tmp_path):
    script = tmp_path / "fontawesome.js"
    script.write_text(
        'x={gear:[512,500,[9881,"cog"],"f013","M1 2z"],'
        '"two-words":[1,2,[],"f1","M3z"]}',
        encoding="utf-8",
    )
    known = icons.outlines(script)
    assert known["cog"] == known["gear"] == ("0 0 512 500", "M1 2z")
    made = icons.with_icons(
        '<i class="fa-solid fa-cog fa-lg" data-x="1"></i>'
        '<span class="fas fa-two-words"></span><i class="other"></i>',
        known,
    )
    assert (
        'class="fa-solid fa-cog fa-lg rd-icon" data-x="1" viewBox="0 0 512 500"' in made
    )
    assert made.count("<svg") == 2
    assert '<i class="other"></i>' in made
    with pytest.raises(ValueError, match="no icon 'missing'"):
        icons.with_icons('<i class="fa-solid fa-missing"></i>', known)


@pytest.mark.parametrize(
    ("script", "use", "stays"),
    [
        ("mathjax/tex-chtml.js", '<span class="math">x</span>', True),
        ("mathjax/tex-chtml.js", "no formula", False),
        ("copybutton.js", "<pre>x</pre>", True),
        ("copybutton.js", "x", False),
        ("scripts/fontawesome.js", "<pre>x</pre>", False),
        ("sphinx-thebe.js", '<div class="cell">x</div>', False),
        ("anything-else.js", "x", True),
    ],
)
def test_a_page_loads_what_it_uses(script, use, stays):
    page = SCRIPT.format(script) + BODY.format(use)
    assert (script in pages.without_unused(page)) == stays


def test_a_script_is_loaded_once():
    page = SCRIPT.format("a.js") * 2 + BODY.format("")
    assert pages.without_unused(page).count("a.js") == 1


def test_a_page_is_repaired():
    page = (
        '<meta name="viewport" content="a" /><meta name="viewport" content="b"/>'
        '<meta property="og:url" content="book/x.html" />'
        '<meta property="og:title" content="X" />'
        '<div id="proof-content"></div><div id="mine"></div>'
        '<summary><span class="toctree-toggle">v</span></summary>'
        '<span class="n">x</span><span class="o">&lt;</span><span class="k">if</span>'
        '<span class="sd">"""One</span>\n  <span class="sd">two."""</span>\n'
        '<ul><li><a href="../_sources/a.md" x>.md</a></li>\n'
        '<li><a href="../_sources/a.ipynb">.ipynb</a></li></ul>'
    )
    made = pages.repaired(page)
    assert made.count("viewport") == 1
    assert "og:url" not in made
    assert "og:title" in made
    assert "proof-content" not in made
    assert 'id="mine"' in made
    assert '<summary aria-label="Pages below">' in made
    assert 'x&lt;<span class="k">if</span>' in made
    assert '<span class="s">"""One\n  two."""</span>\n<ul>' in made
    assert "a.ipynb" in made
    assert "a.md" not in made


def test_files_that_no_page_reaches_go(tmp_path):
    def put(name, text=""):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    put("book/a.html", '<link href="../_static/a.css?v=1"><a href="../x%20y.txt">')
    put("_static/a.css", 'b { background: url("img/b.svg") }')
    for name in (
        "_static/img/b.svg",
        "x y.txt",
        "_static/idle/c.js",
        "_static/a.css.map",
    ):
        put(name)
    put("_static/mathjax/output/chtml/fonts/woff-v2/f.woff")
    for name in ("boldsymbol", "ams", "mhchem", "all-packages"):
        put(f"_static/mathjax/input/tex/extensions/{name}.js")
    files.prune(tmp_path)
    left = {
        p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()
    }
    assert left == {
        "book/a.html",
        "_static/a.css",
        "_static/img/b.svg",
        "x y.txt",
        "_static/mathjax/output/chtml/fonts/woff-v2/f.woff",
        "_static/mathjax/input/tex/extensions/boldsymbol.js",
    }
    assert not (tmp_path / "_static" / "idle").exists()


@pytest.mark.parametrize(
    ("sheet", "left"),
    [
        (".a{x:1}.b{x:2}", ".a{x:1}"),
        (".b,.a .b,p>.a{x:1}", "p>.a{x:1}"),
        ("p,[x]{x:1}", "p,[x]{x:1}"),
        (".a:is(.b, p:not(.a)),.b{x:1}", ".a:is(.b, p:not(.a)){x:1}"),
        (".a::after{content:'}'}", ".a::after{content:'}'}"),
        ("@media print{.b{x:1}.a{x:2}}", "@media print{.a{x:2}}"),
        ("@media print{@supports (x:1){.b{x:1}}}.a{}", ".a{}"),
        ("@font-face{x:1}@import 'x.css';", "@font-face{x:1}@import 'x.css';"),
        ("/* .b{ */.a{x:1}", ".a{x:1}"),
        (r".a\:b{x:1}.a\:c{x:2}", r".a\:c{x:2}"),
    ],
)
def test_rules_of_classes_that_no_page_has_go(sheet, left):
    assert styles.trimmed(sheet, {"a", "c"}) == left


def test_a_sheet_that_does_not_end_is_refused():
    with pytest.raises(ValueError, match="ends in a rule: 'x:1'"):
        styles.trimmed(".a{x:1", {"a"})


def test_a_class_that_only_a_script_knows_keeps_its_rule(tmp_path):
    (tmp_path / "_static" / "styles").mkdir(parents=True)
    (tmp_path / "_static" / "a.js").write_text("x.classList.add('late')", "utf-8")
    (tmp_path / "a.html").write_text('<p class="a">', "utf-8")
    sheet = tmp_path / "_static" / "styles" / "t.css"
    sheet.write_text(".late{x:1}.a{x:2}.never{x:3}", "utf-8")
    styles.trim(tmp_path)
    assert sheet.read_text("utf-8") == ".late{x:1}.a{x:2}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The coupling layers of 3.4", ["coupling", "layer", "3.4"]),
        ("变分推断 and 熵", ["变分", "分推", "推断", "熵"]),
        ("loss, KL-divergence", ["loss", "kl", "divergence"]),
        ("p_i 7", ["7"]),
    ],
)
def test_a_text_is_cut_into_words(text, found):
    assert search.words(text) == found


def test_sections_and_claims_are_entries():
    page = nodes.section(ids=["top"])
    page += [nodes.title("", "Top"), nodes.paragraph("", "first words")]
    part = nodes.section(ids=["part"])
    part += [nodes.title("", "Part"), nodes.literal_block("", "code")]
    claim = nodes.container(ids=["claim-3-4"], classes=["rd-box"])
    claim += [nodes.paragraph("", "Claim 3.4 · Sums"), nodes.paragraph("", "It adds.")]
    part += claim
    page += part
    tree = nodes.document(None, None)
    tree += page
    found = search.entries("book/03", tree)
    assert [(one.anchor, one.title) for one in found] == [
        ("", "Top"), ("part", "Part"), ("claim-3-4", "Claim 3.4 · Sums")
    ]  # fmt: skip
    index = json.loads(search.index(found).split("= ", 1)[1].rstrip(";\n"))
    assert index["words"]["3.4"] == [2, 5]  # for its title
    assert "code" not in index["words"]
    assert index["pages"] == [["book/03", "Top", 1.0]]


def test_pages_of_results_count_least():
    assert search.weight("book/results/chapter-01") < search.weight("book/claims")
    assert search.weight("book/claims") < search.weight("book/03-nice") == 1
