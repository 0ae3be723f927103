"""Run a chapter's cells in this process and note which claims fail."""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import IO, Any

_FAILED = re.compile(r"claim ([0-9]+\.[0-9]+) fails")


def run_notebook(path: Path, wanted: Collection[str]) -> dict[str, str]:
    """Run the code cells in order, statement by statement, and go on after errors.

    Figures are made, and one pixel is written of each: no check looks at their bytes.

    Args:
        path: the notebook.
        wanted: claims; the run ends as soon as all of them have failed.  Without any,
            every cell runs.

    Returns:
        For each claim that failed its first message; under ``cell N`` what else was
        raised there.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - of this process
    from rederived.claims import ClaimFailed  # noqa: PLC0415 - of the broken copy

    Figure.savefig = _save_pixel  # type: ignore[method-assign, assignment]
    os.chdir(path.parent)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    failures: dict[str, str] = {}
    for number, source in enumerate(code_cells(path)):
        for statement in ast.parse(source).body:
            program = ast.Module([statement], type_ignores=[])
            try:
                exec(compile(program, f"cell {number}", "exec"), namespace)
            except ClaimFailed as error:
                found = _FAILED.search(str(error))
                assert found is not None
                failures.setdefault(found.group(1), str(error))
                if wanted and failures.keys() >= set(wanted):
                    return failures
            except Exception as error:
                message = f"{type(error).__name__}: {error}"
                failures.setdefault(f"cell {number}", message)
    return failures


def _save_pixel(_figure: object, target: IO[bytes], **_settings: object) -> None:
    """Write a picture of one pixel in place of a figure."""
    from PIL import Image  # noqa: PLC0415 - of this process

    Image.new("RGB", (1, 1)).save(target, "PNG")


def code_cells(path: Path) -> list[str]:
    """Return the sources of the code cells, without the lines that are magics."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    return [
        "\n".join(line for line in text.splitlines() if not line.startswith(("%", "!")))
        for text in sources
    ]
