r"""SamplePairing and mixup as pure transforms of a batch, each draw from a generator.

With a partner ``b`` for every sample ``a`` of a batch and a weight ``e`` in [0, 1]:

    mixup            (e x_a + (1 - e) x_b, e y_a + (1 - e) y_b), e ~ Beta(alpha, alpha)
    SamplePairing    ((x_a + x_b) / 2, y_a)

Zhang and others 2018, arXiv:1710.09412; Inoue 2018, arXiv:1801.02929.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

Per = Literal["batch", "sample"]


def partners(count: int, generator: torch.Generator) -> Tensor:
    """Return a uniformly random permutation of ``0 ... count - 1``, int64.

    Every sample is somebody's partner exactly once; it may be its own.
    """
    return torch.randperm(count, generator=generator)


def beta_weights(alpha: float, count: int, generator: torch.Generator) -> Tensor:
    """Draw from Beta(alpha, alpha): float64 ``(count,)``, values in [0, 1].

    The ratio of two Gamma variables, formed from their logarithms, so that small
    ``alpha`` does not divide zero by zero.  ``alpha`` = 1 is uniform.

    Args:
        alpha: both parameters, more than 0.
        count: how many.
        generator: the source of the draws, on the CPU.

    Raises:
        ValueError: if ``alpha`` is not a positive number.
    """
    if not 0.0 < alpha < float("inf"):
        raise ValueError(
            f"alpha is {alpha}; give a positive number (1 is uniform), or do "
            "not mix at all"
        )
    if alpha == 1.0:
        return torch.rand(count, dtype=torch.float64, generator=generator)
    shape = torch.full((2, count), alpha + 1.0, dtype=torch.float64)
    # Gamma(alpha) = Gamma(alpha + 1) * U ** (1 / alpha)
    gammas = torch._standard_gamma(shape, generator=generator)
    powers = torch.rand(2, count, dtype=torch.float64, generator=generator)
    logs = gammas.log() + powers.log() / alpha
    difference = logs[0] - logs[1]  # both may be infinite if alpha is tiny
    which = torch.copysign(torch.tensor(torch.inf), powers[0] - powers[1])
    return torch.sigmoid(torch.where(difference.isnan(), which, difference))


def mix(x: Tensor, partner: Tensor, weight: Tensor | float) -> Tensor:
    """Return ``weight * x + (1 - weight) * x[partner]`` as a new tensor.

    Args:
        x: floating point, ``(B, ...)``, on any device.
        partner: int64 ``(B,)``, the row that each row is mixed with.
        weight: one number for the batch, or ``(B,)``, one for each row.

    Raises:
        ValueError: if ``x`` holds integers, or the weights are not one or ``B``, or not
            between 0 and 1.
    """
    if not x.is_floating_point():
        raise ValueError(f"only floating point can be mixed, got {x.dtype}: convert it")
    other = x.index_select(0, partner.to(x.device))
    if not isinstance(weight, Tensor):
        if not 0.0 <= weight <= 1.0:
            raise ValueError(f"a weight lies between 0 and 1, got {weight}")
        return other.lerp_(x, weight)
    if weight.shape not in {(), (len(x),)}:
        raise ValueError(
            f"weight has shape {tuple(weight.shape)}; give one number, or one for "
            f"each of the {len(x)} rows"
        )
    if not bool(((weight >= 0) & (weight <= 1)).all()):
        raise ValueError(
            f"weights lie between 0 and 1, got {float(weight.min())} to "
            f"{float(weight.max())}"
        )
    along = weight.to(x.device, x.dtype)
    if weight.ndim:
        along = along.reshape(-1, *[1] * (x.ndim - 1))
    return other.lerp_(x, along)


def mixup(
    x: Tensor,
    targets: Tensor,
    generator: torch.Generator,
    *,
    alpha: float = 1.0,
    per: Per = "batch",
) -> tuple[Tensor, Tensor]:
    """Mix every sample and its target with those of a random partner.

    Args:
        x: inputs, floating point ``(B, ...)``.
        targets: what belongs to them, ``(B, K)``, one-hot or soft.
        generator: decides partners and weights, on the CPU.
        alpha: weights follow Beta(alpha, alpha); 1, uniform, is the article's
            choice and the paper's for CIFAR.
        per: one weight for the whole ``batch``, as in the paper's program, or one for
            each ``sample``.

    Returns:
        Mixed inputs and mixed targets, new tensors of the same shapes.

    Raises:
        ValueError: if ``per`` is neither, ``alpha`` is not positive, or the targets
            do not belong to the inputs.
    """
    _check(x, targets)
    if per not in {"batch", "sample"}:
        raise ValueError(f"per must be batch or sample, got {per!r}")
    partner = partners(len(x), generator)
    weights = beta_weights(alpha, 1 if per == "batch" else len(x), generator)
    weight = float(weights) if per == "batch" else weights
    return mix(x, partner, weight), mix(targets, partner, weight)


def sample_pairing(
    x: Tensor, targets: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Average every sample with a random partner and keep its own target.

    Args:
        x: inputs, floating point ``(B, ...)``.
        targets: what belongs to them, ``(B, K)``.
        generator: decides the partners, on the CPU.

    Returns:
        Averages, and the targets as they were.
    """
    _check(x, targets)
    return pair(x, targets, partners(len(x), generator))


def pair(x: Tensor, targets: Tensor, partner: Tensor) -> tuple[Tensor, Tensor]:
    """Return the averages with given partners, and the targets as they were."""
    return mix(x, partner, 0.5), targets


def smooth(targets: Tensor, amount: float) -> Tensor:
    """Return label-smoothed targets, ``(1 - amount) y + amount / K``.

    Szegedy and others 2016, arXiv:1512.00567.

    Args:
        targets: ``(B, K)``, one-hot or soft.
        amount: from 0 to 1.

    Raises:
        ValueError: if ``amount`` is no share.
    """
    if not 0.0 <= amount <= 1.0:
        raise ValueError(f"amount is {amount}; give a share from 0 to 1")
    return (1.0 - amount) * targets + amount / targets.shape[-1]


def _check(x: Tensor, targets: Tensor) -> None:
    """Refuse targets that cannot belong to the inputs."""
    if targets.ndim != 2 or len(targets) != len(x):
        raise ValueError(
            f"targets have shape {tuple(targets.shape)} beside {len(x)} inputs: give "
            "(B, K), for classes torch.nn.functional.one_hot(labels, K).float()"
        )
