"""``load``, ``verify`` and ``describe``: data sets by their names."""

from typing import overload

from rederived.datasets.catalogue import ENTRIES, ImageName, TextName, entry
from rederived.datasets.containers import DatasetError, Images, Pairs, Source
from rederived.datasets.decoding import read_images, read_texts
from rederived.datasets.embedded import load_embedded
from rederived.datasets.entry import Entry
from rederived.datasets.lookup import check_hash, find


@overload
def load(name: ImageName, split: str = ..., *, sha256: str | None = ...) -> Images: ...
@overload
def load(name: TextName, split: str = ..., *, sha256: str | None = ...) -> Pairs: ...
@overload
def load(
    name: str, split: str = ..., *, sha256: str | None = ...
) -> Images | Pairs: ...


def load(
    name: str, split: str = "train", *, sha256: str | None = None
) -> Images | Pairs:
    """Load one split of a data set into memory.

    Embedded data need nothing.  Others are read from the folder that the environment
    variable ``REDERIVED_DATA`` names (layout ``<name>/<split>.parquet``), else from the
    Hugging Face hub.

    Args:
        name: A name of the catalogue, see :func:`describe`.
        split: One of the data set's splits.
        sha256: Fingerprint that the data must have, 64 hexadecimal digits.

    Returns:
        :class:`Images` or :class:`Pairs`.

    Raises:
        DatasetError: if the data cannot be had; the message says what to do.
    """
    item = entry(name)
    item.check_split(split)
    if not item.embedded:
        return _from_files(item, split, sha256)
    data = load_embedded(name, split)
    if sha256 is not None:
        source = data.source
        check_hash(str(source), source.fingerprint, sha256, "the hash asked for")
    return data


def describe() -> list[Entry]:
    """Return the catalogue: every data set that :func:`load` knows by name."""
    return list(ENTRIES)


def verify(name: str, split: str = "train") -> Source:
    """Load a split completely and compare its number of rows with the catalogue's.

    Args:
        name: A name of the catalogue.
        split: One of the data set's splits.

    Returns:
        The source, with the fingerprint of what was read.

    Raises:
        DatasetError: if the split cannot be had or has another number of rows.
    """
    data = load(name, split)
    expected = entry(name).rows[split]
    if len(data) != expected:
        raise DatasetError(
            f"{data.source} has {len(data):,} rows where {expected:,} are expected. "
            "Fetch the file again, or keep a part of a data set under another name."
        )
    return data.source


def _from_files(item: Entry, split: str, sha256: str | None) -> Images | Pairs:
    found = find(item, split, sha256)
    source = Source(item.name, split, found.where, found.fingerprint, found.note)
    if item.kind == "texts":
        titles, texts = read_texts(found.files, item)
        return Pairs(tuple(titles), tuple(texts), source)
    pixels, labels = read_images(found.files, item)
    return Images(pixels, labels, item.levels, source)
