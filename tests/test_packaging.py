"""The wheel, which is what a hosted notebook installs, is whole."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from tools.files import ROOT

SOURCES = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "LICENSE-TEXT")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy, so that nothing built earlier can get into it."""
    pytest.importorskip("setuptools", minversion="77")
    copy = tmp_path_factory.mktemp("copy")
    for name in SOURCES:
        shutil.copy(ROOT / name, copy)
    unwanted = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in ("lib", "results"):
        shutil.copytree(ROOT / name, copy / name, ignore=unwanted)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel"]
    options = ["--no-deps", "--no-build-isolation", "--wheel-dir", str(copy / "dist")]
    built = subprocess.run(
        [*pip, *options, "."], cwd=copy, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    (found,) = (copy / "dist").glob("rederived-*.whl")
    return found


def below(folder: Path, *patterns: str) -> set[str]:
    """Return the files below a folder that match, relative to it."""
    found = (path for pattern in patterns for path in folder.rglob(pattern))
    return {path.relative_to(folder).as_posix() for path in found}


def test_the_wheel_holds_all_modules_sources_and_records(wheel: Path) -> None:
    library = below(
        ROOT / "lib" / "rederived", "*.py", "sources.yml", "plan.yml", "py.typed"
    )
    records = below(ROOT / "results", "record.json", "arrays.npz")
    wanted = {f"rederived/{name}" for name in library}
    wanted |= {f"rederived/recorded/{name}" for name in records}
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert wanted <= names
    others = {name for name in names - wanted if ".dist-info/" not in name}
    assert others == set()


SCRIPT = """
import json
from rederived.records import RunError, load_record, provenance, record_names
from rederived.records import records_root, writable_root
from rederived.study import study
try:
    writable_root()
except RunError as error:
    refusal = str(error)
print(json.dumps({
    "root": str(records_root()),
    "records": [load_record(name).name for name in record_names()],
    "sources": len(study("nice").reported().published["paper"]),
    "commit": provenance()["commit"],
    "refusal": refusal,
}))
"""


def test_the_installed_library_reads_its_records_and_writes_none(
    wheel: Path, tmp_path: Path
) -> None:
    with ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert found["root"] == str(tmp_path / "rederived" / "recorded")
    assert found["records"] == sorted(
        path.parent.name for path in (ROOT / "results").glob("*/record.json")
    )
    assert found["sources"] > 0
    assert found["commit"] == "unknown"
    assert "clone the repository" in found["refusal"]
