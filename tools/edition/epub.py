"""The book as an EPUB 3: the built pages as XHTML, formulas as MathML."""

from __future__ import annotations

import re
import uuid
import zipfile
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag

from tools.edition.articles import Article, articles, inside, leaves
from tools.edition.mathml import mathml

_TYPES = {".png": "image/png", ".svg": "image/svg+xml"}
_TEX = re.compile(r"^\\[(\[](.*)\\[)\]]$", re.DOTALL)

_CONTAINER = """<?xml version="1.0" encoding="utf-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="book.opf" media-type="application/oebps-package+xml"/>
</rootfiles></container>
"""
_PACKAGE = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:{id}</dc:identifier>
<dc:title>{title}</dc:title><dc:language>en</dc:language>
<dc:creator>{author}</dc:creator>
<meta property="dcterms:modified">{modified}</meta>
<meta property="schema:accessMode">textual</meta>
<meta property="schema:accessMode">visual</meta>
<meta property="schema:accessibilityFeature">alternativeText</meta>
<meta property="schema:accessibilityFeature">MathML</meta>
<meta property="schema:accessibilityFeature">tableOfContents</meta>
<meta property="schema:accessibilityHazard">none</meta>
</metadata>
<manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="style" href="style.css" media-type="text/css"/>
{items}
</manifest>
<spine>{spine}</spine>
</package>
"""
_PAGE = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"
 lang="en" xml:lang="en">
<head><title>{title}</title>
<link rel="stylesheet" type="text/css" href="style.css"/></head>
<body>{body}</body></html>
"""
_STYLE = """
body { line-height: 1.45; }
pre { font-size: 0.72em; overflow-wrap: anywhere; white-space: pre-wrap; }
code { font-size: 0.85em; overflow-wrap: anywhere; }
img, svg { height: auto; max-width: 100%; }
figcaption, caption { font-size: 0.9em; text-align: start; }
table { border-collapse: collapse; font-size: 0.85em; }
td, th { border-bottom: 1px solid #999; padding: 0.2em 0.4em; text-align: start; }
.rd-box, blockquote { margin: 1em 0; padding-inline-start: 1em; }
.rd-box { border-inline-start: 3px solid #17714f; }
.rd-box-title { font-weight: bold; }
.rd-check { font-size: 0.85em; }
.eqno { float: right; }
.rd-icon { height: 1em; width: 1em; }
blockquote { border-inline-start: 3px solid #999; }
"""


class Words(NamedTuple):
    """What a book says of itself; ``modified`` is like ``2026-01-31T12:00:00Z``."""

    title: str
    author: str
    modified: str


def make_epub(html: Path, target: Path, words: Words) -> None:
    """Write a built site as an EPUB.

    Args:
        html: the built site.
        target: the file.
        words: about the book.

    Raises:
        RuntimeError: if there is no Chromium, or a formula cannot be converted.
    """
    found = articles(html)
    _typeset(found, html / "_static" / "mathjax" / "tex-chtml.js")
    known = {one.name for one in found}
    pictures: dict[str, Path] = {}
    for article in found:
        pictures |= _localise(article, known, html)
    pages = {_file(one.name): _page(one) for one in found}
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}")
    with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        book.writestr("META-INF/container.xml", _CONTAINER)
        book.writestr("book.opf", _package(found, pages, pictures, words))
        book.writestr("nav.xhtml", _navigation(found, words.title))
        book.writestr("style.css", _STYLE)
        for name, text in pages.items():
            book.writestr(name, text)
        for name, path in pictures.items():
            book.write(path, name)
    temporary.replace(target)


def _typeset(found: Iterable[Article], script: Path) -> None:
    """Replace the TeX of all pages by MathML."""
    places: list[tuple[Tag, str, bool]] = []
    for article in found:
        for place in article.body.select(".math"):
            number = place.select_one(".eqno")
            if number is not None:
                number.extract()
            tex = _TEX.match(place.get_text().strip())
            if tex is None:
                raise RuntimeError(f"{article.name}: no formula in {place}")
            places.append((place, tex[1], place.name == "div"))
            place.clear()
            if number is not None:
                place.append(number)
    made = mathml([(tex, display) for _, tex, display in places], script)
    for (place, _, _), one in zip(places, made, strict=True):
        place.append(BeautifulSoup(one, "html.parser"))


