"""One small instance of every bijection, for the contract test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from rederived.chapters.fvae.glow import glow, glow_bijection
from rederived.chapters.fvae.glow_layers import (
    ActNorm,
    ChannelPermutation,
    Channels,
    FactorOut,
    Squeeze,
)
from rederived.chapters.fvae.recompute import RecomputedComposition
from rederived.chapters.nice.model import nice, nice_as_article
from rederived.flows import (
    AdditiveCoupling,
    AffineCoupling,
    Bijection,
    Composition,
    DiagonalScale,
    Inverse,
    OddEven,
    Prefix,
    Reverse,
    Split,
    StandardLogistic,
)
from torch import Tensor, nn

VECTOR, IMAGE = (6,), (2, 3, 4)
ROWS = 3


@dataclass(frozen=True)
class Case:
    """A bijection by name, with the shape of its events."""

    name: str
    make: Callable[[torch.Generator], Bijection]
    shape: tuple[int, ...]

    def build(self, seed: int = 0) -> Bijection:
        """Return a float64 instance whose parameters are all random."""
        rng = torch.Generator().manual_seed(seed)
        bijection = self.make(rng).double()
        with torch.no_grad():
            for parameter in bijection.parameters():
                draw = torch.randn(
                    parameter.shape, generator=rng, dtype=parameter.dtype
                )
                parameter.copy_(0.5 * draw)
        return bijection

    def events(self, seed: int = 1, rows: int = ROWS) -> Tensor:
        """Return random float64 events ``(rows, *shape)``."""
        rng = torch.Generator().manual_seed(seed)
        return torch.randn(rows, *self.shape, generator=rng, dtype=torch.float64)


def dense(inputs: int, outputs: int) -> nn.Module:
    """Return a smooth network between flat parts."""
    return nn.Sequential(nn.Linear(inputs, 5), nn.Tanh(), nn.Linear(5, outputs))


def convolution(inputs: int, outputs: int) -> nn.Module:
    """Return a smooth network between parts of images."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.Tanh())


def _couplings() -> list[Case]:
    cases: list[Case] = []
    flat: list[tuple[str, Split, int]] = []  # name, split, size of the kept part
    for swap in (False, True):
        flat.append((f"OddEven(swap={swap})", OddEven(swap), 3))
        for size in (1, 3, 4):
            kept = 6 - size if swap else size
            flat.append((f"Prefix({size},swap={swap})", Prefix(size, swap), kept))
    for name, split, kept in flat:
        cases += [
            Case(
                f"Additive-{name}",
                lambda _, s=split, k=kept: AdditiveCoupling(s, dense(k, 6 - k)),
                VECTOR,
            ),
            Case(
                f"Affine-{name}",
                lambda _, s=split, k=kept: AffineCoupling(s, dense(k, 2 * (6 - k))),
                VECTOR,
            ),
        ]
    boards = [
        (f"{kind.__name__}(swap={swap})", kind(swap), channels)
        for kind, channels in ((Channels, 1),)
        for swap in (False, True)
    ]
    for name, split, channels in boards:
        cases += [
            Case(
                f"Additive-{name}",
                lambda _, s=split, c=channels: AdditiveCoupling(s, convolution(c, c)),
                IMAGE,
            ),
            Case(
                f"Affine-{name}",
                lambda _, s=split, c=channels: AffineCoupling(
                    s, convolution(c, 2 * c), limit=1.0
                ),
                IMAGE,
            ),
        ]
    return cases


def _others() -> list[Case]:
    return [
        Case(
            "Permutation",
            lambda rng: ChannelPermutation(torch.randperm(6, generator=rng)),
            VECTOR,
        ),
        Case("Reverse", lambda _: Reverse(), VECTOR),
        Case("DiagonalScale", lambda _: DiagonalScale(VECTOR), VECTOR),
        Case("DiagonalScale-image", lambda _: DiagonalScale(IMAGE), IMAGE),
        Case(
            "Composition",
            lambda rng: Composition(
                AffineCoupling(OddEven(), dense(3, 6)),
                ChannelPermutation(torch.randperm(6, generator=rng)),
                AdditiveCoupling(Prefix(2), dense(2, 4)),
                DiagonalScale(VECTOR),
            ),
            VECTOR,
        ),
        Case(
            "nice",
            lambda _: nice(6, prior=StandardLogistic(), width=7, depth=2).bijection,
            VECTOR,
        ),
        Case(
            "nice_as_article-subtract",
            lambda _: nice_as_article(6, width=7, depth=2).bijection,
            VECTOR,
        ),
        Case(
            "nice_as_article-add",
            lambda _: nice_as_article(6, width=7, depth=2, subtract=False).bijection,
            VECTOR,
        ),
    ]


def _inverted(case: Case) -> Case:
    return Case(f"Inverse-{case.name}", lambda rng: Inverse(case.make(rng)), case.shape)


SMALL, DEEP = (4, 1, 2), (2, 4, 4)


def _smooth(bijection: Bijection) -> Bijection:
    """Put tanh in the place of ReLU, which no finite difference may step over."""
    for module in bijection.modules():
        if isinstance(module, nn.Sequential):
            for place, layer in enumerate(module):
                if isinstance(layer, nn.ReLU):
                    module[place] = nn.Tanh()
    return bijection


def _glow(**options: Any) -> Callable[[torch.Generator], Bijection]:
    return lambda rng: _smooth(
        glow(DEEP, steps=1, width=2, generator=rng, **options).bijection
    )


def _glow_parts() -> list[Case]:
    return [
        Case("ActNorm", lambda _: ActNorm(6), VECTOR),
        Case("ActNorm-image", lambda _: ActNorm(2), IMAGE),
        Case(
            "ChannelPermutation",
            lambda rng: ChannelPermutation(torch.randperm(4, generator=rng)),
            SMALL,
        ),
        Case(
            "RecomputedComposition",
            lambda rng: RecomputedComposition(
                ActNorm(2),
                ChannelPermutation(torch.randperm(2, generator=rng)),
                AffineCoupling(Channels(), convolution(1, 2)),
            ),
            IMAGE,
        ),
    ]


def _glows() -> list[Case]:
    return [
        Case(
            "FactorOut-conditional",
            lambda _: FactorOut(ActNorm(1), convolution(1, 2)),
            IMAGE,
        ),
        Case("glow-1", _glow(levels=1), DEEP),
        Case("glow-2", _glow(levels=2), DEEP),
        Case(
            "glow_bijection",
            lambda rng: _smooth(
                glow_bijection(4, levels=2, steps=1, width=2, generator=rng)
            ),
            (4, 2, 2),
        ),
        Case(
            "Squeeze-and-back",
            lambda _: Composition(Squeeze(), Inverse(Squeeze())),
            DEEP,
        ),
    ]


KINDS = _couplings() + _others() + _glow_parts() + _glows()
CASES = KINDS + [_inverted(case) for case in KINDS]
