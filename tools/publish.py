"""Build the site for its public address: ``python -m tools.publish``.

The chapters' stored outputs are shown as they are, since the tests have compared them;
nothing is executed.  Every page says where it stands (canonical address, preview with a
picture), and the site gets a map, a page for wrong addresses and a front door that is
a page.
"""

import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import nbformat
from bs4 import BeautifulSoup, Tag
from PIL import Image

from tools.address import Address, address, site_url
from tools.build import SITE, build, configuration, raw_tables
from tools.files import BOOK, chapters, write

HTML = SITE / "html"
FRONT = "book/index.html"
CARD = "_static/card.png"
CARD_BOX = (325, 55, 1125, 475)
"""Of ``page.png``, in pixels: a chapter's question and answer, 1.9 times as wide as
high, as previews are."""

MISSING = """
<h1>There is no such page</h1>
<p>The address is wrong, or the page has moved. Begin at the
<a href="index.html">front page</a>, look through the <a href="claims.html">claims</a>,
or <a href="../search.html">search</a>.</p>
"""


def settings(place: Address, site: str) -> dict[str, Any]:
    """Return the configuration of the published site."""
    config = configuration(place)
    config["execute"]["execute_notebooks"] = "off"
    config["html"]["baseurl"] = site
    config["sphinx"]["config"] |= {
        "ogp_site_url": site,
        "ogp_image": CARD,
        "ogp_image_alt": "The question of a chapter, and its answer with the number",
    }
    return config


def make_card(target: Path) -> None:
    """Write the picture that link previews show."""
    with Image.open(BOOK / "_static" / "page.png") as page:
        page.convert("RGB").crop(CARD_BOX).save(target, optimize=True)


def sitemap(html: Path, site: str) -> str:
    """Return the map of the site: every page of the book."""
    pages = sorted(path.relative_to(html).as_posix() for path in _pages(html))
    entries = "\n".join(
        f"<url><loc>{escape(site + page)}</loc></url>" for page in pages
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"{entries}\n</urlset>\n"
    )


def front_door(front: str) -> str:
    """Return the page at the root: the front page, its links resolved from its folder.

    It keeps the front page's canonical address, of which it is a copy.
    """
    return _with_base(front, "book/")


def missing_page(front: str, site: str) -> str:
    """Return the page that is served, in the place of any other, for a wrong address.

    Its links start at the root of the host, for the folder of a wrong address is
    unknown.
    """
    page = BeautifulSoup(
        _with_base(front, f"{urlsplit(site).path}book/"), "html.parser"
    )
    for tag in page.find_all(["link", "meta"]):
        described = str(tag.get("property") or tag.get("name") or "")
        if "canonical" in (tag.get("rel") or []) or re.match("og:|descr", described):
            tag.decompose()
    robots = page.new_tag("meta", attrs={"name": "robots", "content": "noindex"})
    _one(page, "head").append(robots)
    _one(page, "title").string = "There is no such page — Rederived"
    article = _one(page, "article.bd-article")
    article.clear()
    article.append(BeautifulSoup(MISSING, "html.parser"))
    for selector in (".bd-sidebar-secondary", ".prev-next-footer", "#jb-print-toc"):
        for tag in page.select(selector):
            tag.decompose()
    return str(page)


def not_run() -> list[str]:
    """The chapters with a code cell that has no stored outputs."""
    return [
        path.stem
        for path in chapters()
        if any(
            cell.cell_type == "code"
            and cell.source.strip()
            and not cell.execution_count
            for cell in nbformat.read(path, as_version=4).cells
        )
    ]


def finish(html: Path, site: str) -> None:
    """Add to a built site what only a published one needs."""
    front = (html / FRONT).read_text(encoding="utf-8")
    write(html / "sitemap.xml", sitemap(html, site))
    write(html / "index.html", front_door(front))
    write(html / "404.html", missing_page(front, site))
    write(html / ".nojekyll", "")
    make_card(html / CARD)


def _pages(html: Path) -> list[Path]:
    """The pages of the book; the indices that Sphinx makes stand above them."""
    return list((html / "book").rglob("*.html"))


def _one(page: BeautifulSoup, selector: str) -> Tag:
    """The one element that a selector finds."""
    (found,) = page.select(selector)
    return found


def _with_base(page: str, base: str) -> str:
    """A page whose relative links start elsewhere; ``base`` must precede them all."""
    return page.replace("<head>", f'<head>\n    <base href="{base}" />', 1)


def main() -> None:
    """Build, finish, and say where the site belongs."""
    place = address()
    site = site_url(place) if place else None
    if place is None or site is None:
        sys.exit(
            "the project has no public address: set GITHUB_SERVER_URL, "
            "GITHUB_REPOSITORY and GITHUB_SHA as a workflow does, and REDERIVED_SITE "
            "where the site is not GitHub's own; `make book` builds without one"
        )
    if unfinished := not_run():
        sys.exit(f"cells have not been run (make run): {', '.join(unfinished)}")
    if build(settings(place, site)):
        sys.exit("the build failed: every warning above is an error")
    if unrendered := raw_tables():
        sys.exit(f"tables are shown as text on {', '.join(unrendered)}")
    finish(HTML, site)
    print(f"Built {HTML.relative_to(SITE.parent)} for {site}")


if __name__ == "__main__":
    main()
