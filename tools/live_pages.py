"""A Sphinx extension: a live figure's scripts on the page with that figure only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from tools.live_stills import FIGURES, scripts

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class Labelled(Protocol):
    """A page's tree as docutils has it; a generated page has none."""

    ids: Mapping[str, object]


def load_scripts(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: Labelled | None,
) -> None:
    """Add kit, recorded numbers and figure where the page has a figure's label."""
    labels = set() if doctree is None else set(doctree.ids)
    for name, label in FIGURES.items():
        if label in labels:
            app.add_css_file("live/kit.css")
            for script in scripts(name):
                app.add_js_file(f"live/{script}", loading_method="defer")


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.connect("html-page-context", load_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
