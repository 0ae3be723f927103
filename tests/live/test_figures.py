"""Every live figure as a reader uses it: on a page, by keyboard, mouse and touch."""

import re
from pathlib import Path

import pytest
from live_page import browser, result_of

from tools import live_numbers
from tools.files import BOOK
from tools.live_stills import DATA, FIGURES, LIVE, script_tags, scripts, still

LIMIT = 20_000  # bytes of script on a page, the kit and the recorded numbers included
DATA_LIMIT = 30_000  # and of what it computes with
HANDLES = {"mixing": 3, "simplex": 2, "flow": 2, "valley": 1}
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")

_PAGE = """<!doctype html><meta charset="utf-8">
<link rel="stylesheet" href="{folder}/kit.css">
<figure id="{figure}"><img id="still" alt="a still"></figure>
<pre id="result"></pre>
<script>
const errors = [];
window.addEventListener("error", (event) => errors.push(event.message));
</script>
{scripts}
<script src="{use}"></script>"""


@pytest.fixture(scope="module", params=sorted(FIGURES))
def used(request, tmp_path_factory):
    """The name of a figure, and what was seen while it was used."""
    name = request.param
    page = _PAGE.format(
        scripts=script_tags(name),
        figure=FIGURES[name],
        folder=LIVE.as_uri(),
        use=(Path(__file__).parent / "use.js").as_uri(),
    )
    return name, result_of(page, tmp_path_factory.mktemp(name))


class TestUse:
    pytestmark = browser

    def test_it_stands_in_the_place_of_its_still(self, used):
        _, found = used
        assert found["first"]
        assert found["still"] == "none"
        assert found["errors"] == []

    def test_every_control_has_a_name_and_a_size_and_an_effect(self, used):
        name, found = used
        assert found["unnamed"] == found["small"] == 0
        assert len(found["controls"]) >= 2
        for label, changed, text, broken in found["controls"]:
            assert label
            assert changed, (name, label)
            assert text is not None
            assert not broken, (name, label)

    def test_the_answer_comes_after_the_guess_and_is_the_record(self, used):
        name, found = used
        assert (name in live_numbers.GUESSES) == ("asked" in found)
        if name not in live_numbers.GUESSES:
            return
        recorded = live_numbers.numbers(live_numbers.GUESSES[name])
        assert "95 % interval" not in found["asked"]
        told = _NUMBER.findall(found["said"].split("Your")[0])
        unit = 0.6 * 10.0 ** -len(told[0].partition(".")[2])
        mean, seeds, _, low, high = (float(n) for n in told)
        assert [mean, low, high] == pytest.approx(
            [recorded["mean"], recorded["low"], recorded["high"]], abs=unit
        )
        assert seeds == len(recorded["seeds"])
        assert "outside" in found["said"]
        assert found["focused"] == "status"

    def test_a_cell_moves_by_key_and_by_touch(self, used):
        name, found = used
        if name == "table":
            start, most, less, dragged = found["cells"]
            assert [most, less] == [99, 98]
            assert dragged == pytest.approx(98 - 40)
            assert found["kept"] == [True, False]  # sideways; upwards the page scrolls
            assert start != most
        else:
            assert found["cells"] == []

    def test_a_point_moves_by_key_and_by_touch_until_it_is_let_go(self, used):
        name, found = used
        assert len(found["handles"]) == HANDLES.get(name, 0)
        for label, touch, (start, left, down, dragged, released), broken in found[
            "handles"
        ]:
            assert label
            assert touch  # else a drag scrolls the page
            assert len({start, left, down, dragged}) == 4, (name, label)
            assert released == dragged
            assert not broken

    def test_the_still_is_what_the_figure_shows_at_its_start(self, used):
        name, _ = used
        stored = (LIVE / f"{name}.svg").read_text(encoding="utf-8")
        drawn = still(name)
        assert _NUMBER.sub("#", stored) == _NUMBER.sub("#", drawn)
        numbers = (
            [float(n) for n in _NUMBER.findall(text)] for text in (stored, drawn)
        )
        assert next(numbers) == pytest.approx(next(numbers), abs=0.2)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_small(name):
    sizes = {part: (LIVE / part).stat().st_size for part in scripts(name)}
    data = sizes.pop(f"{DATA.get(name)}.js", 0)
    assert sum(sizes.values()) < LIMIT
    assert data < DATA_LIMIT


def test_the_recorded_numbers_are_those_of_the_records():
    assert live_numbers.PAGE.read_text(encoding="utf-8") == live_numbers.script(), (
        "run `python -m tools.live_numbers`"
    )


def test_every_figure_stands_on_one_page():
    pages = [path.read_text(encoding="utf-8") for path in BOOK.glob("[0-9][0-9]-*.md")]
    for name, label in FIGURES.items():
        block = f"```{{figure}} _static/live/{name}.svg\n:name: {label}\n:alt: "
        assert sum(page.count(block) for page in pages) == 1, name
