"""The race on quadratics: every rate, start and rotation at once."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from rederived.chapters.adaptive.landscapes import Quadratic
from rederived.chapters.adaptive.study.config import QuadraticRace
from rederived.chapters.adaptive.trajectories import Method, trajectory
from rederived.records import Arrays
from rederived.training import Linear, generator

METHODS: tuple[Method, ...] = ("gradient descent", "scalar", "vector")
AXES = ("aligned", "rotated")
_CHOICE, _TEST = 0, 1  # independent random streams of one seed
_WORST = 99.0  # log10 of a loss that is not a number any more


def race(config: QuadraticRace, seed: int) -> tuple[dict[str, float], Arrays]:
    """Choose each rule's rate on one set of problems and test it on another.

    The metrics: ``log_loss METHOD AXES CONDITION STEPS``, the mean over the problems of
    the decimal logarithm of the loss over the loss at the start; and ``rate ...``, the
    learning rate that was chosen.

    Returns:
        The metrics; and as ``log_loss`` those means for every rate, ``(method, axes,
        condition, steps, rate)``, beside the ``rates`` of the two RMSprops.
    """
    metrics: dict[str, float] = {}
    table = torch.empty(
        len(METHODS), 2, len(config.conditions), len(config.steps), config.rates
    )
    for m, method in enumerate(METHODS):
        for a, axes in enumerate(AXES):
            for c, condition in enumerate(config.conditions):
                rates = learning_rates(config, method, condition)
                choice, test = (
                    scores(config, method, rates, *problems(config, condition, axes, g))
                    for g in (generator(7, seed, part) for part in (_CHOICE, _TEST))
                )
                table[m, a, c] = test
                for t, steps in enumerate(config.steps):
                    best = int(choice[t].argmin())
                    name = f"{method} {axes} {condition:g} {steps}"
                    metrics[f"log_loss {name}"] = float(test[t, best])
                    metrics[f"rate {name}"] = float(rates[best])
    rates = learning_rates(config, "vector", 1.0)
    return metrics, {"log_loss": table.numpy(), "rates": rates.numpy()}


def learning_rates(config: QuadraticRace, method: Method, condition: float) -> Tensor:
    """Return the learning rates that a rule may choose from, ``(R,)``."""
    if method == "gradient descent":
        shares = torch.linspace(0.1, 1.2, config.rates, dtype=torch.float64)
        return 2.0 / condition * shares
    ends = torch.tensor([config.lowest, config.highest], dtype=torch.float64).log10()
    return torch.logspace(
        float(ends[0]), float(ends[1]), config.rates, dtype=torch.float64
    )


def problems(
    config: QuadraticRace, condition: float, axes: str, generator: torch.Generator
) -> tuple[Quadratic, Tensor]:
    """Return quadratics and starts ``(P, D)``; the rotated ones are the others turned.

    Args:
        config: dimensions and number of problems.
        condition: largest over smallest curvature.
        axes: ``aligned`` with the coordinates, or ``rotated``.
        generator: decides starts and rotations, the same starts for both kinds of axes.
    """
    count, dimensions = config.problems, config.dimensions
    start = torch.randn(count, dimensions, dtype=torch.float64, generator=generator)
    largest = float(torch.tensor(condition, dtype=torch.float64).log10())
    scales = torch.logspace(0.0, largest, dimensions, dtype=torch.float64)
    hessian = torch.diag(scales).expand(count, -1, -1)
    if axes == "rotated":
        noise = torch.randn(hessian.shape, dtype=torch.float64, generator=generator)
        turn = torch.linalg.qr(noise).Q
        hessian = turn @ hessian @ turn.mT
        start = (turn @ start.unsqueeze(-1)).squeeze(-1)
    return Quadratic(hessian), start


def scores(
    config: QuadraticRace,
    method: Method,
    rates: Tensor,
    quadratic: Quadratic,
    start: Tensor,
) -> Tensor:
    """Return mean log10 of the loss over its start, ``(steps, rate)``."""
    starts = start.expand(len(rates), -1, -1)  # (rate, problem, D)
    follow = partial(
        trajectory,
        method,
        quadratic.gradient,
        starts,
        rates[:, None, None],
        decay=config.decay,
    )
    if config.schedule == "linear":
        runs = [follow(count, schedule=Linear(count)) for count in config.steps]
        ends = torch.stack([run.points[-1] for run in runs])
    else:
        ends = follow(max(config.steps)).points[list(config.steps)]
    losses = quadratic.loss(ends) / quadratic.loss(start)  # (steps, rate, problem)
    tiny = torch.finfo(losses.dtype).tiny
    logs = losses.clamp_min(tiny).log10()
    return logs.nan_to_num(_WORST, _WORST, _WORST).clamp_max(_WORST).mean(-1)