def _localise(article: Article, known: set[str], html: Path) -> dict[str, Path]:
    """Make links and pictures those of the EPUB; name in it -> picture's file."""
    pictures = {}
    folder = (html / article.name).parent
    for link in article.body.select("a[href]"):
        target = str(link["href"])
        place = inside(target, article.name, known)
        if place is not None:
            link["href"] = _file(place[0]) + f"#{place[1]}" * bool(place[1])
        elif not leaves(target):
            link.unwrap()
    for image in article.body.select("img[src]"):
        path = (folder / urlsplit(str(image["src"])).path).resolve()
        pictures[f"pictures/{path.name}"] = path
        image["src"] = f"pictures/{path.name}"
    return pictures


def _page(article: Article) -> str:
    """A page as XHTML; attributes of the site alone are left out."""
    body, seen = article.body, set()
    for tag in [body, *body.find_all(True)]:
        for name in [*tag.attrs]:
            if name.startswith(("data-", "on", "aria-")) or name in {
                "role",
                "tabindex",
            }:
                del tag[name]
        if tag.get("id") in seen:
            del tag["id"]
        seen.add(tag.get("id"))
        if tag.name == "article":
            tag.name = "section"
        if tag.name == "svg":
            tag["xmlns"] = "http://www.w3.org/2000/svg"
            if "viewbox" in tag.attrs:  # as a parser of HTML spells it
                tag["viewBox"] = tag.attrs.pop("viewbox")
    return _PAGE.format(title=escape(article.title), body=str(body))


def _package(
    found: list[Article], pages: dict[str, str], pictures: dict[str, Path], words: Words
) -> str:
    """The package document."""
    items, spine = [], []
    for number, (one, text) in enumerate(zip(found, pages.values(), strict=True)):
        has = [name for name, mark in (("mathml", "<math"), ("svg", "<svg"))
               if mark in text]  # fmt: skip
        properties = f' properties="{" ".join(has)}"' if has else ""
        items.append(f'<item id="p{number}" href="{_file(one.name)}" '
                     f'media-type="application/xhtml+xml"{properties}/>')  # fmt: skip
        spine.append(f'<itemref idref="p{number}"/>')
    for number, name in enumerate(pictures):
        kind = _TYPES[Path(name).suffix]
        items.append(f'<item id="i{number}" href="{name}" media-type="{kind}"/>')
    return _PACKAGE.format(
        id=uuid.uuid5(uuid.NAMESPACE_URL, words.title),
        title=escape(words.title),
        author=escape(words.author),
        modified=words.modified,
        items="\n".join(items),
        spine="".join(spine),
    )


def _navigation(found: Iterable[Article], title: str) -> str:
    """The table of contents: pages and their sections."""
    lines = "".join(
        f'<li><a href="{_file(one.name)}">{escape(one.title)}</a>{_sections(one)}</li>'
        for one in found
    )
    body = f'<nav epub:type="toc"><h1>{escape(title)}</h1><ol>{lines}</ol></nav>'
    return _PAGE.format(title=escape(title), body=body)


def _sections(article: Article) -> str:
    """The sections of a page as a list of links, if it has any."""
    lines = "".join(
        f'<li><a href="{_file(article.name)}#{section["id"]}">'
        f"{escape(section.h2.get_text(' ', strip=True))}</a></li>"
        for section in article.body.select("section[id]:has(> h2)")
        if section.h2 is not None
    )
    return f"<ol>{lines}</ol>" if lines else ""


def _file(page: str) -> str:
    """The file of a page."""
    return page.removeprefix("book/").replace("/", "-") + ".xhtml"
