"""A built page without what it does not use."""

from __future__ import annotations

import re
from pathlib import Path

from tools.files import write
from tools.lean.icons import outlines, with_icons
from tools.lean.pictures import with_sizes

_SCRIPT = re.compile(r"[ \t]*<script\b[^>]*>.*?</script>\n?", re.DOTALL)
_STYLE = re.compile(r'[ \t]*<link rel="stylesheet"[^>]*href="(?P<href>[^"]+)"[^>]*>\n?')
_VIEWPORT = re.compile(r'<meta name="viewport"[^>]*>\s*')
_BODY = re.compile(r'<article class="bd-article".*?</article>', re.DOTALL)
_NEVER = r"(?!)"

NEEDED = {
    "fontawesome": _NEVER,  # the icons are drawn: tools.lean.icons
    "thebe": _NEVER,  # the pages run nothing
    "kernelName": _NEVER,
    "searchtools": _NEVER,  # the book has its own search: tools.lean.search
    "language_data": _NEVER,
    "searchindex": _NEVER,
    "sphinx_highlight": _NEVER,
    "mathjax": 'class="math',
    "MathJax": 'class="math',
    "copybutton": "<pre>",
    "clipboard": "<pre>",
    "togglebutton": r"\b(?:dropdown admonition|admonition dropdown|toggle)\b",
    "toggleHint": r"\b(?:dropdown admonition|admonition dropdown|toggle)\b",
    "toggleOpenOnPrint": r"\b(?:dropdown admonition|admonition dropdown|toggle)\b",
    "design-tabs": "sd-tab-set",
    "exercise.css": 'class="exercise',
    "proof.css": 'class="proof',
    "mystnb": "cell_output",
    "look.js": 'class="(?:rd-full|math)',
}
"""Part of the tag or the text of a script or style -> what a page's body must hold for
it to stay, a regular expression."""

_SHARED_IDS = re.compile(r' id="(?:proof|exercise|solution)-content"')
"""Ids that extensions repeat on a page, and that nothing links to."""
_BRANCH = '<summary><span class="toctree-toggle"'
"""The arrow that shows the pages below one; the theme gives it no name."""
_UNNAMED = {
    '<div class="rd-attention"': '<div class="rd-attention" tabindex="0" '
    'role="region" aria-label="Table, scrolls"',
    '<div role="list" class="citation-list">': '<div class="citation-list">',
}
"""What a reader without eyes or mouse cannot use -> what one can: a wide table that the
keyboard does not reach, a list whose parts are none."""
_PLAIN = re.compile(r'<span class="(?:[nopw]|nn)">([^<]*)</span>')
"""Names, operators, punctuation and white space of code: a quarter of a page's parts.
They are shown in the colour of all code."""
_STRING = r'<span class="(?:s[12adehix])">[^<]*</span>'
_STRINGS = re.compile(rf"{_STRING}(?:\s*{_STRING})*")
"""Neighbouring parts of strings of code, all of one colour: a docstring has one a line,
what stands between them is white."""
_SPAN = re.compile(r"</?span[^>]*>")
_SOURCE = re.compile(r'<li><a href="[^"]*/_sources/[^"]*\.md".*?</li>', re.DOTALL)
"""The button that offers the text of a page without code, most of them generated."""
_EARLY = re.compile(r'[ \t]*<meta property="og:url" content="(?!https?:)[^>]*>\n?')
"""An address for previews that is none: the site has no public address."""


def lean(html: Path) -> None:
    """Rewrite all pages of a site."""
    icons = outlines(html / "_static" / "scripts" / "fontawesome.js")
    for path in sorted(html.rglob("*.html")):
        if "_static" in path.relative_to(html).parts:
            continue
        page = path.read_text(encoding="utf-8")
        page = with_sizes(with_icons(page, icons), path.parent)
        write(path, without_unused(repaired(page)))


def repaired(page: str) -> str:
    """Return a page without repeated ids, idle marks and buttons, a second viewport."""
    page = _SOURCE.sub("", _EARLY.sub("", _SHARED_IDS.sub("", page)))
    page = _STRINGS.sub(_one_string, _PLAIN.sub(r"\1", page))
    page = page.replace(_BRANCH, _BRANCH.replace(">", ' aria-label="Pages below">', 1))
    for found, better in _UNNAMED.items():
        page = page.replace(found, better)
    first = _VIEWPORT.search(page)
    if first is None:
        return page
    return page[: first.end()] + _VIEWPORT.sub("", page[first.end() :])


def _one_string(found: re.Match[str]) -> str:
    """Return parts of strings as one."""
    return f'<span class="s">{_SPAN.sub("", found[0])}</span>'


def without_unused(page: str) -> str:
    """Return a page with the scripts and styles that it uses, each once."""
    body = "".join(_BODY.findall(page))
    seen: set[str] = set()

    def kept(found: re.Match[str]) -> str:
        text = found[0].strip()
        if text in seen or not _is_needed(text, body):
            return ""
        seen.add(text)
        return found[0]

    return _STYLE.sub(kept, _SCRIPT.sub(kept, page))


def _is_needed(text: str, body: str) -> bool:
    """Whether a page needs a script or a style."""
    return all(re.search(use, body) for part, use in NEEDED.items() if part in text)
