"""The models' diagrams: well formed, within their frames, readable in both modes."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from tools.diagrams import diagrams, sketch
from tools.files import BOOK

SVG = "{http://www.w3.org/2000/svg}"
MADE = diagrams()


def parts(name, tag):
    """Attributes of what stands in the drawing itself: a picture in it is clipped."""
    root = ElementTree.fromstring(MADE[name])
    for picture in root.findall(f"{SVG}svg"):
        root.remove(picture)
    return [dict(one.attrib) for one in root.iter(tag)]


def numbers(text):
    return [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?", text)]


def frame(name):
    return numbers(ElementTree.fromstring(MADE[name]).get("viewBox"))[2:]


@pytest.mark.parametrize("name", MADE)
def test_nothing_but_words_can_leave_the_frame(name):
    width, height = frame(name)
    for box in parts(name, f"{SVG}rect"):
        assert 0 <= float(box.get("x", 0)) <= width - float(box["width"])
        assert 0 <= float(box.get("y", 0)) <= height - float(box["height"])
    for path in parts(name, f"{SVG}path"):
        places = np.reshape(numbers(path["d"]), (-1, 2))
        assert (places >= 0).all()
        assert (places <= [width, height]).all()


@pytest.mark.parametrize("name", MADE)
def test_words_are_large_enough_and_start_within(name):
    width, height = frame(name)
    texts = parts(name, f"{SVG}text")
    assert len(texts) >= 8
    for text in texts:
        assert float(text["font-size"]) * 520 / width >= 9  # pixels on a phone
        assert 0 < float(text["x"]) < width
        assert 0 < float(text["y"]) < height


@pytest.mark.parametrize("name", MADE)
def test_a_page_shows_the_diagram_with_words_for_it(name):
    pages = [path.read_text(encoding="utf-8") for path in BOOK.glob("0*.md")]
    found = [
        block
        for page in pages
        for block in re.findall(r"```\{figure\} (.*?)```", page, re.DOTALL)
        if block.startswith(f"_static/diagrams/{name}")
    ]
    (block,) = found
    assert re.search(r":alt: \S.{40,}", block)


def test_an_arrow_ends_at_its_point_and_its_head_looks_back():
    drawn = sketch.Sketch(100, 100)
    drawn.arrow((10, 50), (80, 50), kind="loss", dashed=True)
    line, head = ElementTree.fromstring(drawn.svg()).findall(f"{SVG}path")
    assert line.get("d") == "M10 50L80 50"
    assert line.get("stroke-dasharray")
    tip, *corners = np.reshape(numbers(head.get("d")), (-1, 2))
    assert tip.tolist() == [80, 50]
    assert all(corner[0] < 80 for corner in corners)
    assert np.mean(corners, axis=0)[1] == 50


def test_words_are_text_and_mathematics_is_slanted():
    drawn = sketch.Sketch(100, 100)
    drawn.box((50, 50), (40, 20), "a < *x*", "two")
    first, second = ElementTree.fromstring(drawn.svg()).findall(f"{SVG}text")
    assert "".join(first.itertext()) == "a < x"
    assert first.find(f"{SVG}tspan").get("font-style") == "italic"
    assert float(second.get("y")) > float(first.get("y"))
