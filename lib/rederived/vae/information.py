"""How much a code says about the data: estimates with a known direction of error.

Let ``x_1, ..., x_N`` be data points and ``p(z|x_i)`` the distributions of their codes.
For a code drawn at ``x_i``, compare ``p(z|x_i)`` with the mean of the ``p(z|x_j)``:

* over all ``j``: the mean of the log-ratio is exactly the mutual information under the
  empirical distribution of the ``N`` points; it is at most ``log N``, and in
  expectation over the points a lower bound of the mutual information under the
  distribution they came from;
* over all ``j`` but ``i``: in expectation an upper bound of the latter
  (Poole and others 2019, arXiv:1905.06922, section 2).

The mean of ``KL(p(z|x)||q(z))``, the rate, is an upper bound as well.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from rederived.probability import draw_normal, kl_to_standard, normal_log_prob

_CHUNK = 500  # codes compared at a time
_EXTREME = 700.0  # from here on the exponential of a log-variance is no number
_TINY = torch.finfo(torch.float64).tiny
_LOST = math.log(1e-6)  # logarithm of the rounding, nats, that a log-density may have


@dataclass(frozen=True)
class Information:
    """What an encoder does to a sample of data, nats.

    Attributes:
        rate: mean of ``KL(p(z|x) || q(z))``, exact over the sample.
        lower: the mutual information under the empirical distribution of the sample, by
            Monte Carlo; a lower bound of that under the distribution of the data.
        upper: the leave-one-out upper bound of the latter.
        aggregate_kl: ``KL(p(z) || q(z))`` with the aggregate of the sample, by Monte
            Carlo at the same codes; where ``lower`` nears the cap it is far above that
            of the distribution of the data, and not comparable between rates.
        standard_error: of ``lower``.
        cap: ``log N``, which ``lower`` cannot exceed.

    >>> mean = torch.tensor([[-9.0], [9.0]])  # two codes that say which point it was
    >>> found = information(mean, mean * 0, torch.Generator().manual_seed(0))
    >>> round(found.lower, 4), round(found.cap, 4)
    (0.6931, 0.6931)
    """

    rate: float
    lower: float
    upper: float
    aggregate_kl: float
    standard_error: float
    cap: float


@torch.no_grad()
def information(
    mean: Tensor,
    log_variance: Tensor,
    generator: torch.Generator,
    points: int | None = None,
) -> Information:
    """Estimate the mutual information between data and code.

    Args:
        mean: means of the ``N`` distributions ``p(z|x_i)``, ``(N, d)``.
        log_variance: their log-variances, ``(N, d)``.
        generator: the source of the codes.
        points: how many get a code, the first ones; all if None.

    Raises:
        ValueError: if there are fewer than two points, the shapes differ, or a number
            is not finite.
    """
    if mean.ndim != 2 or mean.shape != log_variance.shape:
        raise ValueError(
            f"mean of shape {tuple(mean.shape)} and log-variance of shape "
            f"{tuple(log_variance.shape)}: give (N, d) twice"
        )
    if not bool((mean.isfinite() & log_variance.isfinite()).all()):
        raise ValueError("a mean or log-variance is not finite: look at the encoder")
    count = len(mean) if points is None else points
    if not 2 <= count <= len(mean):
        raise ValueError(
            f"points must be between 2 and the {len(mean)} data points, got {count}"
        )
    mean, log_variance = mean.double(), log_variance.double()
    step = draw_normal(torch.zeros_like(mean[:count]), log_variance[:count], generator)
    own, everyone, others = _log_ratios(step, mean, log_variance)
    ratios = own - everyone
    z = mean[:count] + step
    zero = z.new_zeros(())
    prior = normal_log_prob(z, zero, zero)
    return Information(
        rate=float(kl_to_standard(mean, log_variance).mean()),
        lower=float(ratios.mean()),
        upper=float((own - others).mean()),
        aggregate_kl=float((everyone - prior).mean()),
        standard_error=float(ratios.std() / math.sqrt(count)),
        cap=math.log(len(mean)),
    )


def _log_ratios(
    steps: Tensor, mean: Tensor, log_variance: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return ``log p(z_i|x_i)``, and the log-means over all ``x_j`` and the others.

    Code ``i`` is the mean of distribution ``i`` and a step.
    """
    total = len(mean)
    columns: list[tuple[Tensor, Tensor, Tensor]] = []
    for start in range(0, len(steps), _CHUNK):
        part = steps[start : start + _CHUNK]
        own_mean = mean[start : start + len(part)]
        table = _pairs(own_mean, part, mean, log_variance)
        diagonal = table.diagonal(start)
        own = diagonal.clone()
        everyone = table.logsumexp(1) - math.log(total)
        diagonal.fill_(-math.inf)
        others = table.logsumexp(1) - math.log(total - 1)
        columns.append((own, everyone, others))
    own, everyone, others = (torch.cat(part) for part in zip(*columns, strict=True))
    return own, everyone, others


def _pairs(start: Tensor, step: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return ``log p(start_i + step_i|x_j)`` for all pairs, float64 ``(M, N)``.

    The square is multiplied out about the common mean, so that the work is that of two
    matrix products; where distributions are so sharp that this would lose digits, it is
    formed from the differences, one coordinate after the other, the step last: the sum
    would round it away.
    """
    start, step = start.double(), step.double()
    mean, log_variance = mean.double(), log_variance.double()
    centre = mean.mean(0)
    z, centred = start - centre + step, mean - centre
    largest = max(float(z.abs().max()), float(centred.abs().max()), _TINY)
    lost = math.log(torch.finfo(torch.float64).eps) + 2.0 * math.log(largest)
    log_det = (log_variance + math.log(2.0 * math.pi)).sum(1)
    sharp = lost - float(log_variance.min()) > _LOST
    if sharp or float(log_variance.abs().max()) > _EXTREME:
        root = (-0.5 * log_variance).clamp(max=_EXTREME).exp()
        square = z.new_zeros(len(z), len(mean))
        for k, scale in enumerate(root.T):
            apart = start[:, k, None] - mean[:, k] + step[:, k, None]
            square += (apart * scale).square()
        return -0.5 * (square + log_det)
    precision = (-log_variance).exp()
    constant = (centred.square() * precision).sum(1) + log_det
    square = z.square() @ precision.T - 2.0 * z @ (centred * precision).T
    return -0.5 * (square + constant)
