"""The adversarial loop: killed games go on bit by bit, foreign ones are refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import toy_game
from rederived.training import LOG, CheckpointError, progress, read_tensors

CHECKPOINT = "checkpoint.safetensors"


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what a game left that was killed inside a round."""
    folder = tmp_path_factory.mktemp("killed")
    with subprocess.Popen(
        [sys.executable, toy_game.__file__, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "waiting\n"
        finally:
            process.send_signal(signal.SIGKILL)
        assert process.wait(timeout=60) == -signal.SIGKILL
    return folder


def test_a_killed_game_goes_on_bit_by_bit(killed: Path, tmp_path: Path) -> None:
    whole, every = toy_game.play(tmp_path)
    resumed, rest = toy_game.play(killed)
    assert every == list(range(toy_game.ROUNDS))
    assert rest == every[10:]  # from the last checkpoint before round 17
    assert not torch.equal(whole.total, torch.zeros(2))
    ours, _ = read_tensors(killed / CHECKPOINT)
    theirs, _ = read_tensors(tmp_path / CHECKPOINT)
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    for name, value in whole.named_parameters():
        assert torch.equal(resumed.get_parameter(name), value)
    assert torch.equal(resumed.total, whole.total)


def test_the_game_on_disk_is_the_game_in_memory(tmp_path: Path) -> None:
    on_disk, _ = toy_game.play(tmp_path)
    in_memory, _ = toy_game.play(None)
    assert torch.equal(on_disk.total, in_memory.total)


def test_a_finished_game_is_not_played_again(tmp_path: Path) -> None:
    first, _ = toy_game.play(tmp_path)
    again, played = toy_game.play(tmp_path)
    assert played == []
    assert torch.equal(again.total, first.total)


def test_the_log_tells_of_starts_and_checkpoints(tmp_path: Path) -> None:
    toy_game.play(tmp_path)
    toy_game.play(tmp_path)
    lines = (tmp_path / LOG).read_text(encoding="utf-8").splitlines()
    told = [line.split(" ", 1)[1] for line in lines]
    assert told[0].startswith("a game: round 0 of 25, cpu, float32, ")
    assert told[1:4] == ["round 10 of 25", "round 20 of 25", "round 25 of 25"]
    assert told[4].startswith("a game: round 25 of 25, cpu, float32, ")
    assert len(told) == 5


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seed": 1}, "seed is 0 there and 1 here:"),
        ({"rate": 0.1}, r"lr of group 0 is 0\.05 there and 0\.1 here:"),
    ],
)
def test_another_games_checkpoint_is_refused(
    change: dict[str, float], words: str, tmp_path: Path
) -> None:
    toy_game.play(tmp_path)
    with pytest.raises(CheckpointError, match=words):
        toy_game.play(tmp_path, **change)  # type: ignore[arg-type]


def test_the_bar_counts_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int, str]] = []
    genuine = progress.bar

    def bar(total: int, start: int, label: str) -> object:
        asked.append((total, start, label))
        return genuine(total, start, label)

    monkeypatch.setattr(progress, "bar", bar)
    toy_game.play(None)
    assert asked == [(25, 0, "a game")]


def test_no_process_returns_before_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[bool] = []
    monkeypatch.setattr(
        "accelerate.Accelerator.wait_for_everyone",
        lambda _: written.append((tmp_path / "checkpoint.safetensors").exists()),
    )
    toy_game.play(tmp_path)
    assert written == [False, True]  # nor plays before all have read
