"""Formulas as MathML, by the MathJax of the built site."""

from __future__ import annotations

import html as entities
import json
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.browser import run

_PAGE = """<!doctype html><meta charset="utf-8"><pre id="result"></pre>
<script>
window.MathJax = {{ options: {{ enableMenu: false }}, startup: {{
  typeset: false, ready() {{
  MathJax.startup.defaultReady();
  let done = Promise.resolve();
  const made = [];
  for (const [tex, display] of {given}) {{
    done = done.then(() => MathJax.tex2mmlPromise(tex, {{ display }}))
      .then((one) => made.push(one));
  }}
  done.then(
    () => {{ document.getElementById("result").textContent = JSON.stringify(made); }},
    (error) => {{ document.body.dataset.error = `${{error}} at ${{made.length}}`; }});
}} }} }};
</script>
<script src="{script}"></script>"""

_UNKNOWN = '<mtext mathcolor="red">'  # as MathJax shows a command it lacks

Formula = tuple[str, bool]
"""TeX, and whether it stands on its own line."""


def mathml(formulas: Sequence[Formula], script: Path) -> list[str]:
    """Return each formula as MathML.

    Args:
        formulas: to convert.
        script: MathJax, ``tex-chtml.js``.

    Raises:
        RuntimeError: if there is no Chromium, or MathJax does not understand one.
    """
    given = json.dumps(list(formulas)).replace("<", "\\u003c")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(_PAGE.format(given=given, script=script.as_uri()), "utf-8")
        shown = run(page, "--dump-dom")
    found = re.search(r'<pre id="result">(.*?)</pre>', shown, re.DOTALL)
    if found is None or not found[1]:
        raise RuntimeError(f"MathJax gave nothing: {shown[-500:]}")
    made: list[str] = json.loads(entities.unescape(found[1]))
    for (tex, _), one in zip(formulas, made, strict=True):
        if "<merror" in one or _UNKNOWN in one:
            raise RuntimeError(f"MathJax does not understand {tex!r}")
    return made
