"""A small adversarial game, in this process or another.

As a program, ``python toy_game.py FOLDER`` plays, and waits inside round ``STOP_AT``
for the signal that kills it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from rederived.training import GeneratorState, fit_players, generator
from torch import Tensor, nn

ROUNDS, EVERY, STOP_AT = 25, 10, 17


class Game(nn.Module):
    """One number against another, on noise; what they were is added up."""

    total: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Parameter(torch.tensor([1.0, -2.0]))
        self.second = nn.Parameter(torch.tensor([0.5, 0.3]))
        self.draws = GeneratorState(generator(5))
        self.register_buffer("total", torch.zeros(2))
        self.optimizer = torch.optim.Adam(self.parameters(), 0.05)

    def round(self) -> None:
        """Give each player a step against the other's last value."""
        for sign in (1.0, -1.0):
            noise = torch.randn(2, generator=self.draws.source)
            self.optimizer.zero_grad()
            self.second.requires_grad_(sign < 0)
            value = (self.first * self.second + 0.1 * noise * self.first**2).sum()
            (sign * value).backward()
            self.optimizer.step()
        self.second.requires_grad_(True)
        self.total += self.first.detach()


def play(
    directory: Path | None,
    stop_at: int | None = None,
    rate: float = 0.05,
    seed: int = 0,
) -> tuple[Game, list[int]]:
    """Play the game to its end; return it and the rounds that were played."""
    game, played = Game(), list[int]()
    game.optimizer.param_groups[0]["lr"] = rate

    def one(number: int) -> None:
        if number == stop_at:
            print("waiting", flush=True)
            sys.stdin.read()
        played.append(number)
        game.round()

    fit_players(
        game,
        game.optimizer,
        one,
        ROUNDS,
        identity={"seed": seed},
        checkpoint_every=EVERY,
        directory=directory,
        label="a game",
    )
    return game, played


if __name__ == "__main__":
    torch.set_num_threads(1)
    play(Path(sys.argv[1]), STOP_AT)
