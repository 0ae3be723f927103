"""``run(config)``: play the game on a mixture in the plane, return a Run."""

from __future__ import annotations

from dataclasses import asdict

import torch
from torch import Generator, Tensor

from rederived.chapters.variational.ensembles import mlp
from rederived.chapters.variational.study_plane.config import GanConfig
from rederived.chapters.variational.study_plane.game import Game
from rederived.chapters.variational.study_plane.match import play
from rederived.chapters.variational.study_plane.measures import (
    collapsed,
    covered_modes,
    first_time,
)
from rederived.datasets import points
from rederived.records import Measured, Trial
from rederived.training import generator

_WEIGHTS, _DRAWS, _JUDGED = 20, 21, 22  # random streams of one seed
_POINTS = 128  # kept of each filmed member


def make_game(config: GanConfig, seed: int) -> Game:
    """Return the game of a config at its start."""
    members, width = config.members, config.width
    networks, starts = len(config.weights) * members, generator(seed, _WEIGHTS)
    both, second = (config.batch_norm,) * 2, (False, config.batch_norm)
    sizes = (config.noise, width, width, 2), (2, width, width, 1)
    makers = mlp(networks, members, sizes[0], starts, normalized=both)
    judges = mlp(networks, members, sizes[1], starts, leak=0.2, normalized=second)
    centres, scale = mixture(config.data)

    def data(count: int, draws: Generator) -> Tensor:
        return points.gaussian_mixture(count, draws, centres, scale)

    return Game(config, (makers, judges), data, generator(seed, _DRAWS))


def mixture(data: str) -> tuple[Tensor, float]:
    """Return centres and deviation of the ring or the grid."""
    if data == "ring":
        return points.ring_centres(), points.RING_SCALE
    return points.grid_centres(), points.GRID_SCALE


def measure(config: GanConfig, trial: Trial) -> Measured:
    """Play one game for all weights and members, and judge samples on the way.

    Arrays, with axes weights, members, measurements: ``covered`` (modes), ``good``
    (share of samples), ``moved`` (mean E |G - G_old|^2); and ``frames``, samples of
    the first members at a few of the measurements, ``frame_times``.  Metrics: means
    over members, see ``summaries``.

    Args:
        config: what to run.
        trial: its seed decides starts, data and noise.
    """
    seed = trial.seed
    game, (centres, scale) = make_game(config, seed), mixture(config.data)
    fixed = game.noise(config.samples, generator(seed, _JUDGED))

    def evaluate(samples: Tensor) -> dict[str, Tensor]:
        covered, good = covered_modes(samples, centres, scale)
        return {"covered": covered.float(), "good": good}

    identity = asdict(config) | {"seed": seed}
    sheet = play(
        game, config, evaluate, fixed,
        frames=_POINTS, identity=identity, trial=trial,
    )  # fmt: skip
    arrays = sheet.arrays()
    arrays["covered"] = arrays["covered"].astype("int16")
    covered, good = (torch.as_tensor(arrays[name]) for name in ("covered", "good"))
    return Measured(
        metrics=summaries(config.weights, len(centres), covered, good),
        data=[f"{config.data} of Gaussians, drawn"],
        arrays=arrays,
    )


def summaries(
    weights: tuple[float, ...], modes: int, covered: Tensor, good: Tensor
) -> dict[str, float]:
    """Return means over members for each weight, the second half of the time.

    ``covered@w`` modes and ``good@w`` share of samples; ``collapsed@w`` share of
    members that collapse at any time; ``on_track@w`` first measurement with half of
    the modes covered; and ``covered``, that of the first weight.

    Args:
        weights: of the proximity term.
        modes: how many there are.
        covered: modes, (weights, members, measurements).
        good: share of samples, the same shape.
    """
    half = covered.shape[-1] // 2
    found: dict[str, float] = {}
    lost = collapsed(covered, modes).any(-1).double().mean(-1)
    reached = first_time(covered >= modes / 2).double().mean(-1)
    for place, weight in enumerate(weights):
        late = covered[place, :, half:].double()
        found[f"covered@{weight:g}"] = float(late.mean())
        found[f"good@{weight:g}"] = float(good[place, :, half:].double().mean())
        found[f"collapsed@{weight:g}"] = float(lost[place])
        found[f"on_track@{weight:g}"] = float(reached[place])
    found["covered"] = found[f"covered@{weights[0]:g}"]
    return found
