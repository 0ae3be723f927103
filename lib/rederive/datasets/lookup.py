"""Where a data set's Parquet files are: a local folder, else the Hugging Face hub."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rederive.datasets.catalogue import Entry
from rederive.datasets.containers import DatasetError

VARIABLE = "REDERIVE_DATA"
SUMS = "SHA256SUMS"


@dataclass(frozen=True)
class Found:
    """The Parquet files of one split.

    Attributes:
        files: The files, in order.
        where: Folder or hub repository, for people.
        note: What results must say if they come from these files.
        fingerprint: SHA-256 of the bytes of the files in order.
    """

    files: tuple[Path, ...]
    where: str
    note: str
    fingerprint: str


def find(entry: Entry, split: str, sha256: str | None = None) -> Found:
    """Find a split in the folder named by ``REDERIVE_DATA``, else on the hub.

    Args:
        entry: The data set.
        split: One of its splits.
        sha256: Fingerprint that the files must have, or None.

    Raises:
        DatasetError: if it is in neither place or the fingerprint differs.
    """
    found = _in_folder(entry, split) or _on_hub(entry, split)
    if sha256 is not None and found.fingerprint != sha256:
        raise _wrong_hash(found, sha256, "the hash asked for")
    return found


def fingerprint(files: Sequence[Path]) -> str:
    """Return the SHA-256 of the bytes of ``files``, one after the other."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def local_folder() -> Path | None:
    """Return the folder named by ``REDERIVE_DATA``, or None if the variable is unset.

    Raises:
        DatasetError: if the variable names no folder.
    """
    value = os.environ.get(VARIABLE, "")
    if not value:
        return None
    folder = Path(value).expanduser()
    if not folder.is_dir():
        raise DatasetError(
            f"{VARIABLE} names {value!r}, which is no folder. Set it to a folder that "
            "holds <name>/<split>.parquet, or unset it to use the Hugging Face hub."
        )
    return folder


def _in_folder(entry: Entry, split: str) -> Found | None:
    folder = local_folder()
    if folder is None:
        return None
    for name, note in entry.folders.items():
        file = folder / name / f"{split}.parquet"
        if file.is_file():
            where = f"{VARIABLE}/{name}/{file.name}"
            found = Found((file,), where, note, fingerprint([file]))
            _check_sums(found, folder / name / SUMS)
            return found
    return None


def _check_sums(found: Found, sums: Path) -> None:
    """Compare a file with its line of an optional ``sha256sum`` list beside it."""
    if not sums.is_file():
        return
    for line in sums.read_text(encoding="utf-8").splitlines():
        expected, _, name = line.partition(" ")
        if name.lstrip(" *") == found.files[0].name and expected != found.fingerprint:
            raise _wrong_hash(found, expected, str(sums))


def _wrong_hash(found: Found, expected: str, stated_by: str) -> DatasetError:
    return DatasetError(
        f"{found.where} has SHA-256 {found.fingerprint}, "
        f"but {stated_by} is {expected}. "
        "Fetch the file again, or correct the expected hash if the new data are meant."
    )


def _on_hub(entry: Entry, split: str) -> Found:
    raise DatasetError(f"{entry.name}/{split}: not in {VARIABLE}")
