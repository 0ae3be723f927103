"""The first code cell of a published notebook: fetch the library and look at it."""

from __future__ import annotations

from importlib.metadata import version

from tools.address import Address

_CELL = """\
# On a hosted notebook: fetch the library, leaving torch and numpy alone.
import importlib
import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys

INSTALL = {install!r}
COMMIT = {commit!r}
VERSION = {version!r}

source = os.environ.get("REDERIVED_INSTALL", INSTALL)
if importlib.util.find_spec("rederived") is None:
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps"]
    done = subprocess.run([*command, source], capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr.strip() or "no reason given").splitlines()[-1]
        sys.exit(f"pip could not install {{source}}: {{reason}}")
    importlib.invalidate_caches()
try:
    importlib.import_module("rederived.claims")
    found = importlib.metadata.distribution("rederived")
except ImportError as error:
    sys.exit(f"The package rederived found here is not this book's: {{error}}")
if found.version != VERSION:
    sys.exit(f"This notebook needs rederived {{VERSION}}, found {{found.version}}.")
origin = json.loads(found.read_text("direct_url.json") or "{{}}")
commit = origin.get("vcs_info", {{}}).get("commit_id", COMMIT)
if source == INSTALL and not commit.startswith(COMMIT):
    sys.exit(f"This notebook needs rederived at {{COMMIT}}, found {{commit}}.")
"""


def first_cell(place: Address) -> str:
    """Return the cell that installs the library from an address, if it is not there.

    It stops with one line if pip fails, if the package found is another one, or if it
    has another version or, where pip knows that, another commit.
    """
    cell = _CELL.format(
        install=place.install, commit=place.revision, version=version("rederived")
    )
    return cell.rstrip()
