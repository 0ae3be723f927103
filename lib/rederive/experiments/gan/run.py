"""``run(config)``: play the game with many networks side by side, return a Run."""

from __future__ import annotations

import time
from pathlib import Path

import torch
from torch import Tensor, nn

from rederive.adversarial.ensembles import mlp
from rederive.adversarial.losses import (
    discriminator_loss,
    generator_loss,
    proximity,
)
from rederive.datasets import points
from rederive.experiments.gan.config import GanConfig, plain
from rederive.experiments.gan.measures import collapsed, covered_modes, first_time
from rederive.results import Arrays, Run, provenance
from rederive.training import generator

_WEIGHTS, _DRAWS, _JUDGED = 20, 21, 22  # random streams of one seed
_FRAMES, _FILMED, _POINTS = 8, 4, 128  # kept samples: times, members, points


class Game:
    """Generators and discriminators of one config, with their optimizers.

    Network k has weight ``weights[k // members]`` and the start, data and noise of
    member ``k % members``: members differ by chance, weights by nothing else.
    """

    def __init__(self, config: GanConfig, seed: int) -> None:
        self.config = config
        self.repeats, members = len(config.weights), config.members
        self.networks = self.repeats * members
        self.weight = torch.tensor(config.weights).repeat_interleave(members)
        starts, width = generator(seed, _WEIGHTS), config.width
        self.draws = generator(seed, _DRAWS)
        both, second = (config.batch_norm,) * 2, (False, config.batch_norm)
        sizes = (config.noise, width, width, 2), (2, width, width, 1)
        self.generator = mlp(self.networks, members, sizes[0], starts, normalized=both)
        self.discriminator = mlp(
            self.networks, members, sizes[1], starts, leak=0.2, normalized=second
        )
        self.centres, self.scale = mixture(config.data)
        self.optimizers = [
            torch.optim.Adam(
                player.parameters(),
                lr=config.learning_rate,
                betas=(config.beta1, 0.999),
                fused=True,
            )
            for player in (self.generator, self.discriminator)
        ]

    def noise(self, count: int, draws: torch.Generator) -> Tensor:
        """Draw noise for every member, the same at each weight, (N, count, noise)."""
        shape = self.config.members, count, self.config.noise
        return torch.randn(shape, generator=draws).repeat(self.repeats, 1, 1)

    def data(self) -> Tensor:
        """Draw a batch for every member, the same at each weight, (N, B, 2)."""
        members, size = self.config.members, self.config.batch_size
        flat = points.gaussian_mixture(
            members * size, self.draws, self.centres, self.scale
        )
        return flat.reshape(members, size, 2).repeat(self.repeats, 1, 1)

    def logits(self, x: Tensor) -> Tensor:
        """Return the discriminators' logits, (N, B)."""
        logits: Tensor = self.discriminator(x).squeeze(-1)
        return logits

    def discriminator_turn(self) -> None:
        """Give the discriminators one step on each of their batches."""
        for _ in range(self.config.discriminator_batches):
            noise = self.noise(self.config.batch_size, self.draws)
            with torch.no_grad():
                fake = self.generator(noise)
            loss = discriminator_loss(self.logits(self.data()), self.logits(fake))
            self._step(loss, self.optimizers[1])

    def generator_turn(self) -> Tensor:
        """Give the generators their steps; the old generator is that of before.

        Returns:
            The mean over batches of E |G(z) - G_old(z)|^2 before a batch's last
            step, (N,).
        """
        config, moved = self.config, torch.zeros(self.networks)
        batches = [
            self.noise(config.batch_size, self.draws)
            for _ in range(config.generator_batches)
        ]
        with torch.no_grad():
            old = [self.generator(noise) for noise in batches]
        self.discriminator.requires_grad_(False)
        for noise, before in zip(batches, old, strict=True):
            for _ in range(config.steps_per_batch):
                new = self.generator(noise)
                distance = proximity(new, before)
                loss = generator_loss(self.logits(new)) + self.weight * distance
                self._step(loss, self.optimizers[0])
            moved += distance.detach() / config.generator_batches
        self.discriminator.requires_grad_(True)
        return moved

    def _step(self, loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
        """Take one step on the sum of the networks' own losses (N,)."""
        optimizer.zero_grad()
        torch.autograd.backward(loss.sum())
        optimizer.step()

    def samples(self, noise: Tensor) -> Tensor:
        """Return samples in evaluation mode, (weights, members, n, 2)."""
        self.generator.eval()
        with torch.no_grad():
            found: Tensor = self.generator(noise)
        self.generator.train()
        return self.by_weight(found)

    def by_weight(self, values: Tensor) -> Tensor:
        """Reshape (N, ...) to (weights, members, ...)."""
        return values.reshape(self.repeats, self.config.members, *values.shape[1:])


def mixture(data: str) -> tuple[Tensor, float]:
    """Return centres and deviation of the ring or the grid."""
    if data == "ring":
        return points.ring_centres(), points.RING_SCALE
    return points.grid_centres(), points.GRID_SCALE


def run(
    config: GanConfig, preset: str, seed: int = 0, directory: Path | None = None
) -> tuple[Run, nn.Module]:
    """Play one game for all weights and members, and judge samples on the way.

    Arrays, with axes weights, members, measurements: ``covered`` (modes), ``good``
    (share of samples), ``moved`` (mean E |G - G_old|^2); and ``frames``, samples of
    the first members at a few of the measurements, ``frame_times``.  Metrics: means
    over members, see ``summaries``.

    Args:
        config: what to run.
        preset: its name, for the record.
        seed: decides starts, data and noise.
        directory: not used; a run takes minutes and starts afresh if killed.
    """
    del directory
    started, origin = time.perf_counter(), provenance()
    game = Game(config, seed)
    fixed = game.noise(config.samples, generator(seed, _JUDGED))
    rounds = config.updates // (config.generator_batches * config.measurements)
    times = torch.linspace(0, config.measurements - 1, _FRAMES).long().tolist()
    rows: list[tuple[Tensor, ...]] = []
    frames: list[Tensor] = []
    for place in range(config.measurements):
        moved = torch.zeros(game.networks)
        for _ in range(rounds):
            game.discriminator_turn()
            moved += game.generator_turn() / rounds
        drawn = game.samples(fixed)
        judged = covered_modes(drawn, game.centres, game.scale)
        rows.append((*judged, game.by_weight(moved)))
        frames += [drawn[:, :_FILMED, :_POINTS]] if place in times else []
    covered, good, moved = (torch.stack(row, -1) for row in zip(*rows, strict=True))
    arrays: Arrays = {
        "covered": covered.to(torch.int16).numpy(),
        "good": good.numpy(),
        "moved": moved.numpy(),
        "frames": torch.stack(frames, 2).half().numpy(),
        "frame_times": torch.tensor(times).numpy(),
    }
    seconds = round(time.perf_counter() - started)
    result = Run(
        experiment="gan",
        preset=preset,
        seed=seed,
        config=plain(config),
        metrics=summaries(config, covered, good),
        history=[],
        data=[f"{config.data} of Gaussians, drawn"],
        provenance=origin | {"wall_seconds": seconds},
        arrays=arrays,
    )
    return result, game.generator


def summaries(config: GanConfig, covered: Tensor, good: Tensor) -> dict[str, float]:
    """Return means over members for each weight, the second half of the time.

    ``covered@w`` modes and ``good@w`` share of samples; ``collapsed@w`` share of
    members that collapse at any time; ``on_track@w`` first measurement with half of
    the modes covered; and ``covered``, without the proximity term if a weight is 0.
    """
    modes, half = len(mixture(config.data)[0]), config.measurements // 2
    found: dict[str, float] = {}
    lost = collapsed(covered, modes).any(-1).double().mean(-1)
    reached = first_time(covered >= modes / 2).double().mean(-1)
    for place, weight in enumerate(config.weights):
        late = covered[place, :, half:].double()
        found[f"covered@{weight:g}"] = float(late.mean())
        found[f"good@{weight:g}"] = float(good[place, :, half:].double().mean())
        found[f"collapsed@{weight:g}"] = float(lost[place])
        found[f"on_track@{weight:g}"] = float(reached[place])
    found["covered"] = found[f"covered@{config.weights[0]:g}"]
    return found
