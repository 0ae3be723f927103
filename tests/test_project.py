"""The project holds together: address, versions, pins, commands."""

import os
import re
import sys
from itertools import chain

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.files import ROOT, chapters

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]
CONDA_NAMES = {"pytorch": "torch"}


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def text_files():
    """Every text file of the project that a reader may meet."""
    folders = ("book", "lib", "tools", "tests", "benchmarks", "results", ".github")
    ends = {".md", ".ipynb", ".yml", ".py", ".toml", ".cff", ".txt", ".json"}
    paths = chain(ROOT.iterdir(), *((ROOT / folder).rglob("*") for folder in folders))
    return [path for path in paths if path.is_file() and path.suffix in ends]


def requirements(groups):
    """Name -> specifier of the dependencies and the groups given."""
    extras = PROJECT["optional-dependencies"]
    entries = chain(PROJECT["dependencies"], *(extras[group] for group in groups))
    parsed = map(Requirement, entries)
    return {canonicalize_name(entry.name): entry.specifier for entry in parsed}


def pins():
    """The lines of constraints.txt that apply to this Python."""
    lines = [line for line in read("constraints.txt").splitlines() if line[0] != "#"]
    parsed = [Requirement(line) for line in lines]
    kept = [entry for entry in parsed if not entry.marker or entry.marker.evaluate()]
    return {canonicalize_name(entry.name): entry for entry in kept}


def test_no_public_address_stands_in_the_tree():
    names = (
        r"(?:https?://|git@)[\w.-]+[/:][\w.-]+/rederived?(?![\w-])|rederive/re[d]erive"
    )
    found = {
        (path.name, match)
        for path in text_files()
        for match in re.findall(names, path.read_text(encoding="utf-8"))
    }
    assert found == set()


@pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)
def test_a_chapter_installs_the_library_alone_and_names_no_address(path):
    text = path.with_suffix(".md").read_text(encoding="utf-8")
    first = text.split("```{code-cell}")[1]
    assert first.count('INSTALL = ""') == 1
    assert '"REDERIVED_INSTALL"' in first
    assert "--no-deps" in first
    assert "://" not in first


def test_citation_and_package_have_one_version():
    citation = yaml.safe_load(read("CITATION.cff"))
    assert citation["version"] == PROJECT["version"]
    assert citation["cff-version"] == "1.2.0"


def test_the_conda_environment_is_the_same_set():
    entries = yaml.safe_load(read("environment.yml"))["dependencies"]
    listed = [entry for entry in entries if isinstance(entry, str)]
    listed += next(entry["pip"] for entry in entries if isinstance(entry, dict))
    parsed = [Requirement(e) for e in listed if not e.startswith("--editable")]
    found = {
        canonicalize_name(CONDA_NAMES.get(entry.name, entry.name)): entry.specifier
        for entry in parsed
    }
    del found["pip"]
    assert str(found.pop("python")) == PROJECT["requires-python"]
    groups = set(PROJECT["optional-dependencies"]) - {"mixup"}  # timm, without deps
    assert found == requirements(groups)


def test_every_dependency_is_pinned_within_its_bounds():
    pinned = pins()
    wanted = requirements(PROJECT["optional-dependencies"])
    for name, specifier in wanted.items():
        (pin,) = pinned[name].specifier
        assert pin.operator == "=="
        assert specifier.contains(pin.version), name


def test_the_pins_are_exact_and_stand_once():
    lines = [line for line in read("constraints.txt").splitlines() if line[0] != "#"]
    for line in lines:
        assert re.fullmatch(r"[\w.-]+==[\w.]+(; python\w* (<|>=) \"[\d.]+\")?", line)
    assert len(set(lines)) == len(lines)


def test_dependencies_have_lower_bounds_only():
    bounded = {"jupyter-book"}  # 2.x is another program
    for name, specifier in requirements(PROJECT["optional-dependencies"]).items():
        operators = {entry.operator for entry in specifier}
        assert operators == ({">=", "<"} if name in bounded else {">="}), name


def test_make_help_lists_every_command():
    text = read("Makefile")
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)[1].split()
    described = re.findall(r"^([a-z]+):.*## ", text, re.MULTILINE)
    assert sorted(phony) == sorted(described)


def test_make_calls_the_command_by_its_name():
    called = set(re.findall(r"\$\(BIN\)/(red\w*)", read("Makefile")))
    assert called == set(PROJECT["scripts"])


def test_the_continuous_check_can_be_run_and_names_no_place():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert not re.search(r'(?<![\w.}")])/(?!usr/bin/env|dev/null)\w', read(".ci/run"))
