"""Quoted code is what the named function has, without its docstring."""

import pytest

from tools.excerpts import renewed, statements, unmarked

SOURCE = '''\
class A:
    def f(self, x):
        """Text."""
        y = x + 1  # kept
        if y:
            y += 1
        return y


def g():
    return 1
'''
PAGE = "Before\n\n<!-- source: a.py {} -->\n\n```python\nold\n```\n\nAfter\n"


@pytest.fixture
def library(tmp_path):
    (tmp_path / "a.py").write_text(SOURCE, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("g", "return 1\n"),
        ("A.f", "y = x + 1  # kept\nif y:\n    y += 1\nreturn y\n"),
        ("A.f[-1:]", "return y\n"),
        ("A.f[1:2]", "if y:\n    y += 1\n"),
        ("A.f[:1]", "y = x + 1  # kept\n"),
    ],
)
def test_a_marked_block_is_filled(library, name, code):
    page = PAGE.format(name)
    assert renewed(page, library) == page.replace("old\n", code)
    assert renewed(renewed(page, library), library) == renewed(page, library)


def test_a_block_without_a_mark_is_left_alone_and_found(library):
    page = "Text\n\n```python\nx = 1\n```\n"
    assert renewed(page, library) == page
    assert unmarked(page) == ["x = 1\n"]
    assert unmarked(PAGE.format("g")) == []


@pytest.mark.parametrize("name", ["h", "A.g", "B.f"])
def test_an_unknown_function_is_named(library, name):
    with pytest.raises(ValueError, match=f"a.py has no {name}"):
        statements(library / "a.py", name)


def test_statements_that_are_not_there_are_refused(library):
    with pytest.raises(ValueError, match="no statements"):
        statements(library / "a.py", "g", 5)
