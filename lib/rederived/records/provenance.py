"""Where a number came from: commit, versions, machine, command."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

from rederived import __version__
from rederived.records.checkout import checkout

# torch takes seconds to load, and reading records needs none of it.
# ruff: noqa: PLC0415

Provenance = dict[str, str | bool | int]
"""A flat description of the code and the machine that produced a run."""


def provenance() -> Provenance:
    """Describe this process: code, versions, machine and command line."""
    import torch

    return {
        "rederived": __version__,
        "commit": commit(),
        "dirty": dirty(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "device": device_name(),
        "driver": str(torch.version.cuda or "none"),
        "threads": torch.get_num_threads(),
        "started": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "command": " ".join([_program(), *map(shlex.quote, sys.argv[1:])]),
    }


def commit() -> str:
    """Return the commit that the library's checkout is at, or ``unknown``."""
    return _git("rev-parse", "HEAD") or "unknown"


def dirty() -> bool:
    """Say whether a tracked file of the library's checkout has uncommitted changes.

    Or whether the library has a file that no commit holds.
    """
    status = ("status", "--porcelain")  # the user's own setting may hide new files
    changed = _git(*status, "--untracked-files=no")
    return bool(changed or _git(*status, "--untracked-files=all", "--", "lib"))


def device_name() -> str:
    """Return the name of the GPU, or of the processor."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    names = [
        line.split(":", 1)[1].strip()
        for line in _lines(Path("/proc/cpuinfo"))
        if line.startswith("model name")
    ]
    processor = names[0] if names else platform.processor() or platform.machine()
    return f"{processor}, {os.cpu_count() or 1} cores, {_instructions()}"


def _program() -> str:
    """Return what was called, for ``python -m`` the package instead of its file."""
    path = Path(sys.argv[0])
    return path.parent.name if path.name == "__main__.py" else path.name


def _instructions() -> str:
    """Return the vector instructions that torch computes with."""
    import torch

    return torch.backends.cpu.get_cpu_capability()


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def _git(*arguments: str) -> str:
    """Run git in the library's checkout; an empty answer where there is none."""
    root = checkout()
    if root is None:
        return ""
    # a hook's variables name another repository, and so may a folder around this one
    variables = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    variables["GIT_CEILING_DIRECTORIES"] = str(root.parent)
    try:
        result = subprocess.run(
            ["git", *arguments],
            cwd=root,
            env=variables,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return result.stdout.strip()
