"""A game played to its end, judged on the way; if killed it goes on where it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import torch
from torch import Tensor, nn

from rederived.chapters.variational.study_plane.game import Game, Rules
from rederived.records import Arrays, Trial
from rederived.training import fit_players

_FRAMES, _FILMED = 8, 4  # kept samples: times, members

Evaluate = Callable[[Tensor], dict[str, Tensor]]
"""From samples (weights, members, n, D) to named numbers (weights, members)."""


class Schedule(Rules, Protocol):
    """What a match needs of its config, beside the rules of the game."""

    @property
    def updates(self) -> int: ...  # noqa: D102
    @property
    def measurements(self) -> int: ...  # noqa: D102


class Sheet(nn.Module):
    """What was measured so far; its tables are saved with the networks.

    ``since`` adds up how far the networks moved since the last measurement.

    Args:
        schedule: sizes.
        names: of what is measured.
        frames: samples of each filmed member that are kept.
        dimension: D of a sample.
    """

    def __init__(
        self, schedule: Schedule, names: list[str], frames: int, dimension: int
    ) -> None:
        super().__init__()
        lines = len(schedule.weights), schedule.members
        for name in names:
            empty = torch.full((*lines, schedule.measurements), torch.nan)
            self.register_buffer(name, empty)
        films = len(schedule.weights), min(schedule.members, _FILMED), _FRAMES
        self.register_buffer("frames", torch.zeros(*films, frames, dimension))
        self.register_buffer("since", torch.zeros(lines[0] * lines[1]))
        times = torch.linspace(0, schedule.measurements - 1, _FRAMES).long()
        self.register_buffer("frame_times", times)

    since: Tensor

    def note(self, place: int, found: dict[str, Tensor], samples: Tensor) -> None:
        """Enter the numbers of one time, and its pictures if it is to be kept."""
        tables = dict(self.named_buffers())
        for name, values in found.items():
            tables[name][..., place] = values
        frames = tables["frames"]
        for column in (tables["frame_times"] == place).nonzero().flatten().tolist():
            frames[:, :, column] = samples[:, : frames.shape[1], : frames.shape[3]]

    def arrays(self) -> Arrays:
        """Return all tables; frames at half precision."""
        tables = dict(self.named_buffers())
        del tables["since"]
        tables["frames"] = tables["frames"].half()
        return {name: table.numpy() for name, table in tables.items()}


def play(
    game: Game,
    schedule: Schedule,
    evaluate: Evaluate,
    fixed: Tensor,
    *,
    frames: int,
    identity: Mapping[str, object],
    trial: Trial,
) -> Sheet:
    """Play all rounds, measure samples after each part, and return the numbers.

    Beside these numbers the sheet has ``moved``, the mean of
    E |G(z) - G_old(z)|^2 over the part's rounds.

    Args:
        game: at its start.
        schedule: its config.
        evaluate: measures samples.
        fixed: the noise of the judged samples, (N, n, noise).
        frames: samples of each filmed member that are kept.
        identity: of the run; a checkpoint must have the same.
        trial: where a checkpoint goes after each part, and may be to go on from.
    """
    first = game.samples(fixed)
    names = [*evaluate(first), "moved"]
    sheet = Sheet(schedule, names, min(frames, first.shape[2]), first.shape[-1])
    state = nn.ModuleDict({"game": game, "sheet": sheet})
    rounds = schedule.updates // (schedule.generator_batches * schedule.measurements)

    def play_round(number: int) -> None:
        game.discriminator_turn()
        sheet.since += game.generator_turn() / rounds
        played = number + 1
        if played % rounds == 0:
            drawn = game.samples(fixed)
            found = evaluate(drawn) | {"moved": game.by_weight(sheet.since)}
            sheet.note(played // rounds - 1, found, drawn)
            sheet.since.zero_()

    fit_players(
        state,
        game.optimizer,
        play_round,
        rounds * schedule.measurements,
        identity=identity,
        checkpoint_every=rounds,
        directory=trial.directory,
        label=trial.label,
    )
    return sheet
