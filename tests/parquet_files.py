"""Tiny Parquet files in the hub's layout, for tests."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image


def png(picture: np.ndarray, kind: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, format=kind)
    return stream.getvalue()


def random_pictures(rows: int, shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    draws = np.random.default_rng(seed)
    return draws.integers(0, 256, (rows, *shape), dtype=np.uint8)


def write_images(
    file: Path,
    pictures: list[bytes],
    labels: list[int],
    columns: tuple[str, str] = ("image", "label"),
) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    structs = [{"bytes": data, "path": None} for data in pictures]
    table = pa.table({columns[0]: structs, columns[1]: pa.array(labels, pa.int64())})
    pq.write_table(table, file)
    return file


def write_texts(
    file: Path,
    titles: list[str],
    texts: list[str],
    columns: tuple[str, str] = ("title", "text"),
) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(dict(zip(columns, (titles, texts), strict=True))), file)
    return file
