"""The races of chapter 7: what is run, and the ``quick`` and ``full`` presets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class QuadraticRace:
    """Gradient descent and RMSprop on random quadratics, noise-free."""

    dimensions: int  # required, so that the identity tells it from ``DigitsRace``
    conditions: tuple[float, ...] = (1.0, 10.0, 100.0, 1000.0, 10000.0)
    """Largest over smallest curvature; the others lie evenly between their logarithms.
    """
    steps: tuple[int, ...] = (100, 300, 1000)
    """After how many steps the losses are read."""
    problems: int = 16
    """Starts (and rotations) to choose a learning rate on, and as many to test it on.
    """
    rates: int = 24
    """How many learning rates are tried: evenly spaced on a logarithmic scale from
    ``lowest`` to ``highest``; for gradient descent evenly from 0.1 to 1.2 of the limit
    of stability."""
    lowest: float = 1e-4
    highest: float = 1.0
    decay: float = 0.9
    """Of RMSprop's average."""
    schedule: Literal["constant", "linear"] = "constant"
    """Whether the rates stay, or fall to zero along a line over the steps after which
    the loss is read (a run of its own for each entry of ``steps``)."""


@dataclass(frozen=True)
class DigitsRace:
    """Four optimizers and a small classifier of handwritten digits."""

    inputs: Literal["plain", "scaled", "rotated"] = "plain"
    """``plain`` pixels in [0, 1]; ``scaled``, each pixel times a factor of its own
    between 0.1 and 10; ``rotated``, the scaled ones turned by a random rotation of all
    64 coordinates.  The networks start as the same function on all three."""
    width: int = 32
    """Hidden units."""
    epochs: int = 10
    batch_size: int = 64
    exponents: tuple[float, ...] = (-3.0, -2.5, -2.0, -1.5, -1.0)
    """The learning rates tried are ten to these powers."""
    one_rate_factor: float = 10.0
    """Times this for the rules with one rate, whose steps all coordinates share."""
    decay: float = 0.9
    """Of RMSprop's average."""


_DIGITS = DigitsRace(exponents=tuple(-3.5 + k / 4 for k in range(13)))
FULL: dict[str, QuadraticRace | DigitsRace] = {
    "quadratics": QuadraticRace(dimensions=10),
    "quadratics-decayed": QuadraticRace(dimensions=10, schedule="linear"),
    "digits": _DIGITS,
    "digits-scaled": replace(_DIGITS, inputs="scaled"),
    "digits-rotated": replace(_DIGITS, inputs="rotated"),
}
_FEW_DIGITS = replace(_DIGITS, epochs=4, exponents=(-2.5, -1.5))
QUICK: dict[str, QuadraticRace | DigitsRace] = {
    "quadratics": QuadraticRace(
        dimensions=10, conditions=(1.0, 10000.0), steps=(100,), problems=4, rates=12
    ),
    "quadratics-decayed": QuadraticRace(
        dimensions=10,
        conditions=(1.0, 10000.0),
        steps=(100,),
        problems=4,
        rates=12,
        schedule="linear",
    ),
    "digits": _FEW_DIGITS,
    "digits-scaled": replace(_FEW_DIGITS, inputs="scaled"),
    "digits-rotated": replace(_FEW_DIGITS, inputs="rotated"),
}
