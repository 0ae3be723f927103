"""Reading the columns of Parquet files, batch by batch, with errors for people."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from rederived.datasets.containers import DatasetError

_BATCH = 4096


def row_count(files: Sequence[Path]) -> int:
    """Return the number of rows of ``files`` together."""
    total = 0
    for file in files:
        with _readable(file), pq.ParquetFile(file) as opened:
            total += opened.metadata.num_rows
    return total


def batches(files: Sequence[Path], columns: Sequence[str]) -> Iterator[list[pa.Array]]:
    """Yield the columns of ``files``, at most 4,096 rows at a time.

    Args:
        files: Parquet files, read in order.
        columns: Names of the columns wanted; none may be missing or hold a null.

    Raises:
        DatasetError: if a file is truncated or corrupt, or lacks a column.
    """
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
