"""The real files: their row counts, and what chapter 3 says of MNIST's dead pixels."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from rederived.datasets import describe, load, verify
from rederived.datasets.catalogue import entry
from rederived.datasets.lookup import find
from rederived.datasets.parquet import row_count

pytestmark = pytest.mark.real_data


def here() -> list[tuple[str, str]]:
    """Return the names and splits that the local folder holds."""
    folder = Path(os.environ.get("REDERIVED_DATA") or "none")
    return [
        (item.name, split)
        for item in describe()
        for split in item.rows
        if any((folder / name / f"{split}.parquet").is_file() for name in item.folders)
    ]


@pytest.mark.parametrize(("name", "split"), here())
def test_row_counts(name, split):
    found = find(entry(name), split)
    assert found.where.startswith("REDERIVED_DATA/")
    assert row_count(found.files) == entry(name).rows[split]


@pytest.mark.parametrize(
    ("name", "split"), [pair for pair in here() if pair[1] in ("valid", "test")]
)
def test_every_row_can_be_read(name, split):
    assert verify(name, split).fingerprint == find(entry(name), split).fingerprint


def test_dead_pixels_of_mnist():
    train, test = load("mnist", "train"), load("mnist", "test")
    dead_in_train = (train.pixels == 0).all(dim=0)
    dead_in_test = (test.pixels == 0).all(dim=0)
    assert len(train) == 60_000
    assert train.labels.bincount().tolist()[:3] == [5923, 6742, 5958]
    assert int(dead_in_train.sum()) == 67
    assert int(dead_in_test.sum()) == 116
    assert int((dead_in_train & dead_in_test).sum()) == 65
