"""The arithmetic of a live figure, evaluated by a real browser."""

import html
import json
import re

import pytest

from tools.browser import chromium, run
from tools.live_stills import DATA, LIVE

browser = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine"),
]

_PAGE = """<!doctype html><meta charset="utf-8"><pre id="result"></pre>
<script>
window.rederived = {{ figure(name, maths) {{ window.maths = maths; }} }};
</script>
{scripts}
<script>
const given = {given};
let answer;
try {{
  answer = (function () {{ {program} }})();
}} catch (error) {{
  answer = {{ error: String(error) }};
}}
document.getElementById("result").textContent = JSON.stringify(answer);
</script>"""


def evaluate(name, program, given, folder):
    """Return what statements about ``maths`` of a figure and ``given`` return."""
    data = [DATA[name]] if name in DATA else []
    links = ((LIVE / f"{part}.js").as_uri() for part in (*data, name))
    tags = "\n".join(f'<script src="{link}"></script>' for link in links)
    text = _PAGE.format(scripts=tags, given=json.dumps(given), program=program)
    return result_of(text, folder)


def result_of(text, folder):
    """Open a page in the browser; return the JSON that it leaves in ``#result``."""
    page = folder / "page.html"
    page.write_text(text, encoding="utf-8")
    shown = run(page, "--dump-dom")
    found = re.search(r'<pre id="result">(.*?)</pre>', shown, re.DOTALL)
    assert found, shown[-2000:]
    answer = json.loads(html.unescape(found[1]))
    assert not (isinstance(answer, dict) and "error" in answer), answer
    return answer
