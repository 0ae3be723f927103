"""The races of chapter 7: what is run, and the ``quick`` and ``full`` presets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class QuadraticRace:
    """Gradient descent and RMSprop on random quadratics, noise-free.

    Attributes:
        dimensions: of each quadratic.
        conditions: largest over smallest curvature; the others lie between them, evenly
            on a logarithmic scale.
        steps: after how many steps the losses are read.
        problems: starts (and rotations) to choose a rate on, and as many to judge it.
        rates: learning rates tried, evenly spaced on a logarithmic scale from
            ``lowest`` to ``highest``; for gradient descent from 0.1 to 1.2 of the limit
            of stability, evenly spaced.
        lowest: the least rate.
        highest: the largest rate.
        decay: of RMSprop's average.
    """

    dimensions: int  # required, so that the identity tells it from ``DigitsRace``
    conditions: tuple[float, ...] = (1.0, 10.0, 100.0, 1000.0, 10000.0)
    steps: tuple[int, ...] = (100, 300, 1000)
    problems: int = 16
    rates: int = 24
    lowest: float = 1e-4
    highest: float = 1.0
    decay: float = 0.9


@dataclass(frozen=True)
class DigitsRace:
    """Four optimizers and a small classifier of handwritten digits.

    Attributes:
        inputs: ``plain`` pixels in [0, 1]; ``scaled``, each pixel times a factor of its
            own between 0.1 and 10; ``rotated``, the scaled ones turned by a random
            rotation of all 64 coordinates.
        width: hidden units.
        epochs: passes over the training pictures.
        batch_size: pictures a step.
        exponents: the learning rates tried are ten to these powers,
        one_rate_factor: times this for the rules with one rate for all coordinates,
            whose steps are shared by all of them.
        decay: of RMSprop's average.
    """

    inputs: Literal["plain", "scaled", "rotated"] = "plain"
    width: int = 32
    epochs: int = 10
    batch_size: int = 64
    exponents: tuple[float, ...] = (-3.0, -2.5, -2.0, -1.5, -1.0)
    one_rate_factor: float = 10.0
    decay: float = 0.9


_DIGITS = DigitsRace()
FULL: dict[str, QuadraticRace | DigitsRace] = {
    "quadratics": QuadraticRace(dimensions=10),
    "digits": _DIGITS,
    "digits-scaled": replace(_DIGITS, inputs="scaled"),
    "digits-rotated": replace(_DIGITS, inputs="rotated"),
}
_FEW_DIGITS = replace(_DIGITS, epochs=4, exponents=(-2.5, -1.5))
QUICK: dict[str, QuadraticRace | DigitsRace] = {
    "quadratics": QuadraticRace(
        dimensions=10, conditions=(1.0, 10000.0), steps=(100,), problems=4, rates=12
    ),
    "digits": _FEW_DIGITS,
    "digits-scaled": replace(_FEW_DIGITS, inputs="scaled"),
    "digits-rotated": replace(_FEW_DIGITS, inputs="rotated"),
}
