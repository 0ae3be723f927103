"""``load``: a data set by its name, from wherever it is kept."""

from collections.abc import Sequence
from typing import overload

import pyarrow as pa
import pyarrow.parquet as pq
import torch

from rederive.datasets.catalogue import Entry, ImageName, TextName, entry
from rederive.datasets.containers import Images, Pairs, Source
from rederive.datasets.decoding import decode_pictures
from rederive.datasets.digits import digits
from rederive.datasets.lookup import Found, find


@overload
def load(name: ImageName, split: str = ..., *, sha256: str | None = ...) -> Images: ...
@overload
def load(name: TextName, split: str = ..., *, sha256: str | None = ...) -> Pairs: ...


def load(
    name: ImageName | TextName, split: str = "train", *, sha256: str | None = None
) -> Images | Pairs:
    """Load one split of a data set into memory.

    Embedded data need nothing.  Others are read from the folder that the environment
    variable ``REDERIVE_DATA`` names (layout ``<name>/<split>.parquet``), else from the
    Hugging Face hub.

    Args:
        name: A name of the catalogue, see :func:`rederive.datasets.describe`.
        split: One of the data set's splits.
        sha256: Fingerprint that the data must have, 64 hexadecimal digits.

    Returns:
        :class:`Images` or :class:`Pairs`.

    Raises:
        DatasetError: if the data cannot be had; the message says what to do.
    """
    item = entry(name)
    item.check_split(split)
    if item.embedded:
        return digits(split)
    found = find(item, split, sha256)
    source = Source(item.name, split, found.where, found.fingerprint, found.note)
    table = _read(item, found)
    first, second = (table.column(column) for column in item.columns)
    if item.kind == "texts":
        return Pairs(tuple(first.to_pylist()), tuple(second.to_pylist()), source)
    return Images(
        decode_pictures(_picture_bytes(first), item.mode, item.shape),
        torch.from_numpy(second.to_numpy().copy()),
        item.levels,
        source,
    )


def _read(item: Entry, found: Found) -> pa.Table:
    tables = [pq.read_table(file, columns=list(item.columns)) for file in found.files]
    return pa.concat_tables(tables)


def _picture_bytes(column: pa.ChunkedArray) -> Sequence[bytes]:
    result: list[bytes] = column.combine_chunks().field("bytes").to_pylist()
    return result
