"""A chapter laid down from the template passes what every chapter must pass."""

import os
import shutil
import subprocess
import sys

import pytest

from tools.chapter import lay_down
from tools.files import ROOT, chapters

LEFT = (".git", ".venv", "_build", "build", "runs", "results", "__pycache__", "*cache")
NUMBER = f"{len(chapters()) + 1:02d}"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project with one chapter more, run and with its pages renewed."""
    root = tmp_path_factory.mktemp("project") / "copy"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(*LEFT))
    (root / "results").symlink_to(ROOT / "results")
    call(root, "-m", "tools.chapter", "extra")
    call(root, "-m", "tools.execute", NUMBER)
    call(root, "-m", "tools.pages")
    return root


def call(root, *arguments):
    """Run Python in the copy; what it prints."""
    paths = os.pathsep.join((str(root / "lib"), str(root)))
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=root,
        env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_its_pair_agrees(project):
    call(project, "-m", "tools.pairs", "check")


def test_the_book_holds_together_with_it(project):
    options = ("-q", "-p", "no:cacheprovider", "--no-header")
    words = (
        f"{NUMBER} or {int(NUMBER)}.1 or extra or toc or table or generated or every"
    )
    out = call(
        project, "-m", "pytest", *options, "-k", words, "tests/test_book.py",
        "tests/tools/test_breaks.py", "tests/test_project.py",
    )  # fmt: skip
    assert " passed" in out


def test_its_claim_fails_under_its_break(project):
    assert "1 breaks caught, 0 failures" in call(
        project, "-m", "tools.breaks", f"{int(NUMBER)}.1"
    )


def test_its_study_is_found_and_runs(project):
    done = "from rederived.study import run_study as run; print(run(*{}).metrics)"
    arguments = ("extra", "images", "quick")
    assert "spread" in call(project, "-c", done.format(arguments))


def test_front_page_and_readme_list_it(project):
    for name in ("README.md", "book/index.md"):
        assert f"{NUMBER}-extra" in (project / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["Ninth", "a-b", "", "nice"])
def test_a_wrong_name_is_refused_and_nothing_made(name):
    before = sorted((ROOT / "book").iterdir())
    with pytest.raises(ValueError, match=r"name is lower-case|already"):
        lay_down(name)
    assert sorted((ROOT / "book").iterdir()) == before
