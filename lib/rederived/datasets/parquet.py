"""Pictures, labels and texts from the columns of Parquet files."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from rederived.datasets.catalogue import Crop, Entry
from rederived.datasets.containers import DatasetError

_PNG_DEPTH = 24  # the byte of a PNG file that says how many bits a channel has
_BATCH = 4096  # rows in memory at a time
_STRINGS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
_REMEDY = (
    "Fetch the file from its source again, or check that it is the data set its "
    "folder says it is."
)


def read_images(files: Sequence[Path], item: Entry) -> tuple[Tensor, Tensor]:
    """Decode every picture of ``files``, in order.

    A picture is a struct whose field ``bytes`` is a PNG or JPEG file.

    Returns:
        Pixels, uint8 of shape (N, C, H, W), and labels, int64 of shape (N,).

    Raises:
        DatasetError: if a file cannot be read, lacks a column or a value, or if a
            picture cannot be decoded or has another size; the message says where.
    """
    rows = row_count(files)
    most = max(item.rows.values())
    if rows > most:
        raise DatasetError(
            f"{_names(files)}: {rows:,} rows, but {item.name!r} has {most:,} at most. "
            f"{_REMEDY}"
        )
    pixels = np.empty((rows, *item.shape, len(item.mode)), dtype=np.uint8)
    labels = np.empty(rows, dtype=np.int64)
    row = 0
    for pictures, numbers in _batches(files, item.columns):
        encoded = _encoded(files, pictures, item.columns[0])
        labels[row : row + len(encoded)] = _integers(files, numbers, item.columns[1])
        for data in encoded:
            try:
                pixels[row] = _decode(data, item).reshape(pixels.shape[1:])
            except Exception as error:  # whatever a damaged picture makes of Pillow
                raise DatasetError(
                    f"{_names(files)}, row {row}: {error}. {_REMEDY}"
                ) from error
            row += 1
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()
    return images, torch.from_numpy(labels)


def read_texts(files: Sequence[Path], item: Entry) -> tuple[list[str], list[str]]:
    """Return the titles and the texts of ``files``.

    Raises:
        DatasetError: if a file cannot be read, or lacks a column, a value or strings.
    """
    found: tuple[list[str], list[str]] = ([], [])
    for columns in _batches(files, item.columns):
        for name, column, texts in zip(item.columns, columns, found, strict=True):
            kind = column.type
            if pa.types.is_dictionary(kind):  # pandas' categories
                kind = kind.value_type
            if not any(test(kind) for test in _STRINGS):
                raise _wrong_type(files, name, column, "strings")
            texts.extend(column.to_pylist())
    return found


def row_count(files: Sequence[Path]) -> int:
    """Return the number of rows of ``files`` together."""
    total = 0
    for file in files:
        with _readable(file), pq.ParquetFile(file) as opened:
            total += opened.metadata.num_rows
    return total


def _batches(files: Sequence[Path], columns: Sequence[str]) -> Iterator[list[pa.Array]]:
    """Yield the columns of ``files``; none may be missing or hold a null."""
    for file in files:
        with _readable(file), pq.ParquetFile(file) as opened:
            _check_columns(file, opened.schema_arrow.names, columns)
            for batch in opened.iter_batches(_BATCH, columns=list(columns)):
                arrays = [batch.column(name) for name in columns]
                _check_nulls(file, arrays, columns)
                yield arrays


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise DatasetError(
            f"{file} is no readable Parquet file: truncated or corrupt ({error}). "
            "Delete it and fetch it again, or compare its SHA-256 with its source's."
        ) from error


def _check_columns(file: Path, found: Sequence[str], wanted: Sequence[str]) -> None:
    for name in wanted:
        if name not in found:
            raise DatasetError(
                f"{file} has no column {name!r}; its columns are {', '.join(found)}. "
                "Rename the column in the file, or fetch the file again."
            )


def _check_nulls(file: Path, arrays: Sequence[pa.Array], names: Sequence[str]) -> None:
    for array, name in zip(arrays, names, strict=True):
        if array.null_count:
            raise DatasetError(
                f"{file}: column {name!r} has {array.null_count} empty rows. "
                "Remove those rows, or fetch the file from its source again."
            )


def _decode(data: bytes, item: Entry) -> NDArray[np.uint8]:
    expected = item.crop.stored if item.crop else item.shape
    with _opened(data) as opened:
        if opened.format == "PNG" and data[_PNG_DEPTH] > 8:
            raise ValueError(
                f"a picture of {data[_PNG_DEPTH]} bits a channel where 8 are expected"
            )
        if getattr(opened, "n_frames", 1) > 1:
            raise ValueError("several pictures in one, of which one is expected")
        upright = ImageOps.exif_transpose(opened)  # as a camera says, and viewers show
        if (upright.height, upright.width) != expected:
            raise ValueError(
                f"a picture of {upright.height}x{upright.width} pixels where "
                f"{expected[0]}x{expected[1]} are expected"
            )
        picture = _in_mode(upright, item.mode)
        if item.crop:
            picture = _crop(picture, item.crop, item.shape)
        return np.asarray(picture)


def _opened(data: bytes) -> Image.Image:
    """Open a picture; refuse what is neither PNG nor JPEG."""
    try:
        return Image.open(io.BytesIO(data), formats=("PNG", "JPEG"))
    except UnidentifiedImageError as error:  # its text is a place in memory
        raise ValueError(f"{len(data)} bytes that are no PNG or JPEG file") from error


def _in_mode(picture: Image.Image, mode: str) -> Image.Image:
    """Return a picture in a mode of 8 bits a channel, if that loses nothing.

    Raises:
        ValueError: for other depths, for transparency, and for colours where grey is
            expected.
    """
    if picture.mode == mode and "transparency" not in picture.info:
        return picture
    if picture.mode not in {"1", "L", "P", "RGB", "LA", "PA", "RGBA"}:
        raise ValueError(
            f"a picture of mode {picture.mode!r} where 8 bits a channel are expected"
        )
    full = picture.convert("RGBA")
    if full.getchannel("A").getextrema() != (255, 255):
        raise ValueError("a picture with transparency, which would be lost")
    colours = full.convert("RGB")
    if mode == "RGB":
        return colours
    red, green, blue = colours.split()
    if red.tobytes() != green.tobytes() or red.tobytes() != blue.tobytes():
        raise ValueError("a picture in colours where grey is expected")
    return red


def _crop(picture: Image.Image, crop: Crop, shape: tuple[int, int]) -> Image.Image:
    left = (picture.width - crop.side) // 2
    top = (picture.height - crop.side) // 2
    box = (left, top, left + crop.side, top + crop.side)
    return picture.crop(box).resize(shape[::-1], Image.Resampling.BICUBIC)


def _encoded(files: Sequence[Path], column: pa.Array, name: str) -> list[bytes]:
    if not pa.types.is_struct(column.type) or column.type.get_field_index("bytes") < 0:
        wanted = "encoded pictures (a struct with 'bytes')"
        raise _wrong_type(files, name, column, wanted)
    return column.field("bytes").to_pylist()


def _integers(files: Sequence[Path], column: pa.Array, name: str) -> NDArray[np.int64]:
    if not pa.types.is_integer(column.type):
        raise _wrong_type(files, name, column, "integers")
    try:
        return column.cast(pa.int64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid as error:
        raise DatasetError(
            f"{_names(files)}: column {name!r}: {error}. {_REMEDY}"
        ) from error


def _wrong_type(
    files: Sequence[Path], name: str, column: pa.Array, wanted: str
) -> DatasetError:
    return DatasetError(
        f"{_names(files)}: column {name!r} holds {column.type} where {wanted} are "
        f"expected. {_REMEDY}"
    )


def _names(files: Sequence[Path]) -> str:
    return ", ".join(str(file) for file in files)
