"""A decoder whose strength is one number: how far a pixel sees its predecessors.

Pixels are read in raster order.  The log-odds of a pixel are those that the code gives
plus a linear function of the earlier pixels within ``context``; with context 0 this is
the decoder with independent pixels, and with the whole picture in context and no code
it is the fully visible sigmoid belief network (Frey 1998).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from rederived.vae import Decoder


def causal_mask(height: int, width: int, context: int) -> Tensor:
    """Return which pixels (columns) a pixel (row) sees, bool ``(H W, H W)``.

    Pixel ``i`` sees pixel ``j`` if ``j`` comes before it in raster order and is at
    most ``context`` rows and at most ``context`` columns away.

    Raises:
        ValueError: if ``context`` is negative.
    """
    if not context >= 0:
        raise ValueError(f"context must be at least 0, got {context}")
    places = torch.arange(height * width)
    rows, columns = places // width, places % width
    earlier = places[:, None] > places[None, :]
    near = (rows[:, None] - rows[None, :]).abs() <= context
    near &= (columns[:, None] - columns[None, :]).abs() <= context
    return earlier & near


class AutoregressiveDecoder(Decoder):
    """Pixels in {0, 1}, each given the code and the earlier pixels within the context.

    ``log q(x|z) = sum_i log Bernoulli(x_i; network(z)_i + sum_j<i W_ij x_j)``.

    Args:
        network: a map of codes ``(B, d)`` to log-odds ``(B, H W)``.
        height: rows of a picture.
        width: columns of a picture.
        context: how many rows and columns back a pixel sees.

    >>> decoder = AutoregressiveDecoder(nn.Linear(2, 9), 3, 3, context=1)
    >>> pictures = decoder.sample(torch.zeros(4, 2), torch.Generator().manual_seed(0))
    >>> pictures.shape, sorted(pictures.unique().tolist())
    (torch.Size([4, 9]), [0.0, 1.0])
    """

    mask: Tensor

    def __init__(
        self, network: nn.Module, height: int, width: int, context: int
    ) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mask", causal_mask(height, width, context))
        self.weight = nn.Parameter(torch.zeros(self.mask.shape))

    def log_odds(self, x: Tensor, z: Tensor) -> Tensor:
        """Return the log-odds of each pixel given the pixels before it, ``(B, D)``."""
        return self.network(z) + functional.linear(x, self.weight * self.mask)

    def log_prob(self, x: Tensor, z: Tensor) -> Tensor:
        """Return the log-probability of each picture ``(B, H W)``, nats."""
        return bernoulli_log_prob(x, self.log_odds(x, z))

    @torch.no_grad()
    def sample(self, z: Tensor, generator: torch.Generator) -> Tensor:
        """Draw pictures pixel by pixel, float 0 or 1."""
        given = self.network(z).cpu()
        weight = (self.weight * self.mask).cpu()
        x = torch.zeros_like(given)
        for pixel in range(given.shape[1]):
            odds = given[:, pixel] + x @ weight[pixel]
            x[:, pixel] = torch.bernoulli(torch.sigmoid(odds), generator=generator)
        return x.to(z.device)


def bernoulli_log_prob(x: Tensor, log_odds: Tensor) -> Tensor:
    """Return the log-probability of rows of zeros and ones, nats.

    Args:
        x: ``(..., D)``; grey values in between give the cross-entropy.
        log_odds: the same shape.

    Raises:
        ValueError: if a pixel lies outside [0, 1].
    """
    if not bool(((x >= 0) & (x <= 1)).all()):
        raise ValueError("pixels must lie in [0, 1]: divide grey levels by the largest")
    loss = functional.binary_cross_entropy_with_logits(log_odds, x, reduction="none")
    sure, right = log_odds.isinf(), x == (log_odds > 0)
    loss = loss.masked_fill(sure & right, 0.0).masked_fill(sure & ~right, torch.inf)
    return -loss.sum(-1)
