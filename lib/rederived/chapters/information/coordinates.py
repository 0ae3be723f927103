"""The rate of each coordinate of a code, and which have collapsed."""

from __future__ import annotations

from torch import Tensor

from rederived.probability import kl_to_standard


def rate_by_coordinate(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return the mean of ``KL(p(z_k|x) || q(z_k))`` for each coordinate, ``(d,)``.

    Args:
        mean: ``(N, d)``.
        log_variance: ``(N, d)``.
    """
    single = kl_to_standard(mean.unsqueeze(-1), log_variance.unsqueeze(-1))
    return single.mean(0)


def collapsed_coordinates(
    mean: Tensor, log_variance: Tensor, threshold: float = 0.01
) -> int:
    """Count the coordinates whose mean divergence to the prior is below a threshold.

    Such a coordinate follows the prior whatever the data point is and tells nothing.

    Args:
        mean: ``(N, d)``.
        log_variance: ``(N, d)``.
        threshold: nats.

    Raises:
        ValueError: if a mean divergence is NaN, as without a data point.
    """
    rates = rate_by_coordinate(mean, log_variance)
    if bool(rates.isnan().any()):
        raise ValueError("a coordinate's rate is NaN: look at the encoder and its data")
    return int((rates < threshold).sum())
