"""The book as a PDF: the built pages in one document, printed by Chromium."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from tools.browser import run
from tools.edition.articles import Article, articles, inside, leaves

STYLES = (
    "styles/pydata-sphinx-theme.css", "pygments.css", "styles/sphinx-book-theme.css",
    "mystnb.*.css", "exercise.css", "proof.css", "sphinx-design.min.css",
    "rederived.css",
)  # fmt: skip

_PAGE = """<!doctype html>
<html lang="en" data-theme="light" data-mode="light">
<head>
<meta charset="utf-8">
<title>{title}</title>
{styles}
<style>{own}</style>
<script>
window.MathJax = {{
  options: {{ enableMenu: false, processHtmlClass: "math" }},
  startup: {{
    pageReady: () => MathJax.startup.defaultPageReady().then(() => {{
      for (const one of document.querySelectorAll("mjx-container")) {{
        const place = one.closest("div.math, p, li, td, figcaption, summary")
          ?? one.parentElement;
        const number = place.querySelector(":scope > .eqno");
        const room = place.clientWidth - (number ? number.offsetWidth + 8 : 0);
        const wide = one.firstElementChild.getBoundingClientRect().width / room;
        if (wide > 1) one.style.fontSize = `${{Math.floor(98 / wide)}}%`;
      }}
    }}),
  }},
}};
</script>
<script defer src="{static}/mathjax/tex-chtml.js"></script>
</head>
<body class="bd-content">
<header><h1 class="rd-title">{title}</h1>
<p>{says}</p>
<nav>{contents}</nav></header>
{articles}
</body>
</html>
"""

_OWN = """
@page { size: A4; margin: 17mm 16mm 19mm;
  @bottom-center { content: counter(page); font: 9pt sans-serif; } }
@page :first { @bottom-center { content: none; } }
:root { --pst-font-family-base: "Noto Sans", "DejaVu Sans", sans-serif,
    "Noto Sans CJK SC";
  --pst-font-family-monospace: "DejaVu Sans Mono", monospace, "Noto Sans CJK SC"; }
html, body { background: #fff; font-size: 10.5pt; }
body :not(#none) { box-shadow: none !important; filter: none !important; }
body { display: block; margin: 0 auto; width: 178mm; }
article { break-before: page; }
article > * { padding: 0; }
.rd-title { font-size: 34pt; margin-top: 45mm; }
nav ol { list-style: none; padding: 0; }
pre, .highlight pre { font-size: 7.6pt; overflow-wrap: anywhere;
  white-space: pre-wrap; }
pre, [class^="highlight"], .cell, .cell_input, .cell_output, .output {
  break-inside: auto !important; display: block !important;
  overflow: visible !important; }
table { font-size: 8.4pt; overflow-wrap: anywhere; }
tr, figure, .rd-check, .rd-box-head { break-inside: avoid; }
h1, h2, h3, h4, h5 { break-after: avoid; line-height: 1.3; }
.pst-scrollable-table-container, div.math, .rd-graph-picture { overflow: visible; }
.rd-graph svg { min-width: 0; }
summary { list-style: none; }
img { max-height: 200mm; max-width: 100%; }
.sd-card-img-top { height: auto; max-height: 28mm; }
"""


def joined(html: Path, title: str, says: str) -> str:
    """Return one document with all pages.

    Args:
        html: the built site.
        title: of the book.
        says: a line under it.
    """
    found = articles(html)
    for article in found:
        _localise(article, {one.name for one in found}, html)
    static = (html / "_static").as_uri()
    return _PAGE.format(
        title=escape(title),
        says=escape(says),
        own=_OWN,
        static=static,
        styles="\n".join(
            f'<link rel="stylesheet" href="{path.as_uri()}">'
            for pattern in STYLES
            for path in sorted((html / "_static").glob(pattern))
        ),
        contents=_contents(found),
        articles="\n".join(str(article.body) for article in found),
    )


def _contents(found: Iterable[Article]) -> str:
    """The list of pages, with links."""
    lines = (
        f'<li><a href="#{_place(one.name)}">{escape(one.title)}</a></li>'
        for one in found
    )
    return f"<ol>{''.join(lines)}</ol>"


def _localise(article: Article, known: set[str], html: Path) -> None:
    """Make ids, links and pictures of a page those of the one document."""
    body, folder = article.body, (html / article.name).parent
    for tag in body.select("[id]"):
        tag["id"] = _place(article.name, str(tag["id"]))
    body["id"] = _place(article.name)
    for link in body.select("a[href]"):
        target = str(link["href"])
        place = inside(target, article.name, known)
        if place is not None:
            link["href"] = f"#{_place(*place)}"
        elif not leaves(target):
            link.unwrap()
    for image in body.select("img[src]"):
        path = urlsplit(str(image["src"])).path
        image["src"] = (folder / path).resolve().as_uri()


def _place(page: str, anchor: str = "") -> str:
    """The id of a place of a page in the one document."""
    return re.sub(r"[^\w.-]", "-", f"{page}--{anchor}" if anchor else page)


def make_pdf(html: Path, target: Path, title: str, says: str) -> None:
    """Print a built site to a PDF with outline, links and page numbers.

    Raises:
        RuntimeError: if there is no Chromium, or it prints nothing.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    printed = target.with_name(f".{target.name}")
    printed.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "book.html"
        page.write_text(joined(html, title, says), encoding="utf-8")
        run(
            page,
            f"--print-to-pdf={printed}",
            "--no-pdf-header-footer",
            "--generate-pdf-document-outline",
        )
    if not printed.exists():
        raise RuntimeError("Chromium has printed nothing")
    printed.replace(target)
