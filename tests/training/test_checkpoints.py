"""Killed runs go on bit by bit; damaged or foreign checkpoints are refused."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import toy_run
from rederived.training import (
    LOG,
    CheckpointError,
    OneCycle,
    constant,
    legs,
    read_tensors,
    write_tensors,
)
from rederived.training.checkpoints import CheckpointManager
from torch import nn

CHECKPOINT, BEST = "checkpoint.safetensors", "best.safetensors"


def start(folder: Path, every: int) -> subprocess.Popen[str]:
    """Begin to train in another process, which waits inside step ``STOP_AT``."""
    return subprocess.Popen(
        [sys.executable, toy_run.__file__, "stop", str(folder), str(every)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        text=True,
    )


def kill(process: subprocess.Popen[str]) -> None:
    """Kill a training process once it is inside its step."""
    with process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "waiting\n"
        finally:
            process.send_signal(signal.SIGKILL)
        assert process.wait(timeout=60) == -signal.SIGKILL


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Return what two killed runs left, by their steps between checkpoints."""
    folders = {every: tmp_path_factory.mktemp("killed") for every in (0, 5)}
    processes = [start(folder, every) for every, folder in folders.items()]
    for process in processes:
        kill(process)
    return folders


@pytest.mark.parametrize(
    ("every", "resumed_from"), [(0, 7), (5, 10)], ids=["epochs", "steps"]
)
def test_a_killed_run_goes_on_bit_by_bit(
    every: int, resumed_from: int, killed: dict[int, Path], tmp_path: Path
) -> None:
    config = replace(toy_run.CONFIG, checkpoint_every=every or None)
    left = shutil.copytree(killed[every], tmp_path / "left")
    _, header = read_tensors(left / CHECKPOINT)
    assert json.loads(header)["position"]["step"] == resumed_from

    whole, expected = toy_run.train(tmp_path / "whole", config)
    resumed, history = toy_run.train(left, config)

    assert toy_run.losses(history) == toy_run.losses(expected)
    assert history.column("step") == expected.column("step") == [7, 14, 21, 28]
    for name, value in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], value), name
    for file in (BEST, CHECKPOINT):
        ours, _ = read_tensors(left / file)
        theirs, _ = read_tensors(tmp_path / "whole" / file)
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(ours[name], theirs[name]) for name in ours), file


def test_the_log_tells_of_the_kill(killed: dict[int, Path], tmp_path: Path) -> None:
    left = shutil.copytree(killed[0], tmp_path / "left")
    for _ in range(2):  # from the kill to the end, and once more
        toy_run.train(left)
    lines = (left / LOG).read_text(encoding="utf-8").splitlines()
    told = [line.split(" ", 1)[1] for line in lines]
    starts = [line for line in told if f" of {toy_run.STEPS}, cpu, float32" in line]
    assert [line.split("step ")[1].split(" ")[0] for line in starts] == ["0", "7", "28"]
    assert sum(line.startswith("epoch ") for line in told) == 4
    assert all(datetime.fromisoformat(line.split(" ")[0]).tzinfo for line in lines)


