"""The built site as readers meet it: from disk, without a network, in a browser.

Every page is opened in light and dark, wide and narrow; what was seen is kept, and each
test looks at all pages.  Nothing is measured in seconds.
"""

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import pytest

from tools.browser import chromium
from tools.build import SITE
from tools.edition import pdf
from tools.files import chapters
from tools.live_stills import FIGURES

sync_api = pytest.importorskip(
    "playwright.sync_api", reason="not installed: playwright (make browser)"
)

HTML = SITE / "html"
LISTINGS = "book/source/"  # pages of code, all made by one tool
WIDE, NARROW = 1440, 390
HEIGHT = {WIDE: 900, NARROW: 844}
LIMIT = 20_000_000  # bytes of the whole site
LOOK = (Path(__file__).parent / "look.js").read_text(encoding="utf-8")
AXE_RUN = """() => axe.run({exclude: ["mjx-container"]}, {
  preload: false, resultTypes: ["violations"],
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
}).then((found) => found.violations
  .filter((one) => ["serious", "critical"].includes(one.impact))
  .flatMap((one) => one.nodes.map(
    (node) => `${one.id}: ${node.html.slice(0, 160)}`)))"""
TYPESET = """() => window.MathJax && window.MathJax.startup
  ? window.MathJax.startup.promise.then(() => true) : true"""
SETTLED = (
    "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)))"
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine"),
    pytest.mark.skipif(
        not (HTML / "book").exists(), reason="the site is not built: make book"
    ),
]


class Visit(NamedTuple):
    """What was seen on a page: in which look, by the browser, on the page, by axe."""

    page: str
    theme: str
    width: int
    log: list[str]
    requests: list[str]
    seen: dict[str, Any]
    axe: list[str]

    @property
    def name(self):
        """The page and its look, for messages."""
        return f"{self.page} {self.theme} {self.width}"


def page_names():
    """Every page, but for the one at the root, which only leads to the front page."""
    paths = sorted(HTML.rglob("*.html"))
    names = [path.relative_to(HTML).as_posix() for path in paths]
    return [name for name in names if "/" in name or name == "search.html"]


def looks(name):
    """The themes and widths that a page is opened in, and where axe looks at it."""
    if name.startswith(LISTINGS):
        return [("light", WIDE, False)]
    return [
        ("light", WIDE, True),
        ("dark", NARROW, True),
        ("dark", WIDE, False),
        ("light", NARROW, False),
    ]


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox"]
        )
        yield launched
        launched.close()


def opened(browser, theme, width):
    """A window in a theme and a width, with the network cut."""
    return browser.new_context(
        viewport={"width": width, "height": HEIGHT[width]},
        color_scheme=theme,
        offline=True,
        reduced_motion="reduce",
    )


@pytest.fixture(scope="module")
def axe():
    """The script of axe, or nothing where it is not installed."""
    with suppress(ImportError):
        import axe_playwright_python

        folder = Path(axe_playwright_python.__file__).parent
        return (folder / "axe.min.js").read_text(encoding="utf-8")
    return ""


@pytest.fixture(scope="module")
def visits(browser, axe):
    found = []
    for theme in ("light", "dark"):
        for width in (WIDE, NARROW):
            window = opened(browser, theme, width)
            for name in page_names():
                wanted = [(t, w) for t, w, _ in looks(name)]
                if (theme, width) in wanted:
                    deep = (theme, width, True) in looks(name)
                    found.append(visit(window, name, theme, width, axe if deep else ""))
            window.close()
    return found


def visit(window, name, theme, width, axe):
    page, log, requests = window.new_page(), [], []
    page.on("console", lambda told: log.append(f"{told.type}: {told.text[:200]}")
            if told.type in ("error", "warning") else None)  # fmt: skip
    page.on("pageerror", lambda error: log.append(f"uncaught: {error}"))
    page.on("requestfailed", lambda asked: log.append(f"failed: {asked.url}"))
    page.on("request", lambda asked: requests.append(asked.url))
    page.goto((HTML / name).as_uri(), wait_until="load")
    page.evaluate(TYPESET)
    page.evaluate(SETTLED)
    seen = page.evaluate(LOOK)
    broken = []
    if axe:
        page.evaluate(f"{axe};0")
        broken = page.evaluate(AXE_RUN)
    page.close()
    return Visit(name, theme, width, log, requests, seen, broken)


def where(visits, key):
    """Name of a visit -> what it has under a key, where it has anything."""
    return {one.name: one.seen[key] for one in visits if one.seen[key]}


def test_the_pages_are_there():
    names = {f"book/{path.stem}.html" for path in chapters()}
    names |= {"book/index.html", "book/claims.html", "search.html"}
    assert names <= set(page_names())


