"""The real files: their row counts, and what chapter 3 says of MNIST's dead pixels."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from rederive.datasets import describe, load, verify

pytestmark = pytest.mark.real_data


def here() -> list[tuple[str, str]]:
    """Return the names and splits that the local folder holds."""
    folder = Path(os.environ.get("REDERIVE_DATA") or "none")
    return [
        (item.name, split)
        for item in describe()
        for split in item.rows
        if any((folder / name / f"{split}.parquet").is_file() for name in item.folders)
        if item.rows[split] <= 10_000
    ]


@pytest.mark.parametrize(("name", "split"), here())
def test_row_counts(name, split):
    source = verify(name, split)
    assert source.where.startswith("REDERIVE_DATA/")


def test_dead_pixels_of_mnist():
    train, test = load("mnist", "train"), load("mnist", "test")
    dead_in_train = (train.pixels == 0).all(dim=0)
    dead_in_test = (test.pixels == 0).all(dim=0)
    assert len(train) == 60_000
    assert train.labels.bincount().tolist()[:3] == [5923, 6742, 5958]
    assert int(dead_in_train.sum()) == 67
    assert int(dead_in_test.sum()) == 116
    assert int((dead_in_train & dead_in_test).sum()) == 65