def test_what_a_kill_leaves_in_mid_write_is_replaced(tmp_path: Path) -> None:
    (tmp_path / f".{CHECKPOINT}.tmp").write_bytes(b"half a checkpoint")
    toy_run.train(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {CHECKPOINT, BEST, LOG}


def test_a_checkpoint_holds_all_that_the_next_step_depends_on(tmp_path: Path) -> None:
    toy_run.train(tmp_path)
    tensors, header = read_tensors(tmp_path / CHECKPOINT)
    parts = {name.split("/")[0] for name in tensors}
    assert parts == {"model", "average", "optimizer"}
    kinds = {name.split("/")[2] for name in tensors if name.startswith("optimizer/")}
    assert kinds == {"exp_avg", "exp_avg_sq", "step"}
    position = json.loads(header)["position"]
    assert position["step"] == toy_run.STEPS
    assert position["best"] == min(row["held_out"] for row in position["rows"])


def test_a_finished_run_is_not_trained_again(tmp_path: Path) -> None:
    first, expected = toy_run.train(tmp_path)
    before = (tmp_path / CHECKPOINT).read_bytes()

    def refuse(*_: object) -> None:
        raise AssertionError("a step was taken")

    again, history = toy_run.train(tmp_path, transform=refuse)
    assert history.rows == expected.rows
    assert (tmp_path / CHECKPOINT).read_bytes() == before
    for name, value in first.state_dict().items():
        assert torch.equal(again.state_dict()[name], value)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the checkpoint of a finished run, to be copied."""
    folder = tmp_path_factory.mktemp("finished")
    toy_run.train(folder)
    return folder / CHECKPOINT


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content[:5],
        lambda _: b"",
        lambda content: bytes(64) + content[64:],
    ],
    ids=["half", "five bytes", "empty", "zeroed header"],
)
def test_a_damaged_checkpoint_is_refused(
    damage: Callable[[bytes], bytes], finished: Path, tmp_path: Path
) -> None:
    path = tmp_path / CHECKPOINT
    path.write_bytes(damage(finished.read_bytes()))
    with pytest.raises(CheckpointError, match="delete it to start afresh") as caught:
        toy_run.train(tmp_path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 4},
        {"batch_size": 4},
        {"epochs": 5},
        {"clip_norm": None},
        {"average_decay": 0.5},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_runs_checkpoint_is_refused(
    change: dict[str, object], finished: Path, tmp_path: Path
) -> None:
    path = tmp_path / CHECKPOINT
    path.write_bytes(finished.read_bytes())
    with pytest.raises(CheckpointError, match="belongs to another run"):
        toy_run.train(tmp_path, replace(toy_run.CONFIG, **change))
    assert path.read_bytes() == finished.read_bytes()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rate": 0.02}, r"lr of group 0 is 0\.03 there and 0\.02 here:"),
        (
            {"weight_decay": 0.2},
            r"weight_decay of group 0 is 0\.1 there and 0\.2 here:",
        ),
        (
            {"rule": torch.optim.Adam},
            r"optimizer is torch\.optim\.adamw\.AdamW there and "
            r"torch\.optim\.adam\.Adam here",
        ),
        (
            {"schedule": OneCycle(40)},
            r"schedule is OneCycle\(total_steps=28.* there and "
            r"OneCycle\(total_steps=40.* here:",
        ),
        ({"schedule": constant}, "schedule is OneCycle.* there and constant here:"),
        ({"precision": "bf16"}, "run, whose precision is float32 there and bf16 here:"),
    ],
    ids=["rate", "decay", "optimizer", "schedule's length", "schedule", "precision"],
)
def test_a_run_does_not_go_on_in_another_way(
    change: dict[str, object], words: str, finished: Path, tmp_path: Path
) -> None:
    path = tmp_path / CHECKPOINT
    path.write_bytes(finished.read_bytes())
    change = dict(change)
    precision = change.pop("precision", "float32")
    config = replace(toy_run.CONFIG, precision=precision)
    with pytest.raises(CheckpointError, match=words):
        toy_run.train(tmp_path, config, **change)
    assert path.read_bytes() == finished.read_bytes()


def test_checkpoints_may_be_written_at_another_pace(
    finished: Path, tmp_path: Path
) -> None:
    (tmp_path / CHECKPOINT).write_bytes(finished.read_bytes())
    (tmp_path / BEST).write_bytes((finished.parent / BEST).read_bytes())
    toy_run.train(tmp_path, replace(toy_run.CONFIG, checkpoint_every=2))


def test_other_weights_in_place_of_a_checkpoint_are_refused(tmp_path: Path) -> None:
    write_tensors(tmp_path / CHECKPOINT, {"weight": torch.zeros(3)})
    with pytest.raises(CheckpointError, match="not the checkpoint of a run"):
        toy_run.train(tmp_path)


def test_another_models_checkpoint_is_refused(finished: Path, tmp_path: Path) -> None:
    tensors, header = read_tensors(finished)
    kept = {k: v for k, v in tensors.items() if not k.endswith("log_scale")}
    write_tensors(tmp_path / CHECKPOINT, kept, header)
    with pytest.raises(CheckpointError, match=r"(?s)another model .*log_scale"):
        toy_run.train(tmp_path)


def test_tensors_come_back_as_they_were(tmp_path: Path) -> None:
    tensors = {
        "half": torch.arange(6, dtype=torch.bfloat16).view(2, 3),
        "turned": torch.arange(6, dtype=torch.float64).view(2, 3).T,
        "scalar": torch.tensor(7),
        "empty": torch.zeros(0, 4),
        "conjugate": torch.tensor([1 + 2j, 3 - 4j]).conj(),
        "negative": torch.tensor([1 + 2j, 3 - 4j]).conj().imag,
    }
    path = tmp_path / "new" / "folder" / "tensors.safetensors"
    write_tensors(path, tensors, "first line\nsecond: ±")
    read, header = read_tensors(path)
    assert header == "first line\nsecond: ±"
    assert read.keys() == tensors.keys()
    for name, value in tensors.items():
        assert read[name].dtype == value.dtype
        assert torch.equal(read[name], value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"absent\.safetensors"):
        read_tensors(tmp_path / "absent.safetensors")


@pytest.mark.parametrize("bytes_written", [0, 10])
def test_a_failing_write_leaves_the_old_file(
    bytes_written: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tensors.safetensors"
    write_tensors(path, {"x": torch.ones(3)}, "old")

    def full(file: Path, _: bytes) -> None:
        with file.open("wb") as stream:
            stream.write(bytes(bytes_written))
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(OSError, match="No space left"):
            write_tensors(path, {"x": torch.zeros(3)}, "new")
    tensors, header = read_tensors(path)
    assert header == "old"
    assert torch.equal(tensors["x"], torch.ones(3))
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_write_that_breaks_off_in_training_keeps_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, expected = toy_run.train(tmp_path / "whole")
    original, calls = Path.write_bytes, iter(range(100))

    def breaks(file: Path, data: bytes) -> None:
        original(file, data)
        if next(calls) == 4:
            with file.open("r+b") as stream:
                stream.truncate(100)
            raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", breaks)
        with pytest.raises(OSError, match="Input/output error"):
            toy_run.train(tmp_path / "broken")
    resumed, history = toy_run.train(tmp_path / "broken")
    assert toy_run.losses(history) == toy_run.losses(expected)
    for name, value in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], value)


@pytest.mark.parametrize("place", [0.3, 0.5, 0.7, 0.99])
def test_a_flipped_bit_is_seen(place: float, tmp_path: Path) -> None:
    path = tmp_path / "tensors.safetensors"
    write_tensors(path, {"x": torch.arange(50.0), "n": torch.tensor(3)}, "header")
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] ^= 4
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match=r"damaged|cannot read"):
        read_tensors(path)


def test_who_does_not_write_locks_nothing(tmp_path: Path) -> None:
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    for writes in (False, True):
        manager = CheckpointManager(tmp_path, model, optimizer, writes=writes)
        with manager.locked():
            assert (tmp_path / ".lock").exists() == writes


def iter_of(*values: float) -> Callable[[], float]:
    return iter(values).__next__


def test_a_leg_has_the_seconds_since_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(legs, "time", SimpleNamespace(monotonic=iter_of(100.0, 107.5)))
    leg = legs.begin_leg(None, 0)
    legs.LegClock(leg).at(3)
    assert (leg["to_step"], leg["seconds"]) == (3, 7.5)


def test_a_name_in_an_optimizers_state_may_have_a_stroke(tmp_path: Path) -> None:
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    optimizer.state[model.weight]["slow/mean"] = torch.tensor([[3.0]])
    manager = CheckpointManager(tmp_path, model, optimizer, writes=True)
    with manager.locked():
        manager.save(manager.restore({}))
        optimizer.state.clear()
        manager.restore({})
    assert optimizer.state[model.weight]["slow/mean"] == 3.0
