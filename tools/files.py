"""Where things stand in the project, and how files are written."""

import os
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "book"
RESULTS = ROOT / "results"
CHAPTER_PATTERN = "[0-9][0-9]-*"


def chapters() -> list[Path]:
    """The chapters' notebooks, in order."""
    return sorted(BOOK.glob(f"{CHAPTER_PATTERN}.ipynb"))


def chapter(number: str) -> Path:
    """The notebook of one chapter, which need not exist yet beside its text.

    Args:
        number: ``"3"`` or, as in the file's name, ``"03"``.

    Raises:
        ValueError: if there is not exactly one chapter of that number.
    """
    texts = sorted(BOOK.glob(f"{number.zfill(2)}-*.md"))
    if len(texts) != 1 or not number.isdigit():
        known = ", ".join(path.stem for path in sorted(BOOK.glob("[0-9][0-9]-*.md")))
        raise ValueError(f"no single chapter {number!r}; there are: {known}")
    return texts[0].with_suffix(".ipynb")


def write(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
