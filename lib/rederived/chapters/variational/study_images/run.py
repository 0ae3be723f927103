"""``run(config)``: play the game on pictures, return a Run."""

from __future__ import annotations

from dataclasses import asdict

import torch
from torch import Generator, Tensor, nn

from rederived.chapters.variational.convolutions import Discriminators, Generators
from rederived.chapters.variational.ensembles import mlp
from rederived.chapters.variational.study_images.config import ImageGanConfig
from rederived.chapters.variational.study_images.evaluator import CLASSES, Evaluator
from rederived.chapters.variational.study_images.pictures import load_pictures
from rederived.chapters.variational.study_plane.game import Game
from rederived.chapters.variational.study_plane.match import play
from rederived.chapters.variational.study_plane.run import summaries
from rederived.records import Measured, Trial
from rederived.training import generator

_WEIGHTS, _DRAWS, _JUDGED = (
    40,
    41,
    43,
)  # random streams of one seed; 42 is the classifier's
_POINTS = 9  # pictures kept of each filmed member


def players(
    config: ImageGanConfig, side: int, seed: int, colours: int = 1
) -> tuple[nn.Module, nn.Module]:
    """Return generators and discriminators at their start.

    Args:
        config: which networks.
        side: pixels of a picture.
        seed: decides the starting weights.
        colours: channels of a picture.
    """
    members, width, norm = config.members, config.width, config.batch_norm
    networks, starts = len(config.weights) * members, generator(seed, _WEIGHTS)
    shared = networks, members
    if config.network == "convolutional":
        makers = Generators(
            *shared, starts, noise=config.noise, channels=width, side=side,
            normalized=norm, colours=colours,
        )  # fmt: skip
        return makers, Discriminators(
            *shared, starts, channels=width, side=side,
            normalized=norm, colours=colours,
        )  # fmt: skip
    pixels = colours * side**2
    sizes = (config.noise, width, width, pixels), (pixels, width, width, 1)
    plain_makers = mlp(*shared, sizes[0], starts, normalized=(norm, norm))
    judges = mlp(*shared, sizes[1], starts, leak=0.2, normalized=(False, norm))
    return nn.Sequential(plain_makers, nn.Tanh()), judges


def measure(config: ImageGanConfig, trial: Trial) -> Measured:
    """Play one game for all weights and members, and measure pictures on the way.

    Arrays, with axes weights, members, measurements: ``covered`` (classes), ``good``
    (share of samples), ``distance`` (Frechet, of the classifier's features), ``spread``
    (total variance over that of the real pictures), ``moved`` (mean E |G - G_old|^2,
    sums over pixels); and ``frames``, pictures of the first members at a few of the
    measurements (0 to 255), ``frame_times``.  Metrics: means over members as in the
    plane, ``distance@w``, and of the classifier ``accuracy`` on real test pictures, and
    their own ``good_real``, ``covered_real``, ``distance_real`` and ``spread_real``
    on as many of them as there are samples.

    Args:
        config: what to run.
        trial: its seed decides starts, data and noise.
    """
    seed = trial.seed
    pictures = load_pictures(config.dataset)
    evaluator = Evaluator(pictures, config.judge_epochs, trial.directory)

    def data(count: int, draws: Generator) -> Tensor:
        rows = torch.randint(len(pictures.train), (count,), generator=draws)
        return pictures.train[rows]

    game = Game(
        config,
        players(config, pictures.side, seed, pictures.colours),
        data,
        generator(seed, _DRAWS),
        unit=1 / (pictures.colours * pictures.side**2),
    )
    fixed = game.noise(config.samples, generator(seed, _JUDGED))
    identity = asdict(config) | {"seed": seed}
    sheet = play(
        game, config, evaluator, fixed,
        frames=_POINTS, identity=identity, trial=trial,
    )  # fmt: skip
    arrays = sheet.arrays()
    arrays["covered"] = arrays["covered"].astype("int16")
    arrays["frames"] = (127.5 * (arrays["frames"] + 1)).round().astype("uint8")
    covered, good, distance = (
        torch.as_tensor(arrays[name]) for name in ("covered", "good", "distance")
    )
    metrics = summaries(config.weights, CLASSES, covered, good)
    late = distance[..., config.measurements // 2 :].double().mean((1, 2))
    metrics |= {
        f"distance@{weight:g}": float(value)
        for weight, value in zip(config.weights, late, strict=True)
    }
    real = evaluator(pictures.test[: config.samples])
    metrics |= {f"{name}_real": float(value) for name, value in real.items()}
    metrics["accuracy"] = evaluator.classifier.accuracy(
        pictures.test, pictures.test_labels
    )
    return Measured(
        metrics=metrics,
        data=pictures.sources,
        arrays=arrays,
    )