def test_no_page_complains_or_asks_for_what_is_not_there(visits):
    assert {one.name: one.log for one in visits if one.log} == {}


def test_no_page_asks_the_network(visits):
    asked = {url for one in visits for url in one.requests}
    assert [
        url for url in asked if not url.startswith(("file:", "data:", "blob:"))
    ] == []


def test_every_formula_is_typeset(visits):
    for one in visits:
        assert one.seen["typeset"] == one.seen["formulas"], one.name
    assert where(visits, "broken") == where(visits, "raw") == {}


def test_no_formula_is_cut_off_and_no_page_scrolls_sideways(visits):
    assert where(visits, "cut") == {}
    assert where([one for one in visits if one.seen["overflow"] > 0], "overflow") == {}


def test_no_formula_need_be_scrolled_on_a_wide_screen(visits):
    assert where([one for one in visits if one.width == WIDE], "scrolled") == {}


def test_a_page_without_formulas_does_not_load_their_script(visits):
    for one in visits:
        loads = any("mathjax/" in url for url in one.requests)
        assert loads == (one.seen["formulas"] > 0), one.name


def test_ids_are_unique_and_formulas_are_no_tab_stops(visits):
    assert where(visits, "repeated") == {}
    assert where(visits, "stops") == {}


def test_pictures_have_sizes_and_words_and_wait_for_the_reader(visits):
    assert where(visits, "unsized") == where(visits, "unnamed") == {}
    assert all(one.seen["eager"] <= 2 for one in visits)  # the first, and a still


def test_figures_can_be_read_on_a_phone(visits):
    narrow = [one for one in visits if one.width == NARROW]
    assert where(narrow, "small") == {}


def test_a_dark_page_turns_drawings_round_and_leaves_pictures(visits):
    assert any(one.seen["drawings"] for one in visits)
    for one in visits:
        turned = one.seen["drawings"] if one.theme == "dark" else 0
        assert one.seen["turned"] == turned, one.name
    assert where(visits, "spoilt") == {}


def test_the_first_figure_of_a_chapter_stands_near_its_top(visits):
    stems = {f"book/{path.stem}.html" for path in chapters()}
    far = {
        one.name: one.seen["first"]
        for one in visits
        if one.page in stems and not (one.seen["first"] or 9) < 1.5
    }
    assert far == {}


def test_axe_finds_nothing_serious(visits, axe):
    if not axe:
        pytest.skip("axe-playwright-python is not installed")
    assert {one.name: one.axe for one in visits if one.axe} == {}


def test_the_site_is_small():
    files = [path for path in HTML.rglob("*") if path.is_file()]
    editions = (".pdf", ".epub")  # nobody loads them who does not ask for them
    sizes = [one.stat().st_size for one in files if one.suffix not in editions]
    assert sum(sizes) < LIMIT


# Links


_ID = re.compile(r'\bid="([^"]+)"')
_LINK = re.compile(r'<(?:a|link|script|img)\b[^>]*?\b(?:href|src)="([^"]+)"')


def test_every_link_and_anchor_leads_somewhere():
    texts = {path: path.read_text("utf-8") for path in HTML.rglob("*.html")}
    ids = {path: set(_ID.findall(text)) for path, text in texts.items()}
    lost = []
    for path, text in texts.items():
        for link in _LINK.findall(text):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = path
            if parts.path:
                target = (path.parent / unquote(parts.path)).resolve()
            anchor = unquote(parts.fragment)
            if not target.exists() or (
                anchor and target in ids and anchor not in ids[target]
            ):
                lost.append((path.relative_to(HTML).as_posix(), link))
    assert lost == []


# Paper


BEYOND = """() => {
  const edge = document.body.getBoundingClientRect().right + 1;
  const drawn = "pre, table, img, svg, p, li, mjx-container > mjx-math";
  return [...document.querySelectorAll(drawn)].filter(
    (one) => one.getBoundingClientRect().right > edge
      || (one.matches("pre") && one.scrollWidth > one.clientWidth + 1)
  ).map((one) => one.outerHTML.slice(0, 160));
}"""


def test_nothing_is_cut_off_on_paper(browser, tmp_path):
    """The document of the whole book, as it goes to the printer."""
    paper = tmp_path / "paper.html"
    paper.write_text(pdf.joined(HTML, "A book", "by us"), encoding="utf-8")
    window = opened(browser, "light", WIDE)
    page = window.new_page()
    page.emulate_media(media="print")
    page.goto(paper.as_uri(), wait_until="load", timeout=300_000)
    page.evaluate(TYPESET)
    formulas = "document.querySelectorAll('.math').length"
    typeset = "document.querySelectorAll('.math mjx-container').length"
    assert page.evaluate(formulas) == page.evaluate(typeset) > 1500
    assert page.evaluate(BEYOND) == []
    window.close()


# Use


