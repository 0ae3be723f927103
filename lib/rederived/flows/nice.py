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

import torch
from torch import Tensor, nn

from rederived.flows.bijection import Bijection, Composition, DiagonalScale, Inverse
from rederived.flows.coupling import AdditiveCoupling
from rederived.flows.density import Flow
from rederived.flows.permutations import Reverse
from rederived.flows.priors import Prior, StandardNormal
from rederived.flows.splits import OddEven


def coupling_network(
    inputs: int,
    outputs: int,
    width: int,
    depth: int,
    *,
    end: type[nn.Module] | None = None,
    dropout: float = 0.0,
) -> nn.Sequential:
    """Build the network ``m``: ``depth`` hidden ReLU layers of ``width`` units.

    Args:
        inputs: the size of the kept part.
        outputs: the size of the changed part.
        width: units of each hidden layer.
        depth: number of hidden layers.
        end: an activation after the last layer; None leaves the output linear.
        dropout: share of hidden units dropped while training.

    Returns:
        A map of ``(B, inputs)`` to ``(B, outputs)``.
    """
    layers: list[nn.Module] = []
    size = inputs
    for _ in range(depth):
        layers += [nn.Linear(size, width), nn.ReLU()]
        if dropout:
            layers.append(nn.Dropout(dropout))
        size = width
    layers.append(nn.Linear(size, outputs))
    if end is not None:
        layers.append(end())
    return nn.Sequential(*layers)


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
        prior: the law of the code; the paper's MNIST model has the logistic.
        width: hidden units of each coupling network.
        depth: hidden layers of each coupling network.
        couplings: number of coupling layers; three are the least that let every
            coordinate act on every other.
        dropout: share of hidden units dropped while training; not in the paper.
    """
    half = dimensions // 2
    steps: list[Bijection] = [
        AdditiveCoupling(
            OddEven(swap=bool(k % 2)),
            coupling_network(half, half, width, depth, dropout=dropout),
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
    end: type[nn.Module] | None = nn.ReLU,
    subtract: bool = True,
) -> Flow:
    """Build NICE as the article's program does.

    Args:
        dimensions: the even number of coordinates.
        width: hidden units of each coupling network.
        depth: hidden layers of each coupling network.
        couplings: number of coupling layers.
        end: the activation after the last layer of each network.
        subtract: True sends data through ``x2 - m(x1)`` and samples through
            ``h2 + m(h1)``, as the article does; False the other way round.
    """
    half = dimensions // 2
    steps: list[Bijection] = []
    for _ in range(couplings):
        coupling: Bijection = AdditiveCoupling(
            OddEven(), coupling_network(half, half, width, depth, end=end)
        )
        steps += [Reverse(), Inverse(coupling) if subtract else coupling]
    scale = DiagonalScale((dimensions,))
    return Flow(Composition(*steps, scale), StandardNormal(), (dimensions,))


def article_loss(log_likelihood: Tensor, dimensions: int) -> Tensor:
    """Convert a log-likelihood under the normal prior to the article's loss.

    The article minimises ``|z|^2/2 - sum log s``: the negative log-likelihood less
    the constant ``D/2 log(2 pi)``.

    Args:
        log_likelihood: nats, any shape.
        dimensions: the number ``D`` of coordinates.
    """
    return -log_likelihood - 0.5 * dimensions * math.log(2.0 * math.pi)


def initialize(flow: Flow, scheme: str, generator: torch.Generator) -> None:
    """Draw the starting weights of every linear layer in place; biases become zero.

    Args:
        flow: the flow whose networks are set.
        scheme: ``"glorot"`` (uniform, the article's), ``"he"`` (normal, keeps the
            variance through ReLU layers), ``"identity"`` (the same, with zeros in the
            last layer of each network, so that every coupling starts as the
            identity; Glow, section 3.3), ``"fan-in"`` (uniform, bounded by one over
            the root of the layer's inputs), or ``"small"`` (uniform on [-0.01, 0.01],
            the paper's).
        generator: the source of randomness, on the CPU.

    Raises:
        ValueError: for any other scheme.
    """
    for module in flow.modules():
        if not isinstance(module, nn.Linear):
            continue
        if scheme == "glorot":
            nn.init.xavier_uniform_(module.weight, generator=generator)
        elif scheme in {"he", "identity"}:
            nn.init.kaiming_normal_(
                module.weight, nonlinearity="relu", generator=generator
            )
        elif scheme == "fan-in":
            bound = 1.0 / math.sqrt(module.in_features)
            nn.init.uniform_(module.weight, -bound, bound, generator=generator)
        elif scheme == "small":
            nn.init.uniform_(module.weight, -0.01, 0.01, generator=generator)
        else:
            raise ValueError(
                f"scheme must be glorot, he, identity, fan-in or small, got {scheme!r}"
            )
        nn.init.zeros_(module.bias)
    if scheme == "identity":
        for network in flow.modules():
            if isinstance(network, nn.Sequential):
                *_, last = (m for m in network if isinstance(m, nn.Linear))
                nn.init.zeros_(last.weight)
