"""A run that is asked to stop goes on bit by bit; checkpoints by the clock; legs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch
import toy_game
import toy_run
from rederived.training import (
    LOG,
    checkpoints,
    fit_players,
    read_legs,
    read_tensors,
    stopping,
    write_origin,
)

CHECKPOINT = "checkpoint.safetensors"


def step_of(folder: Path) -> int:
    """Return the step of a folder's checkpoint."""
    return json.loads(read_tensors(folder / CHECKPOINT)[1])["position"]["step"]


def stop(*program: str) -> str:
    """Start a program, ask it to stop inside a step, and return what it says."""
    process = subprocess.Popen(
        [sys.executable, *program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate()  # the step goes on once its input ends
        assert process.returncode == 1
    return errors


def test_a_run_asked_to_stop_in_a_step_goes_on_bit_by_bit(tmp_path: Path) -> None:
    folder = tmp_path / "stopped"
    write_origin(folder, {"commit": "first"})
    assert "TrainingStoppedError" in stop(toy_run.__file__, "stop", str(folder), "0")
    assert step_of(folder) == toy_run.STOP_AT + 1  # in the middle of an epoch

    moved = folder.rename(tmp_path / "elsewhere")
    write_origin(moved, {"commit": "second"})
    resumed, history = toy_run.train(moved)
    whole, expected = toy_run.train(None)

    assert toy_run.losses(history) == toy_run.losses(expected)
    for name, value in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], value), name
    legs = read_legs(moved)
    assert [(leg["commit"], leg["from_step"], leg["to_step"]) for leg in legs] == [
        ("first", 0, 13),
        ("second", 13, 28),
    ]
    log = (moved / LOG).read_text(encoding="utf-8")
    assert log.count("stopped as asked after step 13 of 28") == 1


def test_a_game_asked_to_stop_in_a_round_goes_on_bit_by_bit(tmp_path: Path) -> None:
    assert "TrainingStoppedError" in stop(toy_game.__file__, str(tmp_path))
    assert step_of(tmp_path) == toy_game.STOP_AT + 1
    log = (tmp_path / LOG).read_text(encoding="utf-8")
    assert log.count("stopped as asked after round 18 of 25") == 1
    resumed, played = toy_game.play(tmp_path)
    whole, _ = toy_game.play(None)
    assert played == list(range(toy_game.STOP_AT + 1, toy_game.ROUNDS))
    for name, value in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], value), name


def test_a_killed_run_loses_no_more_than_the_clock_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN", 0.0)

    class KilledError(Exception):
        pass

    def kill(batch: toy_run.Batch, noise: torch.Generator) -> toy_run.Batch:
        if step_of(tmp_path) == 9 if (tmp_path / CHECKPOINT).exists() else False:
            raise KilledError
        return toy_run.add_noise(batch, noise)

    with pytest.raises(KilledError):
        toy_run.train(tmp_path, transform=kill)
    resumed, history = toy_run.train(tmp_path)
    whole, expected = toy_run.train(None)
    assert toy_run.losses(history) == toy_run.losses(expected)
    for name, value in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], value), name


def test_several_processes_keep_nothing_by_their_clocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Theirs differ, and one would wait for the others for ever."""
    monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr("accelerate.Accelerator.num_processes", 2)
    steps: list[int] = []
    monkeypatch.setattr(
        checkpoints.CheckpointManager,
        "save",
        lambda _, position: steps.append(position.step),
    )
    _, history = toy_run.train(tmp_path)
    assert steps == history.column("step")


def test_a_game_is_kept_as_often_as_the_clock_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN", 0.0)
    game = toy_game.Game()

    class KilledError(Exception):
        pass

    def play(number: int) -> None:
        if number == 13:
            raise KilledError
        game.round()

    with pytest.raises(KilledError):
        fit_players(
            game,
            game.optimizer,
            play,
            25,
            identity={"seed": 0},
            checkpoint_every=25,
            directory=tmp_path,
        )
    assert step_of(tmp_path) == 13


def test_the_handler_before_is_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stopping.stop_request(listening=True) as request:
        os.kill(os.getpid(), signal.SIGTERM)
        assert request.asked
    assert signal.getsignal(signal.SIGTERM) is before
    with stopping.stop_request(listening=False):
        assert signal.getsignal(signal.SIGTERM) is before


def test_another_thread_trains_without_listening(tmp_path: Path) -> None:
    done: list[int] = []
    thread = threading.Thread(
        target=lambda: done.append(len(toy_run.train(tmp_path)[1].rows))
    )
    thread.start()
    thread.join()
    assert done == [4]
