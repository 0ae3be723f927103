"""NICE: additive couplings and a diagonal scale (arXiv:1410.8516).

Two published forms of the same model are built here:

* ``nice``: the paper's.  Odd/even halves take turns, the networks end linearly, and
  data go through ``x2 + m(x1)``.
* ``nice_as_article``: Su Jianlin's.  The coordinates are reversed before each odd/even
  split, the networks end in a ReLU, and data go through ``x2 - m(x1)``, so that
  sampling *adds* the non-negative ``m``.
"""

from __future__ import annotations

import math

from torch import Tensor, nn

from rederived.flows import (
    AdditiveCoupling,
    Bijection,
    Composition,
    DiagonalScale,
    Flow,
    Inverse,
    OddEven,
    Prior,
    Reverse,
    StandardNormal,
)
from rederived.networks import mlp


def nice(
    dimensions: int,
    *,
    prior: Prior,
    width: int = 1000,
    depth: int = 5,
    couplings: int = 4,
    dropout: float = 0.0,
) -> Flow:
    """Build the paper's NICE for flat events (NICE, section 5.1).

    Args:
        dimensions: the even number of coordinates.
        prior: the distribution of the code; the paper's MNIST model has the logistic.
        width: hidden units of each coupling network.
        depth: hidden layers of each coupling network.
        couplings: number of coupling layers; three are the least that let every
            coordinate act on every other.
        dropout: share of hidden units dropped while training; not in the paper.

    Raises:
        ValueError: if the number of coordinates is odd.

    >>> flow = nice(6, prior=StandardNormal(), width=8, depth=1)
    >>> [type(step).__name__ for step in flow.bijection.steps[-2:]]
    ['AdditiveCoupling', 'DiagonalScale']
    """
    half = _half(dimensions)
    steps: list[Bijection] = [
        AdditiveCoupling(
            OddEven(swap=bool(k % 2)),
            mlp([half, *[width] * depth, half], dropout=dropout),
        )
        for k in range(couplings)
    ]
    scale = DiagonalScale((dimensions,))
    return Flow(Composition(*steps, scale), prior, (dimensions,))


def nice_as_article(
    dimensions: int,
    *,
    width: int = 1000,
    depth: int = 5,
    couplings: int = 4,
    subtract: bool = True,
) -> Flow:
    """Build NICE as the article's program does.

    Args:
        dimensions: the even number of coordinates.
        width: hidden units of each coupling network.
        depth: hidden layers of each coupling network.
        couplings: number of coupling layers.
        subtract: True sends data through ``x2 - m(x1)`` and samples through
            ``h2 + m(h1)``, as the article does; False the other way round.

    Raises:
        ValueError: if the number of coordinates is odd.
    """
    half = _half(dimensions)
    steps: list[Bijection] = []
    for _ in range(couplings):
        coupling: Bijection = AdditiveCoupling(
            OddEven(), mlp([half, *[width] * depth, half], end=nn.ReLU)
        )
        steps += [Reverse(), Inverse(coupling) if subtract else coupling]
    scale = DiagonalScale((dimensions,))
    return Flow(Composition(*steps, scale), StandardNormal(), (dimensions,))


def _half(dimensions: int) -> int:
    """Return the size of each half of an event."""
    if dimensions % 2:
        raise ValueError(
            f"NICE splits an even number of coordinates, got {dimensions}: pad by one"
        )
    return dimensions // 2


def article_loss(log_likelihood: Tensor, dimensions: int) -> Tensor:
    """Convert a log-likelihood under the normal prior to the article's loss.

    The article minimises ``|z|^2/2 - sum log s``: the negative log-likelihood less
    the constant ``D/2 log(2 pi)``.

    Args:
        log_likelihood: nats, any shape.
        dimensions: the number ``D`` of coordinates.
    """
    return -log_likelihood - 0.5 * dimensions * math.log(2.0 * math.pi)
