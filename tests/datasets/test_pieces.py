"""Pixels in pieces: joined they are the same; what is damaged or foreign is refused."""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from rederived import datasets
from rederived.datasets import DatasetError, Images, Source
from rederived.datasets.pieces import LIST, _compressed, _restored, pack
from safetensors.torch import load_file, save_file

ROWS = 10
LARGEST = 4 * 3090 + 1000  # four pictures of 32x32x3, each with its label


def pictures(split: str = "train") -> Images:
    """Return random pictures in the place of CIFAR-10."""
    draw = torch.Generator().manual_seed(len(split))
    pixels = torch.randint(256, (ROWS, 3, 32, 32), dtype=torch.uint8, generator=draw)
    source = Source("cifar10", split, "a file", "ab" * 32, "a note")
    return Images(pixels, torch.arange(ROWS) % 10, 256, source)


@pytest.fixture
def packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pack ten pictures into three pieces where they are looked for."""
    monkeypatch.setenv("REDERIVED_DATA", str(tmp_path))
    files = pack(pictures(), tmp_path, LARGEST)
    assert len(files) == 3
    assert all(file.stat().st_size <= LARGEST for file in files)
    return tmp_path / "cifar10" / "train.pieces"


def test_joined_they_are_what_was_packed(packed: Path) -> None:
    del packed
    found, expected = datasets.load("cifar10"), pictures()
    assert torch.equal(found.pixels, expected.pixels)
    assert torch.equal(found.labels, expected.labels)
    assert found.source.identity == expected.source.identity
    assert found.source.note == "a note"
    assert found.source.where == "a file, in 3 pieces"


def test_the_list_says_how_many_rows_each_piece_has(packed: Path) -> None:
    found = json.loads((packed / LIST).read_text(encoding="utf-8"))
    pieces = sorted(packed.glob("*.safetensors"))
    assert found["rows"] == [len(load_file(one)["labels"]) for one in pieces]


@pytest.mark.parametrize("shape", [(3, 1, 28, 28), (2, 3, 5, 7), (1, 3, 1, 1)])
def test_compression_loses_nothing(shape: tuple[int, ...]) -> None:
    draw = torch.Generator().manual_seed(0)
    pixels = torch.randint(256, shape, dtype=torch.uint8, generator=draw)
    assert torch.equal(_restored(_compressed(pixels), list(shape)), pixels)


def test_red_and_blue_are_stored_less_green_and_all_less_the_left_neighbour() -> None:
    grey = torch.tensor([5, 5, 9, 255], dtype=torch.uint8).expand(1, 3, 1, 4)
    tinted = grey + torch.tensor([250, 0, 2], dtype=torch.uint8).view(1, 3, 1, 1)
    stored = zlib.decompress(bytes(_compressed(tinted).tolist()))
    assert list(stored) == [250, 0, 0, 0, 5, 0, 4, 246, 2, 0, 0, 0]


def changed(file: Path, name: str, row: int) -> None:
    """Change one number of a piece."""
    tensors = load_file(file)
    tensors[name][row] += 1
    save_file(tensors, file)


def relisted(folder: Path, **fields: object) -> None:
    """Change fields of the list."""
    said = json.loads((folder / LIST).read_text(encoding="utf-8"))
    (folder / LIST).write_text(json.dumps(said | fields), encoding="utf-8")


def swapped(folder: Path) -> None:
    """Exchange two pieces."""
    first, second = (folder / f"piece-00{k}.safetensors" for k in (0, 1))
    kept = first.read_bytes()
    shutil.copy(second, first)
    second.write_bytes(kept)


PIECE = "piece-001.safetensors"
DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda f: (f / PIECE).unlink(), "is missing, piece 2 of 3"),
    "cut": (
        lambda f: (f / PIECE).write_bytes((f / PIECE).read_bytes()[:5000]),
        "cannot be read",
    ),
    "a byte": (lambda f: changed(f / PIECE, "compressed", 1), "cannot be read"),
    "a shape": (lambda f: changed(f / PIECE, "shape", 0), "cannot be read"),
    "a label": (lambda f: changed(f / PIECE, "labels", 1), "holds pixels and labels"),
    "swapped": (swapped, "piece-000.safetensors holds"),
    "unlisted": (lambda f: (f / LIST).unlink(), "is no list of pieces"),
    "no list": (lambda f: (f / LIST).write_text("[]"), "is no list of pieces"),
    "of nothing": (lambda f: relisted(f, pieces=[]), "lists no piece"),
    "all of it": (lambda f: relisted(f, decoded="00"), "make pixels and labels"),
    "foreign": (lambda f: relisted(f, name="mnist"), "not of cifar10/train"),
    "no print": (lambda f: relisted(f, fingerprint=None), "is no list of pieces"),
    "a scalar": (
        lambda f: save_file(
            load_file(f / PIECE) | {"shape": torch.tensor(3)}, f / PIECE
        ),
        "cannot be read",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_or_foreign_pieces_are_refused(damage: str, packed: Path) -> None:
    change, message = DAMAGES[damage]
    change(packed)
    with pytest.raises(DatasetError, match=message):
        datasets.load("cifar10")


def test_pieces_under_another_name_are_refused(packed: Path) -> None:
    packed.parent.rename(packed.parents[1] / "mnist")
    with pytest.raises(DatasetError, match="pieces of cifar10/train, not of mnist"):
        datasets.load("mnist")


def test_a_whole_file_goes_before_pieces(packed: Path) -> None:
    (packed.parent / "train.parquet").write_bytes(b"no Parquet file")
    with pytest.raises(DatasetError, match="no readable Parquet file"):
        datasets.load("cifar10")


def test_a_piece_smaller_than_a_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="allow larger pieces"):
        pack(pictures(), tmp_path, 4000)


def test_no_picture_is_no_piece(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no picture to pack"):
        pack(pictures()[:0], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_packing_leaves_no_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack(pictures(), tmp_path, LARGEST)

    def fail(*_: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr("rederived.datasets.pieces.save", fail)
    with pytest.raises(OSError, match="no space"):
        pack(pictures(), tmp_path, LARGEST)
    assert not (tmp_path / "cifar10" / "train.pieces" / LIST).exists()
