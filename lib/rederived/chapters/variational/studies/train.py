"""The training of a GAN, measured on the way; if killed it goes on where it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

import torch
from torch import Tensor, nn

from rederived.chapters.variational.studies.gan import Gan, GanConfig
from rederived.records import Arrays, Trial
from rederived.training import fit_players

_FRAMES, _FILMED = 8, 4  # kept samples: times, members

Evaluate = Callable[[Tensor], dict[str, Tensor]]
"""From samples (weights, members, n, D) to named numbers (weights, members)."""


class Measurements(nn.Module):
    """What was measured so far, as buffers, so that it is saved with the networks.

    Args:
        config: sizes.
        names: of what is measured.
        frames: samples of each filmed member that are kept.
        dimension: D of a sample.

    >>> config = GanConfig(weights=(0.0,), members=2, updates=100, measurements=10)
    >>> found = Measurements(config, ["covered"], frames=3, dimension=2).arrays()
    >>> {name: array.shape for name, array in found.items()}
    {'covered': (1, 2, 10), 'frames': (1, 2, 8, 3, 2), 'frame_times': (8,)}
    """

    def __init__(
        self, config: GanConfig, names: list[str], frames: int, dimension: int
    ) -> None:
        super().__init__()
        networks = len(config.weights), config.members
        for name in names:
            empty = torch.full((*networks, config.measurements), torch.nan)
            self.register_buffer(name, empty)
        films = len(config.weights), min(config.members, _FILMED), _FRAMES
        self.register_buffer("frames", torch.zeros(*films, frames, dimension))
        self.register_buffer("step_sum", torch.zeros(networks[0] * networks[1]))
        times = torch.linspace(0, config.measurements - 1, _FRAMES).long()
        self.register_buffer("frame_times", times)

    step_sum: Tensor
    """Of the networks' steps since the last measurement, (N,)."""

    def enter(self, place: int, found: dict[str, Tensor], samples: Tensor) -> None:
        """Enter the numbers of one time, and its samples if they are to be kept."""
        tables = dict(self.named_buffers())
        for name, values in found.items():
            tables[name][..., place] = values
        frames = tables["frames"]
        for column in (tables["frame_times"] == place).nonzero().flatten().tolist():
            frames[:, :, column] = samples[:, : frames.shape[1], : frames.shape[3]]

    def arrays(self) -> Arrays:
        """Return all tables; frames at half precision."""
        tables = dict(self.named_buffers())
        del tables["step_sum"]
        tables["frames"] = tables["frames"].half()
        return {name: table.numpy() for name, table in tables.items()}


def train_gan(
    gan: Gan, evaluate: Evaluate, noise: Tensor, frames: int, trial: Trial
) -> Arrays:
    """Play all rounds, measure samples after each part, and return the tables.

    Args:
        gan: at its start.
        evaluate: measures samples.
        noise: of the measured samples, (N, n, noise).
        frames: samples of each filmed member that are kept.
        trial: where a checkpoint goes after each part, and may be to go on from.

    Returns:
        Of ``evaluate``'s numbers and of ``step_size``, the mean of
        E |G(z) - G_old(z)|^2 over the part's rounds, tables (weights, members,
        measurements); and kept samples as ``frames``, of ``frame_times``.
    """
    config, first = gan.config, gan.samples(noise)
    names = [*evaluate(first), "step_size"]
    kept = min(frames, first.shape[2])
    measured = Measurements(config, names, kept, first.shape[-1])
    rounds = config.updates // (config.generator_batches * config.measurements)

    def train_step(number: int) -> None:
        gan.discriminator_steps()
        measured.step_sum += gan.generator_steps() / rounds
        part, left = divmod(number + 1, rounds)
        if not left:
            samples = gan.samples(noise)
            found = evaluate(samples)
            found["step_size"] = gan.by_weight(measured.step_sum)
            measured.enter(part - 1, found, samples)
            measured.step_sum.zero_()

    fit_players(
        nn.ModuleDict({"gan": gan, "measured": measured}),
        gan.optimizer,
        train_step,
        rounds * config.measurements,
        identity=asdict(config) | {"seed": trial.seed},
        checkpoint_every=rounds,
        directory=trial.directory,
        label=trial.label,
    )
    return measured.arrays()