@pytest.fixture
def page(browser):
    window = opened(browser, "light", WIDE)
    yield window.new_page()
    window.close()


QUESTIONS = {
    "3.4": "book/03-nice",
    "claim 7.2": "book/07-adaptive-learning-rates",
    "learning rate": "book/07-adaptive-learning-rates",
    "coupling layer": "book/03-nice",
    "KL divergence": "book/02-variational-inference",
    "beam search": "book/04-seq2seq-titles",
    "mixup": "book/01-mixup",
    "Glow": "book/05-f-vaes",
    "log-determinant": "book/03-nice",
    "变分": "book/0",  # chapters 2 and 8 are about it
    "互信息": ("book/06", "book/08"),  # in the titles of both articles
}


RANKED = """(asked) => rederivedSearch.rank(asked, rederivedIndex).map((one) => [
  rederivedIndex.pages[one.page][0],
  rederivedIndex.entries[one.entries[0].number],
])"""


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_search_finds_the_right_chapter_first(page, question):
    page.goto((HTML / "search.html").as_uri())
    found = page.evaluate(RANKED, question)
    names = [name for name, _ in found]
    assert names[0].startswith(QUESTIONS[question]), names[:4]
    if question == "3.4":
        assert found[0][1][1] == "claim-3-4"
    results = [place for place, name in enumerate(names) if "/results" in name]
    chapter = [place for place, name in enumerate(names) if re.match(r"book/\d", name)]
    assert not results or min(results) > min(chapter)


def test_a_search_shows_links_that_lead_to_their_places(page):
    page.goto((HTML / "search.html").as_uri() + "?q=mutual+information")
    first = page.locator(".rd-found a").first
    assert first.inner_text().strip()
    links = page.locator(".rd-found a").evaluate_all(
        "(all) => all.map((one) => one.getAttribute('href'))"
    )
    for link in links:
        name, _, anchor = link.partition("#")
        assert not anchor or f'id="{anchor}"' in (HTML / name).read_text("utf-8")
    page.goto((HTML / "search.html").as_uri() + "?q=zzzzqq")
    assert "Nothing" in page.locator("#search-results").inner_text()


def test_a_figure_opens_at_its_full_size_and_closes(page):
    page.goto((HTML / "book" / "03-nice.html").as_uri())
    link = page.locator("a.rd-full:has(img[src$='.png'])").first
    link.scroll_into_view_if_needed()
    link.focus()
    page.keyboard.press("Enter")
    over = page.locator("dialog.rd-over")
    assert over.get_attribute("open") is not None
    shown = over.locator("img")
    page.wait_for_function("() => document.querySelector('.rd-over img').complete")
    width = shown.evaluate("(one) => one.getBoundingClientRect().width")
    assert width == shown.evaluate("(one) => one.naturalWidth")
    assert shown.get_attribute("alt") == link.locator("img").get_attribute("alt")
    page.keyboard.press("Escape")
    assert over.get_attribute("open") is None
    assert link.evaluate("(one) => one === document.activeElement")
    link.click()
    over.locator("button").click()
    assert over.get_attribute("open") is None
    assert page.url.endswith("03-nice.html")


def live_page(label):
    """The page of a live figure."""
    (found,) = (
        path for path in (HTML / "book").glob("0*.html")
        if f'id="{label}"' in path.read_text("utf-8")
    )  # fmt: skip
    return found


@pytest.mark.parametrize("name", FIGURES)
def test_a_live_figure_answers_the_keyboard(page, name):
    page.goto(live_page(FIGURES[name]).as_uri(), wait_until="load")
    figure = page.locator(f"#{FIGURES[name]}")
    assert figure.locator("svg").count() >= 1
    controls = figure.locator("input[type='range'], select, [role='slider']")
    before = json.dumps(figure.evaluate("(one) => one.innerText + one.innerHTML"))
    for place in range(controls.count()):
        control = controls.nth(place)
        if control.is_visible():
            control.focus()
            page.keyboard.press("ArrowRight")
            page.keyboard.press("ArrowLeft")
            page.keyboard.press("ArrowLeft")
    assert (
        json.dumps(figure.evaluate("(one) => one.innerText + one.innerHTML")) != before
    )


def test_on_paper_cells_break_and_nothing_floats_empty(page):
    page.goto((HTML / "book" / "03-nice.html").as_uri())
    page.emulate_media(media="print")
    kept = page.evaluate("""() => [...document.querySelectorAll(
        'div.cell, div.cell_input, div.cell_input pre, div.highlight')]
      .filter((one) => getComputedStyle(one).breakInside === 'avoid').length""")
    assert kept == 0
    shown = page.locator(".bd-sidebar-primary, .bd-sidebar-secondary, .bd-header")
    assert not any(one.is_visible() for one in shown.all())
