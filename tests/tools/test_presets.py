"""Presets that a page names exist in a study of its chapter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rederived.study import studies_of

from tools.files import chapters

CODE = re.compile(r"^```\{code-cell\}.*?^```$", re.MULTILINE | re.DOTALL)
SENTENCE = re.compile(r"\bpresets?\b(.*?)(?:[.;](?=\s)|\n\n|\Z)", re.DOTALL)
NAME = re.compile(r"`([a-z0-9.]+(?:-[a-z0-9.]+)*)`")
OPTION = re.compile(r"--preset ([a-z0-9.-]+)")


def named_presets(text: str) -> list[str]:
    """Return the names in backticks between "preset(s)" and the end of a sentence.

    Args:
        text: a page; its code cells do not count, commands in its text do.
    """
    prose = CODE.sub("", text)
    found = [
        name for rest in SENTENCE.findall(prose) for name in NAME.findall(str(rest))
    ]
    return found + OPTION.findall(prose)


def test_names_are_found_in_sentences_and_in_commands() -> None:
    text = (
        "The presets `a-1` (one), `b` and\n`c-0.5` decide. Not `d`.\n\n"
        "Run `rederived run x --preset e-2`; the preset is `f`, and no `X`.\n"
        "```{code-cell} ipython3\n# preset `g`.\n```\n"
    )
    assert named_presets(text) == ["a-1", "b", "c-0.5", "f", "e-2"]


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
def test_a_preset_that_a_page_names_exists(path: Path) -> None:
    known = {
        preset
        for study in studies_of(path.stem[:2])
        for profile in ("quick", "full")
        for preset in study.presets(profile)
    }
    page = path.with_suffix(".md").read_text(encoding="utf-8")
    assert set(named_presets(page)) <= known
