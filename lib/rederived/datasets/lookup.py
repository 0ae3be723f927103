"""Where a data set's Parquet files are: a local folder, else the Hugging Face hub.

From the hub the files themselves are taken, at a pinned commit, by the downloader under
the ``datasets`` library (resumed, cached, ``HF_ENDPOINT`` names a mirror).  So both
ways are read by the same code, and a fingerprint is always that of a file.
"""

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PureWindowsPath

from rederived.datasets.catalogue import Entry
from rederived.datasets.containers import DatasetError

_VARIABLE = "REDERIVED_DATA"
_PLAIN = re.compile(r"\\?(?P<hash>[0-9a-fA-F]{64})[ \t]+\*?(?P<name>.+)")
_TAGGED = re.compile(r"SHA(2-)?256 ?\((?P<name>.+)\) ?= ?(?P<hash>[0-9a-fA-F]{64})")


@dataclass(frozen=True)
class Found:
    """The Parquet files of one split."""

    files: tuple[Path, ...]  # in order
    where: str  # folder or hub repository, for people
    note: str  # what results must say if they come from these files
    fingerprint: str  # SHA-256 of the bytes of the files in order


def find(entry: Entry, split: str) -> Found:
    """Find a split in the folder named by ``REDERIVED_DATA``, else on the hub.

    Raises:
        DatasetError: if it is in neither place, or a file is not what the list
            ``SHA256SUMS`` beside it says.
    """
    return _in_folder(entry, split) or _on_hub(entry, split)


def find_pieces(entry: Entry, split: str) -> Path | None:
    """Return the folder of a split's pieces, if it is packed and not whole there.

    Raises:
        DatasetError: if ``REDERIVED_DATA`` names no folder.
    """
    folder = _local_folder()
    if folder is None or entry.kind == "texts":
        return None
    for name in entry.folders:
        if (folder / name / f"{split}.parquet").is_file():
            return None
        pieces = folder / name / f"{split}.pieces"
        if pieces.is_dir():
            return pieces
    return None


def _local_folder() -> Path | None:
    """Return the folder that the variable names, or None if it is not set."""
    value = os.environ.get(_VARIABLE, "")
    if not value:
        return None
    folder = Path(os.path.expanduser(value))  # noqa: PTH111 - an unknown ~user stays
    if not folder.is_dir():
        raise DatasetError(
            f"{_VARIABLE} names {value!r}, which is no folder. Set it to a folder that "
            "holds <name>/<split>.parquet, or unset it to use the Hugging Face hub."
        )
    return folder


def _in_folder(entry: Entry, split: str) -> Found | None:
    folder = _local_folder()
    if folder is None:
        return None
    for name, note in entry.folders.items():
        file = folder / name / f"{split}.parquet"
        if file.is_file():
            where = f"{_VARIABLE}/{name}/{file.name}"
            found = Found((file,), where, note, _fingerprint([file]))
            _check_sums(found, folder / name / "SHA256SUMS")
            return found
    return None


def _check_sums(found: Found, sums: Path) -> None:
    """Compare a file with its line of an optional ``sha256sum`` list beside it."""
    if not sums.is_file():
        return
    name = found.files[0].name
    hashes = _hashes(sums)
    if name not in hashes:
        raise DatasetError(
            f"{sums} has no line for {name}. Add its hash ({found.fingerprint} if the "
            "file is meant), or remove the list."
        )
    if found.fingerprint != hashes[name]:
        raise DatasetError(
            f"{found.where} has SHA-256 {found.fingerprint}, but the hash in "
            f"{sums} is {hashes[name]}. Fetch the data again, or correct that hash if "
            "the new data are meant."
        )


def _hashes(sums: Path) -> dict[str, str]:
    """Read the hashes of a folder's own files, in every form of ``sha256sum``'s list.

    That is plain, ``--binary``, ``--tag``, ``openssl``'s, with names that begin with
    ``./`` or with the way to the folder; files of other folders are left out.

    Raises:
        DatasetError: if a line is none of these, or names a file twice differently.
    """
    found: dict[str, str] = {}
    try:
        text = sums.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(
            f"{sums} cannot be read ({error}). Write the list again with sha256sum."
        ) from error
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.strip().startswith("#"):
            continue
        match = _PLAIN.fullmatch(line.strip()) or _TAGGED.fullmatch(line.strip())
        if match is None:
            raise DatasetError(
                f"{sums}, line {number}, is no line of sha256sum: {line[:80]!r}. "
                "Write the list again with sha256sum."
            )
        *way, name = PureWindowsPath(match["name"]).parts  # knows both separators
        if way and way[-1] != sums.parent.name:
            continue
        if found.setdefault(name, match["hash"].lower()) != match["hash"].lower():
            raise DatasetError(f"{sums} has two hashes for {name}: keep the right one.")
    return found


def _fingerprint(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _on_hub(entry: Entry, split: str) -> Found:
    """Fetch the files of a split, or take them from the hub library's cache."""
    from huggingface_hub import hf_hub_download  # noqa: PLC0415

    what = f"{entry.name}/{split} is not here: looked for {_local_paths(entry, split)}"
    if entry.hub is None:
        raise DatasetError(
            f"{what}; it has no copy of its own on the Hugging Face hub. "
            f"{_place_it(entry)}, or use the embedded 'title-grammar' instead."
        )
    endpoint = os.environ.get("HF_ENDPOINT", "https://")
    if not endpoint.startswith(("http://", "https://")):
        raise DatasetError(
            f"{what}, and HF_ENDPOINT is {endpoint!r}: let it begin with https://"
        )
    fetch = partial(hf_hub_download, repo_type="dataset", revision=entry.revision)
    try:
        files = tuple(Path(fetch(entry.hub, file)) for file in entry.hub_files[split])
    except Exception as error:  # whatever the hub library's HTTP client raises
        raise DatasetError(
            f"{what} and for {entry.hub} on the Hugging Face hub, which did not "
            f"deliver it ({type(error).__name__}: {error}). "
            "Connect to the network (HF_ENDPOINT names a mirror, HF_HUB_OFFLINE must "
            f"be unset) and try again, or: {_place_it(entry)}."
        ) from error
    return Found(files, f"{entry.hub}@{entry.revision}", "", _fingerprint(files))


def _local_paths(entry: Entry, split: str) -> str:
    folder = _local_folder()
    if folder is None:
        return f"no local file, since {_VARIABLE} is not set,"
    return " or ".join(
        str(folder / name / f"{split}.parquet") for name in entry.folders
    )


def _place_it(entry: Entry) -> str:
    return (
        f"Set {_VARIABLE} to a folder that holds {entry.name}/<split>.parquet with the "
        f"columns {entry.columns[0]!r} and {entry.columns[1]!r}"
    )
