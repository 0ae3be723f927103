"""A split's decoded pixels and labels in pieces small enough to travel.

A folder ``<name>/<split>.pieces`` holds ``piece-000.safetensors`` and so on, each with
some of the rows, and ``pieces.json``, which names the data set, the source of the
pixels, and the SHA-256 of all pixels and labels and of each piece's.

In a piece the pixels are compressed without loss: red and blue less green, each value
less its left neighbour (modulo 256), then zlib.  CIFAR-10 takes 123 MB in this form,
170 by zlib alone.
"""

from __future__ import annotations

import json
import math
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from rederived.datasets.containers import DatasetError, Images
from rederived.datasets.fingerprints import of_tensors

LIST = "pieces.json"
LARGEST = 45_000_000  # bytes of a piece
_HEADER = 1_000  # bytes of a piece that are no pixels or labels, at most
_GROWTH = 1.001  # of what zlib cannot compress, at most
_GREEN = 1  # the channel that the others are compared with
_UNREADABLE = (
    *(SafetensorError, OSError, zlib.error, RuntimeError, MemoryError),
    *(ValueError, TypeError, KeyError, IndexError, AttributeError),
)
"""What reading a damaged list or piece raises."""
_REMEDY = "copy the folder again, or pack the split again where it is whole"


@dataclass(frozen=True)
class PieceList:
    """What ``pieces.json`` says.

    >>> PieceList("digits", "train", "embedded", "aa", "", "cc", ("cc",), (3,)).rows
    (3,)
    """

    name: str  # of the data set
    split: str
    where: str  # where the pixels were read, for people
    fingerprint: str
    """Of the source: what records keep, the same as if the source itself were read."""
    note: str  # what results must say if they come from these pixels
    decoded: str  # SHA-256 of all pixels and then all labels
    pieces: tuple[str, ...]  # SHA-256 of each piece's pixels and then labels
    rows: tuple[int, ...]  # of each piece


def pack(data: Images, folder: Path, largest: int = LARGEST) -> list[Path]:
    """Write a split in pieces and return their files; the list is written last.

    Args:
        data: the split.
        folder: the data folder; the pieces go to ``<name>/<split>.pieces`` in it.
        largest: bytes of a piece at most.

    Raises:
        DatasetError: if there is no picture, one alone is larger, or the data have
            factors too.
    """
    if len(data) == 0:
        raise DatasetError(f"{data.source} holds no picture to pack")
    if data.factors is not None:
        raise DatasetError(
            f"{data.source.name} is drawn from its factors by the library: it needs "
            "no pieces"
        )
    per_row = data.pixels[:1].numel() + data.labels.element_size()
    rows = int((largest - _HEADER) / (_GROWTH * per_row))
    if rows < 1:
        raise DatasetError(
            f"a picture takes {per_row:,} bytes and a piece {largest:,} at most, with "
            f"{_HEADER:,} for its header: allow larger pieces"
        )
    target = folder / data.source.name / f"{data.source.split}.pieces"
    target.mkdir(parents=True, exist_ok=True)
    (target / LIST).unlink(missing_ok=True)  # until all pieces are there
    parts = zip(
        torch.split(data.pixels, rows), torch.split(data.labels, rows), strict=True
    )
    files, sums, counts = [], [], []
    for number, (pixels, labels) in enumerate(parts):
        files.append(_write(_piece(target, number), pixels, labels))
        sums.append(of_tensors(pixels, labels))
        counts.append(len(pixels))
    source = data.source
    said = PieceList(
        *(source.name, source.split, source.where, source.fingerprint, source.note),
        decoded=of_tensors(data.pixels, data.labels),
        pieces=tuple(sums),
        rows=tuple(counts),
    )
    _replace(target / LIST, (json.dumps(asdict(said), indent=1) + "\n").encode())
    return files


