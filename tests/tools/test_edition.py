"""The book as one file: what is kept of a page, and what a browser makes of it."""

import zipfile
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from tools import page_picture
from tools.browser import chromium
from tools.edition import articles, epub, mathml, offer, pdf

MATHJAX = find_spec("sphinx-mathjax-offline")
needs_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine"),
    pytest.mark.skipif(MATHJAX is None, reason="no sphinx-mathjax-offline"),
]
PAGE = """<html><body><article class="bd-article"><section id="{id}">
<h1>1. {title}<a class="headerlink" href="#{id}">#</a></h1>
<p>See <a href="b.html#two">there</a>, <a href="https://example.org">outside</a>
and <a href="../search.html">a search</a>: 变分,
<span class="math">\\(x^2\\)</span>.</p>
<div class="math"><span class="eqno">(1.1)</span>
\\[\\boldsymbol{{w}}=\\frac{{1}}{{2}}\\]</div>
<a class="rd-full" href="../_images/p.png">
<img alt="A" src="../_images/p.png" /></a>
<details><summary>More</summary><p>open</p></details>
<details class="hide"><summary>code</summary><pre>x = 1</pre></details>
<svg viewBox="0 0 1 1"><path d="M0 0"/></svg>
<div class="cell"><button>Copy</button></div>
<div class="rd-go"><ul><li><a href="b.html">b</a></li></ul></div>
<section id="part-{id}"><h2>A part<a class="headerlink" href="#x">#</a></h2></section>
</section></article><script>idle()</script></body></html>"""


@pytest.fixture
def site(tmp_path, monkeypatch):
    html = tmp_path / "html"
    for name, title in (("a", "First & last"), ("b", "Second")):
        path = html / "book" / f"{name}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = PAGE.format(id="two" if name == "b" else "one", title=title)
        path.write_text(text, encoding="utf-8")
    (html / "_images").mkdir()
    Image.new("RGB", (20, 10)).save(html / "_images" / "p.png")
    if MATHJAX is not None:
        static = Path(MATHJAX.origin).parent / "static" / "mathjax"
        (html / "_static").mkdir()
        (html / "_static" / "mathjax").symlink_to(static)
    monkeypatch.setattr(articles, "page_names", lambda html: ["book/a", "book/b"])
    return html


def test_an_article_keeps_what_paper_can_show(site):
    first, second = articles.articles(site)
    assert [first.title, second.title] == ["1. First & last", "1. Second"]
    assert not first.body.select("script, button, .headerlink, details.hide, a.rd-full")
    assert first.body.select("details[open] p")
    assert not first.body.select("div.cell")
    assert first.body.select_one("img")["alt"] == "A"


def test_a_site_without_articles_is_refused(site):
    (site / "book" / "a.html").write_text("<html></html>", encoding="utf-8")
    with pytest.raises(ValueError, match=r"book/a\.html has no article"):
        articles.articles(site)


def test_one_document_has_the_links_of_all_pages(site):
    text = pdf.joined(site, "Title", "by me")
    assert 'href="#book-b--two"' in text
    assert 'id="book-b--two"' in text
    assert 'href="https://example.org"' in text
    assert "search.html" not in text
    assert (site / "_images" / "p.png").as_uri() in text
    assert '<a href="#book-a">1. First &amp; last</a>' in text


def test_an_edition_is_offered_on_the_front_page_once(site, tmp_path):
    made = tmp_path / "rederived.pdf"
    made.write_bytes(b"0" * 2_600_000)
    (site / "book" / "index.html").write_text(PAGE.format(id="x", title="x"), "utf-8")
    (site / "index.html").write_text('<meta http-equiv="refresh">', "utf-8")
    for _ in range(2):
        offer.offer(site, made)
    page = (site / "book" / "index.html").read_text("utf-8")
    assert page.count('href="../rederived.pdf">PDF, 3 MB</a>') == 1
    assert (site / "rederived.pdf").exists()
    (site / "book" / "index.html").write_text('<div class="rd-cards">', "utf-8")
    with pytest.raises(ValueError, match="no list"):
        offer.offer(site, made)


class TestInABrowser:
    pytestmark = needs_browser

    def test_formulas_become_mathml(self, site):
        script = (site / "_static" / "mathjax" / "tex-chtml.js").resolve()
        inline, display = mathml.mathml([("x<y", False), (r"\frac12", True)], script)
        assert ElementTree.fromstring(inline).tag.endswith("math")
        assert "&lt;" in inline
        assert 'display="block"' in display
        for wrong in (r"\undefined", r"\frac{1"):
            with pytest.raises(RuntimeError, match="does not understand"):
                mathml.mathml([(wrong, False)], script)

    def test_an_epub_is_well_formed_and_whole(self, site, tmp_path):
        words = epub.Words("Title", "me", "2026-01-31T12:00:00Z")
        target = tmp_path / "out" / "book.epub"
        epub.make_epub(site, target, words)
        with zipfile.ZipFile(target) as book:
            first = book.infolist()[0]
            assert (first.filename, first.compress_type) == ("mimetype", 0)
            texts = {name: book.read(name) for name in book.namelist()}
        trees = {
            name: ElementTree.fromstring(text)
            for name, text in texts.items()
            if name.endswith(("xhtml", "opf", "xml"))
        }
        page = trees["a.xhtml"]
        tags = [tag.tag.rpartition("}")[2] for tag in page.iter()]
        assert tags.count("math") == 2
        assert "svg" in tags
        contents = [tag.get("href") for tag in trees["nav.xhtml"].iter()]
        assert [one for one in contents if one][1:] == [
            *("a.xhtml", "a.xhtml#part-one", "b.xhtml", "b.xhtml#part-two")
        ]
        links = [tag.get("href") for tag in page.iter() if tag.get("href")]
        assert "b.xhtml#two" in links
        assert "pictures/p.png" in texts
        listed = {
            tag.get("href") for tag in trees["book.opf"].iter() if tag.get("href")
        }
        assert listed == set(texts) - {"mimetype", "META-INF/container.xml", "book.opf"}
        assert "变分".encode() in texts["a.xhtml"]

    def test_a_pdf_has_an_outline(self, site, tmp_path):
        target = tmp_path / "out" / "book.pdf"
        pdf.make_pdf(site, target, "Title", "by me")
        content = target.read_bytes()
        assert content.startswith(b"%PDF-")
        assert b"/Outlines" in content

    def test_a_picture_of_a_page_is_its_top_in_few_colours(self, tmp_path):
        page, target = tmp_path / "page.html", tmp_path / "page.png"
        page.write_text('<body style="background: #0072b2">', encoding="utf-8")
        page_picture.make(page, target)
        with Image.open(target) as picture:
            assert (picture.size, picture.mode) == (page_picture.SIZE, "P")
            assert picture.convert("RGB").getpixel((700, 800)) == (0, 0x72, 0xB2)
        assert {path.name for path in tmp_path.iterdir()} == {"page.html", "page.png"}
