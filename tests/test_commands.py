"""Every command that README, how-to-run and CONTRIBUTING show can be given.

Each block and each command in the text runs in a shell whose programs only write down
how they were called; ``make`` is the real one, so the calls of its recipes are written
down too.  Every call is then judged: the command line of the library really takes it,
short of training and loading, and a tool is one that another test or CI really runs.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import torch
from packaging.requirements import Requirement
from rederived import cli, datasets, plan
from rederived.datasets import title_pages
from rederived.records import Run, as_dict
from rederived.study import study
from typer.testing import CliRunner

from tools.files import ROOT

TEXTS = ("README.md", "CONTRIBUTING.md", "book/how-to-run.md")
PROGRAMS = ("rederived", "python", "pip", "pytest", "ruff", "mypy")
LAUNCHERS = ("torchrun", "accelerate")

SPANS = {
    "python": None,  # a name, no command
    "rederived": None,
    "torchrun": None,
    "accelerate launch": None,
    "make full CHAPTER=9": "make full CHAPTER=3",
    "rederived record": "rederived record nice",
    "rederived run ninth": "rederived run nice",
    "rederived show NAME": "rederived show nice-modern",
    "rederived title FILE": "rederived title text.txt",
}
"""Commands in the text that stand for others, or for none."""

TEXT = "今天上海多云，最高气温二十六度。"

RUN_BY = {
    "tools.breaks": (".ci/run", "make breaks"),
    "tools.build": (".ci/run", "make book"),
    "tools.chapter": ("tests/tools/test_chapter.py", '"tools.chapter"'),
    "tools.distribution": (".github/workflows/publish.yml", "make dist"),
    "tools.edition": (".ci/editions", "make pdf"),
    "tools.excerpts": ("tests/tools/test_excerpts.py", "from tools.excerpts import"),
    "tools.execute": ("tests/tools/test_chapter.py", '"tools.execute"'),
    "tools.links": (".github/workflows/weekly.yml", "make links"),
    "tools.mutants": ("tests/tools/test_mutants.py", "import mutant_jobs, mutants"),
    "tools.recheck": ("tests/tools/test_recheck.py", "from tools import recheck"),
    "tools.pages": ("tests/tools/test_chapter.py", '"tools.pages"'),
    "tools.pairs": ("tests/tools/test_chapter.py", '"tools.pairs"'),
    "tools.plain": (".github/workflows/publish.yml", "make notebooks"),
    "tools.publish": (".github/workflows/publish.yml", "make site"),
    "benchmarks": ("tests/test_benchmarks.py", "from benchmarks"),
    "pip": (".ci/run", "make book"),
    "pytest": (".ci/run", "make test"),
}
"""Where it is really run; what publish.yml does, tests/tools/test_publish.py does."""


def blocks() -> list[tuple[str, str]]:
    """Return the shell blocks of the texts, with a name for each."""
    found = []
    for name in TEXTS:
        text = (ROOT / name).read_text(encoding="utf-8")
        fences = re.findall(r"^```(?:ba)?sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
        found += [(f"{name}, {i}", block) for i, block in enumerate(fences, 1)]
    return found


def spans() -> list[str]:
    """Return the commands within the sentences of the texts."""
    starts = r"make|rederived|python3?|pip|pytest|torchrun|accelerate|jupyter|\.ci/"
    found = set()
    for name in TEXTS:
        text = (ROOT / name).read_text(encoding="utf-8")
        text = re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE)
        for span in re.findall(rf"(?<!`)`((?:{starts})(?![\w.])[^`]*)`(?!`)", text):
            found.add(" ".join(span.split()))
    return sorted(found)


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return what runs a command in a shell and lists the calls that it made."""
    bin_, log, place = tmp_path / "bin", tmp_path / "calls", tmp_path / "place"
    place.mkdir()
    for name in ("Makefile", "constraints.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, place)
    (place / "text.txt").write_text(TEXT, encoding="utf-8")
    monkeypatch.chdir(place)
    bin_.mkdir()
    for name in (*PROGRAMS, *LAUNCHERS):
        (bin_ / name).write_text(
            '#!/bin/sh\nline=$(printf "%s" "${0##*/}"; printf "\\t%s" "$@")\n'
            f'printf "%s\\n" "$line" >>{log}\n'  # one write: some run side by side
        )
    (bin_ / "make").write_text(
        f"#!/bin/sh\nexec {shutil.which('make')} --no-print-directory "
        f'BIN={bin_} STAMP={bin_}/make "$@"\n'
    )
    for program in bin_.iterdir():
        program.chmod(0o755)

    def run(command: str) -> list[list[str]]:
        log.unlink(missing_ok=True)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            env={**os.environ, "PATH": f"{bin_}{os.pathsep}{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        if not log.exists():
            return []
        return [line.split("\t") for line in log.read_text().splitlines()]

    return run


@pytest.fixture
def quick(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command line check what it is asked, and train and load nothing."""

    def found(name: str, preset: str, profile: str, seed: int = 0) -> Run:
        config = study(name).config(preset, profile)
        identity = study(name).identity(config)
        return Run(name, preset, seed, identity, as_dict(config), {}, [], [], {})

    def verified(name: str, split: str) -> str:
        assert split in {e.name: e.rows for e in datasets.describe()}[name]
        return name

    def loaded(name: str, split: str) -> datasets.Images | datasets.Pairs:
        source = datasets.Source(verified(name, split), split, "nowhere", "0" * 64)
        if any(one.kind == "texts" for one in datasets.describe() if one.name == name):
            return datasets.Pairs(("上海多云",), (TEXT,), source)
        pixels = torch.zeros(2, 3, 4, 4, dtype=torch.uint8)
        return datasets.Images(pixels, torch.zeros(2, dtype=torch.int64), 256, source)

    monkeypatch.setattr(plan, "run_jobs", lambda *jobs, **options: iter(()))
    monkeypatch.setattr(title_pages, "write_corpus", lambda *asked: [])
    monkeypatch.setattr(datasets, "load", loaded)
    monkeypatch.setattr(cli, "run_or_load", found)
    monkeypatch.setattr(cli, "_finished", lambda one, *asked: [found(one.name, *asked)])
    monkeypatch.setattr(cli, "_record", lambda *asked: Path("record"))
    monkeypatch.setattr(datasets, "verify", verified)


def judge(call: list[str]) -> None:
    """Check that a call is one that the program takes."""
    program, *arguments = call
    if program in LAUNCHERS:
        start = arguments.index("-m")
        program, *arguments = arguments[start + 1 :]
    if program == "python":
        assert arguments[0] == "-m", call
        assert arguments[1] in RUN_BY, call
    elif program == "pip":
        assert arguments[0] == "install", call
        wanted = next(one for one in arguments if one.startswith("."))
        project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
        for extra in Requirement(f"rederived{wanted[1:]}").extras:
            assert re.search(rf"^{extra} = \[", project, re.MULTILINE), call
    elif program == "rederived":
        result = CliRunner().invoke(cli.app, arguments)
        assert result.exit_code == 0, (call, result.output, result.exception)
    else:
        assert program in {"pytest", "ruff", "mypy"}, call


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("block", [pytest.param(b, id=name) for name, b in blocks()])
def test_a_block_of_commands_can_be_given(block, calls):
    made = calls(block)
    assert made
    for call in made:
        judge(call)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("span", spans())
def test_a_command_in_a_sentence_can_be_given(span, calls):
    command = SPANS.get(span, span)
    if command is None:
        return
    if command.startswith(".ci/"):
        assert os.access(ROOT / command, os.X_OK)
        return
    for call in calls(command):
        judge(call)


def test_the_texts_show_commands():
    assert len(blocks()) >= 8
    assert set(SPANS) <= set(spans())


@pytest.mark.parametrize(("place", "words"), RUN_BY.values(), ids=RUN_BY)
def test_what_commands_call_is_really_run_somewhere(place, words):
    assert words in (ROOT / place).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "wrong",
    [
        "rederived run nice --profile full --preset nonesuch",
        "rederived data mnist --split nonesuch",
        "rederived nonesuch",
        "python -m tools.nonesuch",
        "torchrun --nproc-per-node 2 -m rederived run nonesuch",
        'pip install -e ".[nonesuch]"',
    ],
)
@pytest.mark.usefixtures("quick")
def test_a_wrong_command_is_noticed(wrong, calls):
    (call,) = calls(wrong)
    with pytest.raises((AssertionError, KeyError)):
        judge(call)


def test_an_unknown_target_is_noticed(calls):
    with pytest.raises(AssertionError, match="nonesuch"):
        calls("make nonesuch")
