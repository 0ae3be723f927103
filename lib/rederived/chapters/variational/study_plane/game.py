"""The game of the GAN study: many pairs of networks side by side, round by round."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Generator, Tensor, nn

from rederived.chapters.variational.losses import (
    discriminator_loss,
    generator_loss,
    proximity,
)
from rederived.training import GeneratorState

DataSource = Callable[[int, Generator], Tensor]
"""From n and a source of randomness to n data points (n, D)."""


class Rules(Protocol):
    """What a game needs of its config; see ``GanConfig`` for the meaning."""

    @property
    def weights(self) -> tuple[float, ...]: ...  # noqa: D102
    @property
    def members(self) -> int: ...  # noqa: D102
    @property
    def discriminator_batches(self) -> int: ...  # noqa: D102
    @property
    def generator_batches(self) -> int: ...  # noqa: D102
    @property
    def steps_per_batch(self) -> int: ...  # noqa: D102
    @property
    def batch_size(self) -> int: ...  # noqa: D102
    @property
    def noise(self) -> int: ...  # noqa: D102
    @property
    def learning_rate(self) -> float: ...  # noqa: D102
    @property
    def beta1(self) -> float: ...  # noqa: D102


class Game(nn.Module):
    """Generators and discriminators of one config, with their optimizer.

    Network k has weight ``weights[k // members]`` and the start, data and noise of
    member ``k % members``: members differ by chance, weights by nothing else.

    Args:
        rules: lengths and rates.
        players: N generators (N, B, noise) -> (N, B, D), and N discriminators
            (N, B, D) -> (N, B, 1).
        data: draws data points.
        draws: source of data and noise.
        unit: lambda is this times the weight.
    """

    def __init__(
        self,
        rules: Rules,
        players: tuple[nn.Module, nn.Module],
        data: DataSource,
        draws: Generator,
        unit: float = 1.0,
    ) -> None:
        super().__init__()
        self.rules, self.source = rules, data
        self.generator, self.discriminator = players
        self.draws = GeneratorState(draws)
        self.repeats = len(rules.weights)
        self.networks = self.repeats * rules.members
        each = torch.tensor(rules.weights).repeat_interleave(rules.members)
        self.weight = unit * each
        # one optimizer: Adam leaves alone what has no gradient, the player who waits
        self.optimizer = torch.optim.Adam(
            self.parameters(),
            lr=rules.learning_rate,
            betas=(rules.beta1, 0.999),
            fused=True,
        )

    def noise(self, count: int, draws: Generator) -> Tensor:
        """Draw noise for every member, the same at each weight, (N, count, noise)."""
        shape = self.rules.members, count, self.rules.noise
        return torch.randn(shape, generator=draws).repeat(self.repeats, 1, 1)

    def data(self) -> Tensor:
        """Draw a batch for every member, the same at each weight, (N, B, D)."""
        members, size = self.rules.members, self.rules.batch_size
        flat = self.source(members * size, self.draws.source)
        return flat.reshape(members, size, -1).repeat(self.repeats, 1, 1)

    def logits(self, x: Tensor) -> Tensor:
        """Return the discriminators' logits, (N, B)."""
        logits: Tensor = self.discriminator(x).squeeze(-1)
        return logits

    def discriminator_turn(self) -> None:
        """Give the discriminators one step on each of their batches."""
        for _ in range(self.rules.discriminator_batches):
            noise = self.noise(self.rules.batch_size, self.draws.source)
            with torch.no_grad():
                fake = self.generator(noise)
            loss = discriminator_loss(self.logits(self.data()), self.logits(fake))
            self._step(loss)

    def generator_turn(self) -> Tensor:
        """Give the generators their steps; the old generator is that of before.

        Returns:
            The mean over batches of E |G(z) - G_old(z)|^2 before a batch's last
            step, (N,).
        """
        rules, moved = self.rules, torch.zeros(self.networks)
        batches = [
            self.noise(rules.batch_size, self.draws.source)
            for _ in range(rules.generator_batches)
        ]
        with torch.no_grad():
            old = [self.generator(noise) for noise in batches]
        self.discriminator.requires_grad_(False)
        for noise, before in zip(batches, old, strict=True):
            for _ in range(rules.steps_per_batch):
                new = self.generator(noise)
                distance = proximity(new, before)
                loss = generator_loss(self.logits(new)) + self.weight * distance
                self._step(loss)
            moved += distance.detach() / rules.generator_batches
        self.discriminator.requires_grad_(True)
        return moved

    def _step(self, loss: Tensor) -> None:
        """Take one step on the sum of the networks' own losses (N,)."""
        self.optimizer.zero_grad()
        torch.autograd.backward(loss.sum())
        self.optimizer.step()

    def samples(self, noise: Tensor) -> Tensor:
        """Return samples in evaluation mode, (weights, members, n, D)."""
        self.generator.eval()
        with torch.no_grad():
            found: Tensor = self.generator(noise)
        self.generator.train()
        return self.by_weight(found)

    def by_weight(self, values: Tensor) -> Tensor:
        """Reshape (N, ...) to (weights, members, ...)."""
        return values.reshape(self.repeats, self.rules.members, *values.shape[1:])