def read_list(folder: Path, name: str, split: str) -> PieceList:
    """Read the list of a folder of pieces.

    Raises:
        DatasetError: if it is missing, no list, or of another data set or split.
    """
    path = folder / LIST
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        pieces, rows = tuple(found.pop("pieces")), tuple(found.pop("rows"))
        said = PieceList(**found, pieces=pieces, rows=rows)
        texts = (said.where, said.fingerprint, said.note, said.decoded, *pieces)
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("what is no text stands in the place of one")
    except _UNREADABLE as error:
        raise DatasetError(f"{path} is no list of pieces ({error}): {_REMEDY}") from (
            error
        )
    if (said.name, said.split) != (name, split):
        raise DatasetError(
            f"{path} lists pieces of {said.name}/{said.split}, not of {name}/{split}: "
            "put the folder where it belongs"
        )
    return said


def join(folder: Path, said: PieceList) -> tuple[Tensor, Tensor]:
    """Read all pieces, verify them, and return pixels and labels.

    Returns:
        Pixels, uint8 ``(N, C, H, W)``, and labels, int64 ``(N,)``.

    Raises:
        DatasetError: if a piece is missing, damaged or foreign.
    """
    parts = [_read(folder, said, number) for number in range(len(said.pieces))]
    if not parts:
        raise DatasetError(f"{folder / LIST} lists no piece: {_REMEDY}")
    pixels = torch.cat([part[0] for part in parts])
    labels = torch.cat([part[1] for part in parts])
    found = of_tensors(pixels, labels)
    if found != said.decoded:
        raise DatasetError(
            f"the pieces in {folder} make pixels and labels of SHA-256 {found}, where "
            f"{LIST} says {said.decoded}: {_REMEDY}"
        )
    return pixels, labels


def _piece(folder: Path, number: int) -> Path:
    return folder / f"piece-{number:03}.safetensors"


def _write(path: Path, pixels: Tensor, labels: Tensor) -> Path:
    stored = {
        "compressed": _compressed(pixels),
        "shape": torch.tensor(pixels.shape),
        "labels": labels.clone(),
    }
    _replace(path, save(stored))
    return path


def _replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _read(folder: Path, said: PieceList, number: int) -> tuple[Tensor, Tensor]:
    """Read one piece and compare it with the list."""
    path = _piece(folder, number)
    if not path.exists():
        raise DatasetError(
            f"{path} is missing, piece {number + 1} of {len(said.pieces)}: {_REMEDY}"
        )
    try:
        tensors = load_file(path)
        pixels = _restored(tensors["compressed"], tensors["shape"].tolist())
        labels = tensors["labels"]
    except _UNREADABLE as error:
        raise DatasetError(f"{path} cannot be read ({error!r}): {_REMEDY}") from error
    found = of_tensors(pixels, labels)
    if found != said.pieces[number]:
        raise DatasetError(
            f"{path} holds pixels and labels of SHA-256 {found}, where {LIST} says "
            f"{said.pieces[number]}: {_REMEDY}"
        )
    return pixels, labels


def _compressed(pixels: Tensor) -> Tensor:
    """Return the bytes, uint8 ``(L,)``, of pixels ``(N, C, H, W)``."""
    left = pixels.clone()
    if left.shape[1] > _GREEN:
        others = [k for k in range(left.shape[1]) if k != _GREEN]
        left[:, others] -= pixels[:, _GREEN, None]
    left[..., 1:] -= left[..., :-1].clone()
    data = zlib.compress(left.numpy().tobytes(), 6)
    return torch.frombuffer(bytearray(data), dtype=torch.uint8)


def _restored(compressed: Tensor, shape: list[int]) -> Tensor:
    """Return the pixels that were compressed."""
    # never more than is due, whatever the bytes would expand to
    opened = zlib.decompressobj()
    most = max(1, math.prod(shape))
    data = bytearray(opened.decompress(compressed.numpy().tobytes(), most))
    left = torch.frombuffer(data, dtype=torch.uint8).reshape(shape)
    pixels = left.cumsum(-1, dtype=torch.uint8)  # modulo 256
    if pixels.shape[1] > _GREEN:
        others = [k for k in range(pixels.shape[1]) if k != _GREEN]
        pixels[:, others] += pixels[:, _GREEN, None].clone()
    return pixels
