"""A run's folder: its lock, and what it says of its legs."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
import torch
from rederived.training import (
    LOG,
    CheckpointError,
    checkpoints,
    legs,
    read_legs,
    write_tensors,
)
from rederived.training.checkpoints import CheckpointManager
from torch import nn


def manager(folder: Path) -> CheckpointManager:
    """Return what writes a small model's checkpoints into a folder."""
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return CheckpointManager(folder, model, optimizer, writes=True)


def test_a_folder_has_one_writer_and_is_free_again(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "on the way"
    with manager(folder).locked():
        with (
            pytest.raises(CheckpointError, match="another process trains"),
            manager(folder).locked(),
        ):
            pass
        assert (folder / ".lock").exists()
    assert not (folder / ".lock").exists()
    with manager(folder).locked():
        (folder / ".lock").unlink()  # somebody tidied up


def test_a_lock_that_another_replaced_is_not_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / ".lock"

    def replaced(*_: object) -> None:
        (tmp_path / "new").touch()
        (tmp_path / "new").replace(lock)

    for others in (replaced, lambda *_: lock.unlink()):
        monkeypatch.setattr(checkpoints.fcntl, "flock", others)
        with (
            pytest.raises(CheckpointError, match="another process trains"),
            manager(tmp_path).locked(),
        ):
            pass


def test_a_log_makes_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "on the way"
    manager(folder).log("said")
    assert (folder / LOG).read_text(encoding="utf-8").endswith(" said\n")


def test_a_leg_begins_where_it_stands() -> None:
    leg = legs.begin_leg(None, step=3)
    assert datetime.fromisoformat(str(leg.pop("began"))).utcoffset() is not None
    assert leg == {"from_step": 3, "to_step": 3, "seconds": 0.0}


def test_a_saved_leg_says_how_far_it_came(tmp_path: Path) -> None:
    writer = manager(tmp_path)
    position = writer.restore({})
    position.step = 5
    writer.save(position)
    assert [leg["to_step"] for leg in read_legs(tmp_path)] == [5]


@pytest.mark.parametrize("text", ["{", "3"])
def test_an_origin_that_cannot_be_read_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "origin.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"origin\.json cannot be read .* delete it"):
        legs.begin_leg(tmp_path, 0)


def test_an_origin_that_is_not_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no room"):
        legs.write_origin(tmp_path, {"commit": "first"})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("header", ["{", "[]", "{}", json.dumps({"position": None})])
def test_a_checkpoint_that_says_nothing_of_its_legs(
    header: str, tmp_path: Path
) -> None:
    write_tensors(tmp_path / "checkpoint.safetensors", {"x": torch.ones(1)}, header)
    with pytest.raises(CheckpointError, match="says nothing of its legs"):
        read_legs(tmp_path)
