"""Several processes: who runs what, alone, and the commands that start them."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from accelerate import PartialState
from rederived import cli
from rederived.records import Process, apart
from rederived.records import processes as processes_module
from rederived.study import study
from rederived.training import progress
from typer.testing import CliRunner

PAGE = Path(__file__).parents[2] / "book" / "how-to-run.md"
COMMANDS = re.findall(
    r"^(?:torchrun|accelerate launch) .*$", PAGE.read_text("utf-8"), re.MULTILINE
)


def place(monkeypatch: pytest.MonkeyPatch, number: int, count: int, local: int) -> None:
    """Say what torchrun says to a process."""
    monkeypatch.setenv("RANK", str(number))
    monkeypatch.setenv("LOCAL_RANK", str(local))
    monkeypatch.setenv("WORLD_SIZE", str(count))


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_every_item_goes_to_one_process(count: int) -> None:
    items = list("abcde")
    shares = [Process(number, count).share(items, items) for number in range(count)]
    assert sorted(item for share in shares for item in share) == items
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_items_with_one_key_stay_together_and_in_order() -> None:
    items, key = [0, 1, 2, 3, 4], ["a", "b", "a", "c", "b"]
    assert Process(0, 2).share(items, key) == [0, 2, 3]
    assert Process(1, 2).share(items, key) == [1, 4]


def test_apart_a_process_is_alone_and_afterwards_one_of_the_group(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place(monkeypatch, 3, 4, 1)
    monkeypatch.setenv("ACCELERATE_USE_CPU", "true")
    before = dict(os.environ)
    PartialState._reset_state()
    with apart() as process:
        assert process == Process(3, 4)
        assert PartialState().num_processes == 1
        assert not torch.distributed.is_initialized()
    PartialState._reset_state()
    assert dict(os.environ) == before


@pytest.mark.parametrize(("number", "seen"), [(0, True), (1, False)])
def test_only_the_first_process_shows_a_bar(
    monkeypatch: pytest.MonkeyPatch, number: int, seen: bool
) -> None:
    place(monkeypatch, number, 2, number)
    monkeypatch.delenv("PYTEST_VERSION", raising=False)
    monkeypatch.delenv("REDERIVED_PROGRESS", raising=False)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with apart():
        assert progress.watched() is seen
    assert progress.watched()


@pytest.mark.parametrize(
    ("gpus", "local", "taken"), [(4, 2, [2]), (2, 5, [1]), (0, 1, [])]
)
def test_a_process_takes_the_next_gpu_of_its_machine(
    monkeypatch: pytest.MonkeyPatch, gpus: int, local: int, taken: list[int]
) -> None:
    place(monkeypatch, 9, 12, local)
    asked: list[int] = []

    class Device:
        def __init__(self, index: int) -> None:
            self.index = index

        def __enter__(self) -> None:
            asked.append(self.index)

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(torch.cuda, "device", Device)
    with apart():
        assert asked == taken


@pytest.mark.parametrize("number", ["2", "-1", "first"])
def test_a_place_that_is_none_is_refused(
    monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    place(monkeypatch, 0, 2, 0)
    monkeypatch.setenv("RANK", number)
    with pytest.raises(ValueError, match=f"RANK={number}, .* is no place"), apart():
        pass


def test_one_configuration_with_two_names_is_one_run(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = study("blank-pixels")
    monkeypatch.setitem(chosen.quick, "again", chosen.quick["digits"])
    printed = []
    for number in (0, 1):
        place(monkeypatch, number, 2, number)
        printed.append(CliRunner().invoke(cli.app, ["run", "blank-pixels"]))
    assert [one.exit_code for one in printed] == [0, 0]
    assert printed[0].stdout.count("blank-pixels digits seed 0") == 2
    assert printed[1].output == ""
    assert "2 processes, runs: 1;" in printed[0].stderr


@pytest.mark.parametrize("command", COMMANDS, ids=lambda line: line.split()[0])
def test_the_commands_of_the_page_start_two_processes(command: str, runs: Path) -> None:
    program, *options = shlex.split(command)
    options = options[: options.index("run") + 1]
    if program == "accelerate":  # a free port; torchrun has --standalone
        options[1:1] = ["--main_process_port", "0"]
    found = subprocess.run(
        [
            str(Path(sys.executable).with_name(program)),
            *options,
            *("blank-pixels", "--seed", "0", "--seed", "1"),
        ],
        env=os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    lines = [line for line in found.stdout.splitlines() if line]
    assert sorted(line.split(" [")[0] for line in lines) == [
        f"blank-pixels digits seed {seed}" for seed in (0, 1)
    ]
    assert len(list(runs.glob("blank-pixels/*/seed-*/run.json"))) == 2


def test_the_page_has_both_launchers() -> None:
    assert [line.split()[0] for line in COMMANDS] == ["torchrun", "accelerate"]


@pytest.mark.parametrize(("processes", "used"), [(1, []), (2, [1])])
def test_each_of_two_processes_takes_its_gpu(
    processes: int, used: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    place = (SimpleNamespace(number=processes - 1, count=processes), processes - 1)

    @contextmanager
    def gpu(local: int) -> Iterator[None]:
        taken.append(local)
        yield

    monkeypatch.setattr(processes_module, "_place", lambda: place)
    monkeypatch.setattr(processes_module, "_gpu", gpu)
    with processes_module.apart():
        assert taken == used
