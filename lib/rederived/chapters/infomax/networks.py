"""The networks of Deep InfoMax: encoder, discriminators, and a decoder beside them.

The encoder is that of the article's CIFAR-10 experiment.  A discriminator's first layer
acts on two pieces, of which one is the same for a pair and for its mismatch: instead of
joining the pieces, `PairDiscriminator` multiplies each by its own part of the matrix
once, and adds the products.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rederived.networks import mlp

SLOPE = 0.2
"""Of the leaky ReLU below zero."""


@dataclass(frozen=True)
class Features:
    """What an encoder makes of a batch of pictures.

    Attributes:
        map: local features ``C_ij``, ``(B, h * w, C)``, row by row.
        mean: of the code, ``(B, d)``.
        log_variance: of the code, ``(B, d)``.
    """

    map: Tensor
    mean: Tensor
    log_variance: Tensor


class ConvEncoder(nn.Module):
    """Convolutions with pooling, then two without; a code from their maxima.

    Each block is convolution 3x3, batch normalisation, 2x2 max-pooling, leaky ReLU: the
    article's order with the last two exchanged, which changes nothing because the ReLU
    rises, and works on a quarter of the numbers.

    Args:
        channels: of the blocks that halve height and width.
        code_size: of the code.
        colours: channels of the picture.
        local_blocks: after how many blocks the local features are taken; all if None.

    >>> seen = ConvEncoder((4, 8), code_size=5)(torch.zeros(2, 3, 16, 16))
    >>> seen.map.shape, seen.mean.shape
    (torch.Size([2, 16, 8]), torch.Size([2, 5]))
    """

    def __init__(
        self,
        channels: Sequence[int],
        code_size: int,
        colours: int = 3,
        local_blocks: int | None = None,
    ) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        last = colours
        for width in channels:
            blocks += [*_normalised(last, width), nn.MaxPool2d(2), _leaky()]
            last = width
        seen = len(blocks) if local_blocks is None else 4 * local_blocks
        self.local, self.above = (
            nn.Sequential(*blocks[:seen]),
            nn.Sequential(*blocks[seen:]),
        )
        self.body = nn.Sequential(
            *_normalised(last, last), _leaky(), *_normalised(last, last), _leaky()
        )
        self.mean = nn.Linear(last, code_size)
        self.log_variance = nn.Linear(last, code_size)

    def forward(self, x: Tensor) -> Features:
        """Return the features of pictures ``(B, colours, H, W)``."""
        grid = self.local(x.contiguous(memory_format=torch.channels_last))
        top = self.body(self.above(grid)).amax((2, 3))
        return Features(grid.flatten(2).mT, self.mean(top), self.log_variance(top))


class PairDiscriminator(nn.Module):
    """A score of two vectors: a perceptron with three hidden layers.

    Args:
        first: size of the first vector.
        second: size of the second vector.
        width: units of each hidden layer.

    >>> discriminator = PairDiscriminator(3, 4, width=6)
    >>> discriminator(torch.zeros(5, 3), torch.zeros(5, 4)).shape
    torch.Size([5])
    """

    def __init__(self, first: int, second: int, width: int) -> None:
        super().__init__()
        self.sizes = [first, second]
        self.entry = nn.Linear(first + second, width)
        self.rest = nn.Sequential(nn.ReLU(), *mlp([width, width, width, 1]))

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Return the scores ``(...,)`` of vectors ``(..., first), (..., second)``."""
        return self.rest(self.entry(torch.cat([first, second], -1))).squeeze(-1)

    def pairs(
        self, first: Tensor, second: Tensor, partner: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the scores of pairs and of mismatched pairs.

        Args:
            first: ``(B, ..., first)``.
            second: ``(B, ..., second)``, broadcast against it.
            partner: the row whose second vector is the mismatch, int64 ``(B,)``.

        Returns:
            ``T(first_i, second_i)`` and ``T(first_i, second_partner(i))``, each of the
            shape ``(B, ...)``: what two calls of the module give, to rounding.
        """
        weights = torch.split(self.entry.weight, self.sizes, 1)
        left = nn.functional.linear(first, weights[0], self.entry.bias)
        right = nn.functional.linear(second, weights[1])
        both = self.rest(torch.stack([left + right, left + right[partner]]))
        own, other = both.squeeze(-1)
        return own, other


class ConvDecoder(nn.Module):
    """Codes to flat pictures: the encoder's convolutions upside down.

    Args:
        channels: of the encoder's blocks, in the encoder's order.
        code_size: of the code.
        shape: colours, height and width of the picture.

    >>> ConvDecoder((4, 8), 5, (3, 16, 12))(torch.zeros(2, 5)).shape
    torch.Size([2, 576])
    """

    def __init__(
        self, channels: Sequence[int], code_size: int, shape: tuple[int, int, int]
    ) -> None:
        super().__init__()
        colours, height, width = shape
        scale = 2 ** len(channels)
        self.grid = channels[-1], height // scale, width // scale
        self.entry = nn.Linear(code_size, self.grid[0] * self.grid[1] * self.grid[2])
        blocks: list[nn.Module] = []
        for inside, outside in zip(
            channels[::-1], [*channels[-2::-1], channels[0]], strict=True
        ):
            blocks += [
                nn.Upsample(scale_factor=2),
                *_normalised(inside, outside),
                _leaky(),
            ]
        blocks += [nn.Conv2d(channels[0], colours, 3, padding=1)]
        self.blocks = nn.Sequential(*blocks)

    def forward(self, z: Tensor) -> Tensor:
        """Return flat pictures ``(B, colours * H * W)`` of codes ``(B, d)``."""
        grid = self.entry(z).unflatten(1, self.grid)
        out = self.blocks(grid.contiguous(memory_format=torch.channels_last))
        return out.flatten(1)


def _normalised(inside: int, outside: int) -> list[nn.Module]:
    return [nn.Conv2d(inside, outside, 3, padding=1), nn.BatchNorm2d(outside)]


def _leaky() -> nn.Module:
    return nn.LeakyReLU(SLOPE, inplace=True)
