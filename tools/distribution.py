"""Build what an index of packages takes: ``python -m tools.distribution``.

The sdist is made of the files that git knows, the wheel of the sdist, so that neither
holds what lies about and both hold all that a build needs.  ``dist/SHA256SUMS`` lists
them.  A tag that is being published must name the version.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tools.files import ROOT, write

DIST = ROOT / "dist"
BUILD = "import sys; from setuptools import build_meta; build_meta.{0}(sys.argv[1])"


def tracked(root: Path) -> list[str]:
    """The files that git knows, relative to the root."""
    command = ["git", "-C", str(root), "ls-files", "-z"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.rstrip("\0").split("\0")


def sdist(root: Path, target: Path) -> Path:
    """Build the source distribution from a copy of the tracked files."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in tracked(root):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, copy / name)
        return _build("build_sdist", copy, target)


def wheel(source: Path, target: Path) -> Path:
    """Build the wheel from a source distribution, as one who installs it would."""
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(source) as archive:
            archive.extractall(folder, filter="data")
        (unpacked,) = Path(folder).iterdir()
        return _build("build_wheel", unpacked, target)


def checksums(paths: list[Path]) -> str:
    """Return a line a file, as ``sha256sum --check`` reads them."""
    lines = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}" for p in paths]
    return "\n".join([*sorted(lines, key=lambda line: line[64:]), ""])


def mismatch(source: Path, environment: Mapping[str, str] = os.environ) -> str | None:
    """Say what is wrong if the tag being published names another version."""
    if environment.get("GITHUB_REF_TYPE") != "tag":
        return None
    tag = environment["GITHUB_REF_NAME"]
    version = source.name.removesuffix(".tar.gz").split("-")[1]
    if tag == f"v{version}":
        return None
    return f"the tag is {tag}, but pyproject.toml has the version {version}"


def _build(hook: str, folder: Path, target: Path) -> Path:
    """Call a hook of the build backend in a folder; the file that it made."""
    target.mkdir(exist_ok=True)
    known = set(target.iterdir())
    done = subprocess.run(
        [sys.executable, "-c", BUILD.format(hook), str(target)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    (made,) = set(target.iterdir()) - known
    return made


def main() -> None:
    """Build both anew and write their checksums."""
    shutil.rmtree(DIST, ignore_errors=True)
    source = sdist(ROOT, DIST)
    if problem := mismatch(source):
        sys.exit(problem)
    made = [source, wheel(source, DIST)]
    write(DIST / "SHA256SUMS", checksums(made))
    for path in made:
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
