"""A progress bar where a person is watching, and silence everywhere else."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec

from tqdm import tqdm


def watched() -> bool:
    """Say whether a person is watching: a terminal, or a notebook not under test.

    ``REDERIVED_PROGRESS=off`` silences the bar; so does pytest, whose kernels inherit
    ``PYTEST_VERSION``, because a bar's text would count as output of the cell.
    """
    if os.environ.get("REDERIVED_PROGRESS") == "off" or "PYTEST_VERSION" in os.environ:
        return False
    return _in_notebook() or sys.stderr.isatty()


def bar(total: int, start: int, label: str) -> tqdm:
    """Return a progress bar over steps; the caller updates and closes it.

    Args:
        total: steps of the whole run.
        start: steps already taken.
        label: what is being trained.
    """
    if _in_notebook() and find_spec("ipywidgets") is not None:
        from tqdm.notebook import tqdm as notebook_bar  # noqa: PLC0415

        kind = notebook_bar
    else:
        kind = tqdm
    return kind(total=total, initial=start, desc=label, disable=not watched())


def _in_notebook() -> bool:
    """Say whether this process is a notebook's kernel."""
    return "ipykernel" in sys.modules and "IPython" in sys.modules
