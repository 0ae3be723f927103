"""Chromium, which draws, typesets and prints what is written for a browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

VARIABLE = "REDERIVED_CHROMIUM"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def chromium() -> str | None:
    """Return the path of a Chromium, if there is one; the variable names another."""
    given = os.environ.get(VARIABLE)
    return given or next(filter(None, map(shutil.which, _NAMES)), None)


def run(page: Path, *options: str, seconds: int = 600) -> str:
    """Open a page with the network cut; return what the browser prints.

    Args:
        page: of this machine.
        options: of Chromium, which say what it does with the page.
        seconds: of the page's own clock, within which its scripts must be done.

    Raises:
        RuntimeError: if there is no Chromium, or it fails.
    """
    browser = chromium()
    if browser is None:
        raise RuntimeError(
            f"no Chromium on this machine: install it, or name one in {VARIABLE}"
        )
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu"),
            *("--allow-file-access-from-files", f"--user-data-dir={folder}"),
            *("--host-resolver-rules=MAP * ~NOTFOUND", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update"),
            *("--force-prefers-reduced-motion", "--disable-sync"),
            *(f"--virtual-time-budget={seconds * 1000}", *options, page.as_uri()),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"Chromium failed on {page}: {done.stderr[-500:]}")
    return done.stdout
