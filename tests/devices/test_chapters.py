"""Every chapter on the pretended GPU: no cell may mix devices.

Trainings are cut to a few steps, so checks of trained models may fail; they print and
go on.  What is looked for is a tensor on the wrong device.
"""

from __future__ import annotations

import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import jupytext
import pytest
import torch
from pretended_gpu import GPU, DevicesMixed, pretended_gpu
from rederived.chapters.titles import recurrent
from rederived.chapters.titles.exact import exact_search
from rederived.chapters.titles.search import Hypothesis
from rederived.chapters.variational import measures
from rederived.claims import ClaimFailed, claims
from rederived.training import adversarial, loop

BOOK = Path(__file__).parents[2] / "book"
CHAPTERS = sorted(BOOK.glob("0*.md"))
STEPS = 3
CHECKS = ("close", "equal", "below", "above", "between", "differs", "mean_close",
          "mean_above", "mean_below")  # fmt: skip


def tolerant(check: Callable[..., None]) -> Callable[..., None]:
    """Return a check that does not stop a cell whose training was cut."""

    def judged(*args: object, **options: object) -> None:
        try:
            check(*args, **options)
        except (ClaimFailed, ValueError):
            return

    return judged


@contextmanager
def cut_trainings() -> Iterator[None]:
    """Let ``fit`` take a few steps and ``fit_players`` a few rounds."""
    step, play = loop._Run._step, adversarial.fit_players

    def short(run: Any) -> float:
        return step(run) if run.position.step < STEPS else 0.0

    def few(
        players: Any, optimizer: Any, turn: Any, rounds: int, **options: Any
    ) -> None:
        def first_turns(number: int) -> None:
            if number < STEPS or number == rounds - 1:
                turn(number)

        play(players, optimizer, first_turns, rounds, **options)

    users = [m for m in sys.modules.values() if getattr(m, "fit_players", None) is play]
    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(loop._Run, "_step", short))
        for module in users:
            stack.enter_context(mock.patch.object(module, "fit_players", few))
        yield


def run_cells(chapter: Path) -> list[str]:
    """Run a chapter's code; return where devices were mixed."""
    space: dict[str, Any] = {"__name__": "__main__"}
    found = []
    for number, cell in enumerate(jupytext.read(chapter).cells):
        if cell.cell_type != "code":
            continue
        name = f"{chapter.stem}, cell {number}"
        try:
            exec(compile(cell.source, name, "exec"), space)  # the book's own code
        except (DevicesMixed, TypeError) as error:
            if isinstance(error, TypeError) and "use .cpu()" not in str(error):
                raise
            lines = [
                f.lineno
                for f in traceback.extract_tb(error.__traceback__)
                if f.filename == name
            ]
            source = cell.source.splitlines()[(lines[-1] or 1) - 1].strip()
            last = traceback.extract_tb(error.__traceback__)
            inside = next(
                (f for f in reversed(last) if "rederived" in f.filename), last[-1]
            )
            found.append(
                f"{name}: {source}: {error} [{inside.filename}:{inside.lineno}]"
            )
        except (AssertionError, NameError):
            continue  # a check of a training that was cut, or what was to follow it
    return found


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_runs_on_a_gpu(
    chapter: Path, monkeypatch: pytest.MonkeyPatch, runs: Path
) -> None:
    monkeypatch.chdir(BOOK)
    monkeypatch.setenv("REDERIVED_PROFILE", "quick")
    for name in CHECKS:
        monkeypatch.setattr(claims.Claim, name, tolerant(getattr(claims.Claim, name)))
    with cut_trainings(), pretended_gpu(), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # what was not measured
        assert run_cells(chapter) == []


def test_what_runs_on_a_gpu() -> None:
    model = recurrent.RecurrentModel(recurrent.RecurrentConfig(9, 8, 8))
    known = Hypothesis((), -3.0, -3.0, ended=True)
    text, mode = torch.tensor([[5, 6]]), torch.tensor([0, 1, 1])
    here = exact_search(model, text, 3, known)
    covered = measures.count_covered(mode, mode > 0, 2)
    with pretended_gpu():
        there = exact_search(model.to(GPU), text.to(GPU), 3, known)
        found = measures.count_covered(mode.to(GPU), mode.to(GPU) > 0, 2)
        assert found.device == GPU
    assert there == here
    assert int(found) == int(covered) == 1
