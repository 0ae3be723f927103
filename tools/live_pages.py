"""A Sphinx extension: the scripts of a live figure on the page with that figure only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tools.live_stills import FIGURES

if TYPE_CHECKING:
    from docutils.nodes import document
    from sphinx.application import Sphinx


def load_scripts(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: document | None,
) -> None:
    """Add kit, recorded numbers and figure where the page has a figure's label."""
    labels = set() if doctree is None else set(doctree.ids)
    for name, label in FIGURES.items():
        if label in labels:
            app.add_css_file("live/kit.css")
            for script in ("kit", "recorded", name):
                app.add_js_file(f"live/{script}.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.connect("html-page-context", load_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
