"""Run a chapter's notebook anew and store its outputs: ``python -m tools.execute 03``.

The text is carried over first, so the notebook that runs is the text's.
"""

import argparse
import os
import sys
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tools.files import BOOK, ROOT, chapter, write
from tools.ledger import fallout, read_ledger
from tools.pairs import LANGUAGE, merged, save

ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",  # the sums of float32 products depend on it
    "REDERIVED_PROFILE": "quick",
    "REDERIVED_PROGRESS": "off",  # stored bars render as stacked boxes
}
"""What stored outputs and the site are computed under."""

QUIET = 'c.IPKernelApp.log_level = "ERROR"\n'
"""IPython's settings for the kernels: no warning of a transport that stays here."""

TIMEOUT = 600
"""Seconds that one cell may run."""


def prepare() -> None:
    """Set the environment of the kernels, with none of the reader's own settings."""
    folder = ROOT / "_build" / ".ipython" / "profile_default"
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "ipython_kernel_config.py", QUIET)
    os.environ.update({**ENVIRONMENT, "IPYTHONDIR": str(folder.parent)})


def run(notebook: Path) -> None:
    """Run all cells in order in a fresh kernel; nothing is written if one fails.

    Raises:
        CellExecutionError: if one does.  If it is a check, the claims that rest on its
            claim are printed first.
    """
    content = merged(notebook.with_suffix(".md"), notebook)
    client = NotebookClient(
        content,
        timeout=TIMEOUT,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(BOOK)}},
    )
    try:
        client.execute()
    except CellExecutionError as error:
        for line in fallout(str(error), read_ledger()):
            print(line, file=sys.stderr)
        raise
    content.metadata["language_info"] = dict(LANGUAGE)  # without Python's version
    save(notebook, content)


def main() -> None:
    """Run the chapters named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("numbers", nargs="+", metavar="CHAPTER", help="as in 03")
    prepare()
    numbers = parser.parse_args().numbers
    try:
        notebooks = [chapter(number) for number in numbers]
    except ValueError as error:
        parser.error(str(error))
    for notebook in notebooks:
        print(f"running {notebook.stem}", flush=True)
        run(notebook)


if __name__ == "__main__":
    main()
