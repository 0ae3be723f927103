"""The articles of the built pages, as a reader without a screen needs them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag

from tools.contents import toc_files
from tools.files import ROOT

OMITTED = re.compile(r"book/source/")
"""Pages that are left out: the library's source has its own place."""

_IDLE = (
    "script, noscript, style, button, .headerlink, .rd-filter, .prev-next-footer, "
    "details.hide, .rd-exercised, .sd-stretched-link, form, dialog"
)
"""What does nothing on paper.  Code that a page folds is in the notebook."""


@dataclass(frozen=True)
class Article:
    """A page of the book.

    Attributes:
        name: of its file, without the end: ``book/03-nice``.
        title: its heading, with the number.
        body: its content; links and pictures as on the page.
    """

    name: str
    title: str
    body: Tag


def articles(html: Path) -> list[Article]:
    """Return the pages of a built site in the order of the table of contents."""
    return [_article(html, name) for name in page_names(html)]


def page_names(html: Path, toc: Path = ROOT / "_toc.yml") -> list[str]:
    """Return the names of the pages, globs resolved, without those left out."""
    names = []
    for entry in toc_files(toc):
        if "*" in entry:
            found = sorted(html.glob(f"{entry}.html"))
            names += [p.relative_to(html).with_suffix("").as_posix() for p in found]
        else:
            names.append(entry)
    return [name for name in names if not OMITTED.match(name)]


def _article(html: Path, name: str) -> Article:
    """Read a page, without what does nothing on paper.

    Raises:
        ValueError: if the page has no article.
    """
    page = BeautifulSoup((html / f"{name}.html").read_text("utf-8"), "html.parser")
    body = page.select_one("article.bd-article")
    if body is None:
        raise ValueError(f"{name}.html has no article: build the book first")
    for tag in body.select(_IDLE):
        tag.decompose()
    for cell in body.select("div.cell"):
        if not cell.get_text(strip=True) and not cell.find(["img", "svg"]):
            cell.decompose()
    for details in body.select("details"):
        details["open"] = ""
    for link in body.select("a.rd-full"):
        link.unwrap()
    for image in body.select("img"):
        image.attrs.pop("loading", None)
    heading = body.find("h1")
    title = heading.get_text(" ", strip=True) if heading else name
    return Article(name, re.sub(r"\s+", " ", title), body)


def inside(target: str, page: str, known: set[str]) -> tuple[str, str] | None:
    """Return page and anchor that a link of a page leads to, or None if it leaves.

    >>> inside("../03-nice.html#claim-3-4", "book/results/x", {"book/03-nice"})
    ('book/03-nice', 'claim-3-4')
    >>> inside("#top", "book/x", {"book/x"})
    ('book/x', 'top')
    """
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return None
    if not parts.path:
        return page, parts.fragment
    steps = page.split("/")[:-1]
    for step in parts.path.split("/"):
        if step == "..":
            steps = steps[:-1]
        elif step != ".":
            steps.append(step)
    name = "/".join(steps).removesuffix(".html")
    return (name, parts.fragment) if name in known else None


def leaves(target: str) -> bool:
    """Whether a link leads out of the site."""
    return bool(urlsplit(target).scheme)
