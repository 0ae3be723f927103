"""Where a data set's Parquet files are: a local folder, else the Hugging Face hub.

From the hub the files themselves are taken, at a pinned commit, by the downloader under
the ``datasets`` library (resumed, cached, ``HF_ENDPOINT`` names a mirror).  So both
ways are read by the same code, and a fingerprint is always that of a file.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import hf_hub_download

from rederived.datasets.containers import DatasetError
from rederived.datasets.entry import Entry

VARIABLE = "REDERIVED_DATA"
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
    """Find a split in the folder named by ``REDERIVED_DATA``, else on the hub.

    Args:
        entry: The data set.
        split: One of its splits.
        sha256: Fingerprint that the files must have, or None.

    Raises:
        DatasetError: if it is in neither place or the fingerprint differs.
    """
    found = _in_folder(entry, split) or _on_hub(entry, split)
    if sha256 is not None:
        check_hash(found.where, found.fingerprint, sha256, "the hash asked for")
    return found


def check_hash(where: str, actual: str, expected: str, stated_by: str) -> None:
    """Raise :class:`DatasetError` if two fingerprints differ.

    Args:
        where: What has the fingerprint ``actual``, for the message.
        actual: SHA-256 of the data, hexadecimal.
        expected: SHA-256 that the data should have.
        stated_by: Who says so, for the message.
    """
    if actual != expected.lower():
        raise DatasetError(
            f"{where} has SHA-256 {actual}, but {stated_by} is {expected}. "
            "Fetch the data again, or correct that hash if the new data are meant."
        )


def fingerprint(files: Sequence[Path]) -> str:
    """Return the SHA-256 of the bytes of ``files``, one after the other."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def local_folder() -> Path | None:
    """Return the folder named by ``REDERIVED_DATA``, or None if the variable is unset.

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
        if name.lstrip(" *") == found.files[0].name:
            check_hash(found.where, found.fingerprint, expected, f"the hash in {sums}")


def _on_hub(entry: Entry, split: str) -> Found:
    """Fetch the files of a split, or take them from the hub library's cache."""
    what = f"{entry.name}/{split} is not here: looked for {_local_paths(entry, split)}"
    if entry.hub is None:
        raise DatasetError(
            f"{what}; it has no copy of its own on the Hugging Face hub. "
            f"{_place_it(entry)}, or use the embedded 'title-grammar' instead."
        )
    try:
        files = tuple(
            Path(
                hf_hub_download(
                    entry.hub, file, repo_type="dataset", revision=entry.revision
                )
            )
            for file in entry.hub_files[split]
        )
    except OSError as error:
        raise DatasetError(
            f"{what} and for {entry.hub} on the Hugging Face hub, which did not "
            f"deliver it ({type(error).__name__}: {error}). "
            "Connect to the network (HF_ENDPOINT names a mirror, HF_HUB_OFFLINE must "
            f"be unset) and try again, or: {_place_it(entry)}."
        ) from error
    return Found(files, f"{entry.hub}@{entry.revision}", "", fingerprint(files))


def _local_paths(entry: Entry, split: str) -> str:
    folder = local_folder()
    if folder is None:
        return f"no local file, since {VARIABLE} is not set,"
    return " or ".join(
        str(folder / name / f"{split}.parquet") for name in entry.folders
    )


def _place_it(entry: Entry) -> str:
    return (
        f"Set {VARIABLE} to a folder that holds {entry.name}/<split>.parquet with the "
        f"columns {entry.columns[0]!r} and {entry.columns[1]!r}"
    )
