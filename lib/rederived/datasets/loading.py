"""Data sets by their names: ``load``, ``split``, ``verify`` and ``describe``."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import overload

import torch
from torch import Generator

from rederived.datasets.catalogue import ENTRIES, Entry, ImageName, TextName, entry
from rederived.datasets.containers import DatasetError, Images, Pairs, Source
from rederived.datasets.digits import digits
from rederived.datasets.face_factors import column
from rederived.datasets.faces import draw_faces, sample_factors
from rederived.datasets.fingerprints import of_tensors
from rederived.datasets.lookup import find, find_pieces
from rederived.datasets.titles import title_pairs

_SEEDS = {"train": 1, "test": 2}  # of the data sets that are generated


@overload
def load(name: ImageName, split: str = ...) -> Images: ...
@overload
def load(name: TextName, split: str = ...) -> Pairs: ...
@overload
def load(name: str, split: str = ...) -> Images | Pairs: ...


def load(name: str, split: str = "train") -> Images | Pairs:
    """Load one split of a data set into memory.

    Embedded data need nothing.  Others are read from the folder that the environment
    variable ``REDERIVED_DATA`` names (layout ``<name>/<split>.parquet``, or the pieces
    that ``rederived.datasets.pieces`` makes of pictures), else from the Hugging Face
    hub.

    Args:
        name: a name of the catalogue, see :func:`describe`.
        split: one of the data set's splits.

    Raises:
        DatasetError: if the data cannot be had; the message says what to do.
    """
    item = entry(name)
    item.check_split(split)
    with torch.device("cpu"):  # whatever the caller's default device is
        return _embedded(item, split) if item.embedded else _from_files(item, split)


def describe() -> list[Entry]:
    """Return the catalogue: every data set that :func:`load` knows by name."""
    return list(ENTRIES)


def verify(name: str, split: str = "train") -> Source:
    """Load a split completely and compare its number of rows with the catalogue's.

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


@dataclass(frozen=True)
class Split:
    """Pictures of one data set in three parts."""

    train: Images  # what is learned from
    held_out: Images  # what choices are made on; may be empty
    test: Images  # what is measured on, once

    @property
    def sources(self) -> list[str]:
        """Data set, split and fingerprint of what was read, as records keep them."""
        return [part.source.identity for part in (self.train, self.test)]

    @property
    def noted_sources(self) -> list[str]:
        """The same, each with its note if there is one."""
        parts = (self.train.source, self.test.source)
        return [f"{source.identity} {source.note}".rstrip() for source in parts]


def split(
    name: ImageName,
    *,
    rows: int | None = None,
    held_out: int | Fraction = 0,
    test: str = "test",
    test_rows: int | None = None,
) -> Split:
    """Load a data set of pictures and divide it; nothing is drawn at random.

    Args:
        name: a name of the catalogue.
        rows: how many of the training pictures are used, the first ones; None for all.
        held_out: how many of these are kept from training, the last ones; a fraction
            is one of the rows, rounded down.
        test: the split that is measured on.
        test_rows: how many of its pictures, the first ones; None for all.

    Raises:
        ValueError: if no picture would be left to train on, a number is negative, or
            there are fewer pictures than are asked for.

    >>> parts = split("digits", held_out=Fraction(1, 6))
    >>> len(parts.train), len(parts.held_out), len(parts.test)
    (1198, 239, 360)
    """
    for what, number in (
        ("rows", rows),
        ("held_out", held_out),
        ("test_rows", test_rows),
    ):
        if number is not None and not number >= 0:
            raise ValueError(f"{what} must be at least 0, got {number}")
    whole = _first(load(name, "train"), rows)
    count = held_out if isinstance(held_out, int) else int(held_out * len(whole))
    kept = len(whole) - count
    if kept < 1:
        raise ValueError(
            f"{count} pictures held out of {len(whole)} leave none to train on: raise "
            "rows or hold fewer out"
        )
    return Split(whole[:kept], whole[kept:], _first(load(name, test), test_rows))


def _first(images: Images, rows: int | None) -> Images:
    """Return so many of the pictures; a part of a data set may hold fewer."""
    if rows is not None and rows > len(images):
        raise ValueError(
            f"{rows:,} pictures are asked for, and {images.source} has {len(images):,}"
        )
    return images[:rows]


def _from_files(item: Entry, split: str) -> Images | Pairs:
    from rederived.datasets.parquet import read_images, read_texts  # noqa: PLC0415

    pieces = find_pieces(item, split)
    if pieces is not None:
        return _from_pieces(item, split, pieces)
    found = find(item, split)
    source = Source(item.name, split, found.where, found.fingerprint, found.note)
    if item.kind == "texts":
        titles, texts = read_texts(found.files, item)
        return Pairs(tuple(titles), tuple(texts), source)
    return Images(*read_images(found.files, item), item.levels, source)


def _from_pieces(item: Entry, split: str, folder: Path) -> Images:
    """Join the pieces of a split; its fingerprint is that of what was packed."""
    from rederived.datasets.pieces import join, read_list  # noqa: PLC0415

    said = read_list(folder, item.name, split)
    pixels, labels = join(folder, said)
    shape = (len(item.mode), *item.shape)
    if pixels.shape[1:] != shape:
        raise DatasetError(
            f"{folder} holds pictures of shape {tuple(pixels.shape[1:])} where {shape} "
            "are expected: pack the split again with this version of the library"
        )
    where = f"{said.where}, in {len(said.pieces)} pieces"
    source = Source(item.name, split, where, said.fingerprint, said.note)
    return Images(pixels, labels, item.levels, source)


def _embedded(item: Entry, split: str) -> Images | Pairs:
    """Return what comes with the library; what is generated is always the same."""
    if item.name == "digits":
        return digits(split)
    generator = torch.Generator().manual_seed(_SEEDS[split])
    if item.name == "title-grammar":
        return title_pairs(item.rows[split], generator, split)
    return _faces(item, split, generator)


def _faces(item: Entry, split: str, generator: Generator) -> Images:
    """Draw faces; the fingerprint is of the factors, since they decide the pictures."""
    factors = sample_factors(item.rows[split], generator)
    pixels = draw_faces(factors, item.shape[0])
    labels = factors[:, column("hair_style")].long()
    source = Source(item.name, split, "embedded", of_tensors(factors))
    return Images(pixels, labels, item.levels, source, factors)
