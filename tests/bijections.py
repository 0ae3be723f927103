"""One small instance of every bijection, for the contract test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from rederive.flows import (
    AdditiveCoupling,
    AffineCoupling,
    Bijection,
    Channels,
    Checkerboard,
    Composition,
    DiagonalScale,
    Inverse,
    OddEven,
    Permutation,
    Prefix,
    Reverse,
    Split,
    StandardLogistic,
    nice,
    nice_as_article,
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
        for kind, channels in ((Checkerboard, 2), (Channels, 1))
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
            lambda rng: Permutation(torch.randperm(6, generator=rng)),
            VECTOR,
        ),
        Case(
            "Permutation-image",
            lambda rng: Permutation(torch.randperm(4, generator=rng)),
            IMAGE,
        ),
        Case("Reverse", lambda _: Reverse(), VECTOR),
        Case("DiagonalScale", lambda _: DiagonalScale(VECTOR), VECTOR),
        Case("DiagonalScale-image", lambda _: DiagonalScale(IMAGE), IMAGE),
        Case(
            "Composition",
            lambda rng: Composition(
                AffineCoupling(OddEven(), dense(3, 6)),
                Permutation(torch.randperm(6, generator=rng)),
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


KINDS = _couplings() + _others()
CASES = KINDS + [_inverted(case) for case in KINDS]
