"""Deep InfoMax as its paper's program has it: an inner product, all pairs of a batch.

Hjelm and others 2019, arXiv:1808.06670, the local term: feature and code go through
small residual networks, their inner product is the score, and every place of every
other picture of the batch is a mismatch.  The code has no noise, and there is no prior
term.  The encoder is the one of the paper's table 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from rederived.chapters.infomax.estimates import discrimination
from rederived.chapters.infomax.networks import ConvEncoder, Features

Bound = Literal["js", "nce"]
"""What the scores are trained for: the bound of JS, or InfoNCE."""


class StridedEncoder(nn.Module):
    """Strided convolutions and a dense layer; the code is a number, without noise.

    The local features are those after the second convolution, each of which sees 10 by
    10 pixels.  The dense layer has four times as many units as the last convolution has
    channels.  The log-variance of the code is minus infinity.

    Args:
        channels: of the convolutions, each of which halves height and width; two at
            least.
        code_size: of the code.
        shape: colours, height and width of the pictures.

    >>> seen = StridedEncoder((4, 8, 8), 5, (3, 32, 32))(torch.zeros(2, 3, 32, 32))
    >>> seen.map.shape, seen.mean.shape
    (torch.Size([2, 64, 8]), torch.Size([2, 5]))
    """

    def __init__(
        self, channels: Sequence[int], code_size: int, shape: tuple[int, int, int]
    ) -> None:
        super().__init__()
        last, height, width = shape
        blocks: list[nn.Module] = []
        for wide in channels:
            blocks += [nn.Conv2d(last, wide, 4, 2, 1), nn.BatchNorm2d(wide), nn.ReLU()]
            last = wide
        scale = 2 ** len(channels)
        flat = last * (height // scale) * (width // scale)
        self.local = nn.Sequential(*blocks[:6])
        self.body = nn.Sequential(
            *blocks[6:],
            nn.Flatten(),
            nn.Linear(flat, 4 * last),
            nn.BatchNorm1d(4 * last),
            nn.ReLU(),
        )
        self.mean = nn.Linear(4 * last, code_size)

    def forward(self, x: Tensor) -> Features:
        """Return the features of pictures ``(B, colours, H, W)``."""
        grid = self.local(x)
        mean = self.mean(self.body(grid))
        return Features(grid.flatten(2).mT, mean, torch.full_like(mean, -math.inf))


Encoder = ConvEncoder | StridedEncoder
"""An encoder of pictures."""


class Projection(nn.Module):
    """A residual network of one hidden layer, normalised over its outputs.

    Args:
        size: of the vectors that come in.
        width: of the hidden layer and of what goes out.

    >>> Projection(3, 8)(torch.zeros(2, 5, 3)).shape
    torch.Size([2, 5, 8])
    """

    def __init__(self, size: int, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(size, width), nn.ReLU(), nn.Linear(width, width)
        )
        self.shortcut = nn.Linear(size, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        """Return vectors ``(..., width)`` of vectors ``(..., size)``."""
        return self.norm(self.body(x) + self.shortcut(x))


class ContrastiveInfoMax(nn.Module):
    """Encoder and critic, which lower one loss; every other picture is a mismatch.

    Args:
        encoder: of the pictures; of its code only the mean is used.
        code_size: of the code.
        channels: of the encoder's map.
        width: units of the critic.
        bound: what is maximised.

    Raises:
        ValueError: if there is no bound of that name.

    >>> model = ContrastiveInfoMax(
    ...     ConvEncoder((4,), 5, colours=1), 5, 4, width=6, bound="nce"
    ... )
    >>> model.scores(torch.zeros(3, 1, 8, 8)).shape
    torch.Size([3, 16, 3])
    """

    def __init__(
        self,
        encoder: Encoder,
        code_size: int,
        channels: int,
        *,
        width: int,
        bound: Bound,
    ) -> None:
        super().__init__()
        if bound not in get_args(Bound):
            raise ValueError(f"bound must be one of {get_args(Bound)}, got {bound!r}")
        self.encoder, self.bound = encoder, bound
        self.of_map, self.of_code = (
            Projection(size, width) for size in (channels, code_size)
        )

    def scores(self, x: Tensor) -> Tensor:
        """Return ``T(C_p(x_i), z_j)`` of all pairs of pictures, ``(B, places, B)``."""
        seen: Features = self.encoder(x)
        scores: Tensor = self.of_map(seen.map) @ self.of_code(seen.mean).mT
        return scores

    def estimate(self, x: Tensor) -> Tensor:
        """Return the bound on a batch of pictures, a scalar, nats."""
        scores = self.scores(x)
        if self.bound == "nce":
            return all_places_nce(scores)
        return 0.5 * all_pairs_discrimination(scores) + math.log(2.0)

    def forward(self, x: Tensor) -> Tensor:
        """Return minus the bound, to be minimised."""
        return -self.estimate(x)


def all_pairs_discrimination(scores: Tensor) -> Tensor:
    """Return the discrimination with all mismatches of a batch, a scalar <= 0.

    Args:
        scores: ``T(C_p(x_i), z_j)``, ``(B, places, B)``; true pairs have ``i = j``.
    """
    own, same = _own(scores)
    others = scores.masked_select(~same)  # (B (B - 1) places,)
    return discrimination(own, others)


def all_places_nce(scores: Tensor) -> Tensor:
    """Return InfoNCE: find a code's own place among all places of other pictures.

    With ``K = 1 + (B - 1) places`` candidates; at most ``log K``, nats.

    Args:
        scores: ``T(C_p(x_i), z_j)``, ``(B, places, B)``; true pairs have ``i = j``.
    """
    own, same = _own(scores)
    rest = scores.masked_fill(same, -math.inf).logsumexp((0, 1))  # (B,)
    picked = own - torch.logaddexp(own, rest)  # (places, B)
    candidates = 1 + (scores.shape[0] - 1) * scores.shape[1]
    return picked.mean() + math.log(candidates)


def _own(scores: Tensor) -> tuple[Tensor, Tensor]:
    """Return the scores of true pairs, ``(places, B)``, and where they stand."""
    same = torch.eye(len(scores), dtype=torch.bool, device=scores.device)
    return scores.diagonal(dim1=0, dim2=2), same[:, None]
