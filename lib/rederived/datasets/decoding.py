"""From the columns of Parquet files to pictures, labels and texts."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from rederived.datasets.containers import DatasetError
from rederived.datasets.entry import Crop, Entry
from rederived.datasets.parquet import batches, row_count

_REMEDY = (
    "Fetch the file from its source again, or check that it is the data set its "
    "folder says it is."
)


def read_images(files: Sequence[Path], item: Entry) -> tuple[Tensor, Tensor]:
    """Decode every picture of ``files``.

    Args:
        files: Parquet files with the picture and label columns of ``item``; a picture
            is a struct whose field ``bytes`` is a PNG or JPEG file.
        item: Says the columns, the mode and the size of the pictures.

    Returns:
        Pixels, uint8 of shape (N, C, H, W), and labels, int64 of shape (N,).

    Raises:
        DatasetError: if a picture cannot be decoded or has another size; the message
            names the files and the row.
    """
    rows = row_count(files)
    pixels = np.empty((rows, *item.shape, len(item.mode)), dtype=np.uint8)
    labels = np.empty(rows, dtype=np.int64)
    row = 0
    for pictures, numbers in batches(files, item.columns):
        encoded = _encoded(files, pictures, item.columns[0])
        labels[row : row + len(encoded)] = _integers(files, numbers, item.columns[1])
        for data in encoded:
            try:
                pixels[row] = _decode(data, item).reshape(pixels.shape[1:])
            except (OSError, SyntaxError, TypeError, ValueError) as error:
                raise DatasetError(
                    f"{_names(files)}, row {row}: {error}. {_REMEDY}"
                ) from error
            row += 1
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(
        labels
    )


def read_texts(files: Sequence[Path], item: Entry) -> tuple[list[str], list[str]]:
    """Return the titles and the texts of ``files``.

    Args:
        files: Parquet files with the title and text columns of ``item``.
        item: Says the columns.

    Raises:
        DatasetError: if a column does not hold strings.
    """
    titles: list[str] = []
    texts: list[str] = []
    for columns in batches(files, item.columns):
        for name, column, out in zip(
            item.columns, columns, (titles, texts), strict=True
        ):
            if not (
                pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
            ):
                raise _wrong_type(files, name, column, "strings")
            out.extend(column.to_pylist())
    return titles, texts


def _decode(data: bytes, item: Entry) -> NDArray[np.uint8]:
    expected = item.crop.stored if item.crop else item.shape
    with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as opened:
        if (opened.height, opened.width) != expected:
            raise ValueError(
                f"a picture of {opened.height}x{opened.width} pixels where "
                f"{expected[0]}x{expected[1]} are expected"
            )
        picture = opened if opened.mode == item.mode else opened.convert(item.mode)
        if item.crop:
            picture = _crop(picture, item.crop, item.shape)
        return np.asarray(picture)


def _crop(picture: Image.Image, crop: Crop, shape: tuple[int, int]) -> Image.Image:
    left = (picture.width - crop.side) // 2
    top = (picture.height - crop.side) // 2
    box = (left, top, left + crop.side, top + crop.side)
    return picture.crop(box).resize(shape[::-1], Image.Resampling.BICUBIC)


def _encoded(files: Sequence[Path], column: pa.Array, name: str) -> list[bytes]:
    if not pa.types.is_struct(column.type) or column.type.get_field_index("bytes") < 0:
        raise _wrong_type(
            files, name, column, "encoded pictures (a struct with 'bytes')"
        )
    encoded: list[bytes] = column.field("bytes").to_pylist()
    return encoded


def _integers(files: Sequence[Path], column: pa.Array, name: str) -> NDArray[np.int64]:
    if not pa.types.is_integer(column.type):
        raise _wrong_type(files, name, column, "integers")
    values: NDArray[np.int64] = column.to_numpy(zero_copy_only=False)
    return values


def _wrong_type(
    files: Sequence[Path], name: str, column: pa.Array, wanted: str
) -> DatasetError:
    return DatasetError(
        f"{_names(files)}: column {name!r} holds {column.type} where {wanted} are "
        f"expected. {_REMEDY}"
    )


def _names(files: Sequence[Path]) -> str:
    return ", ".join(str(file) for file in files)
