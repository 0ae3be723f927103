"""What a run of ``fit`` is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from numbers import Integral
from typing import Literal, TypeVar, get_args

import torch
from torch import Tensor, nn

Batch = tuple[Tensor, ...]
Precision = Literal["auto", "float32", "bf16"]
Compiled = Literal["no", "gpu", "yes"]
Model = TypeVar("Model", bound=nn.Module)
Loss = Callable[..., Tensor]
"""From a model and its batch, ``loss(model, *batch)``, to the batch's mean loss."""
BatchTransform = Callable[[Batch, torch.Generator], Batch]
"""What turns stored rows into a batch (noise, augmentation), with its own generator.

The rows are on the device of the model, the generator is the CPU's."""
TransformForEpoch = Callable[[int], BatchTransform | None]
"""What transforms the batches of an epoch, counted from 0; None leaves them alone."""
Evaluate = Callable[[Model], dict[str, float]]
"""What measures a model after an epoch; the keys become columns of the history."""


@dataclass(frozen=True)
class TrainConfig:
    """What a run of ``fit`` is, apart from the model, the data and the optimizer.

    >>> TrainConfig(epochs=3, batch_size=32, seed=1).clip_norm is None
    True
    """

    epochs: int
    """Passes over the data; rows that do not fill a last batch are left out of that
    pass (another shuffle brings them in)."""
    batch_size: int  # rows of a step, over all processes together
    seed: int = 0  # decides order, noise and dropout
    clip_norm: float | None = None  # bound on the norm of the whole gradient
    average_decay: float | None = None
    """Decay of the exponential moving average of the weights, which then are the
    weights evaluated and kept; None keeps the last weights."""
    precision: Precision = "auto"
    """``"bf16"`` runs matrix products in bfloat16 (parameters and densities stay
    float32), ``"auto"`` chooses it where the hardware computes with it."""
    checkpoint_every: int | None = None  # steps; None writes one an epoch
    compiled: Compiled = "no"
    """Whether ``torch.compile`` fuses the operations of a step, which takes up to a
    minute at the start and changes last digits: ``"gpu"`` does where a GPU takes 10,000
    steps or more and a C compiler is at hand.  ``TORCH_COMPILE_DISABLE=1`` in the
    environment switches it off."""

    def __post_init__(self) -> None:
        """Refuse lengths, bounds and decays that make no sense.

        Raises:
            ValueError: naming the field, its value and its range.
        """
        counts = {
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "checkpoint_every": self.checkpoint_every,
        }
        for name, count in counts.items():
            if count is not None and not is_whole(count, least=1):
                raise ValueError(f"{name} must be at least 1 and whole, got {count}")
        if not is_whole(self.seed, least=0):
            raise ValueError(f"seed must be at least 0 and whole, got {self.seed}")
        if self.precision not in get_args(Precision):
            raise ValueError(
                f"precision must be auto, float32 or bf16, got {self.precision!r}"
            )
        if self.compiled not in get_args(Compiled):
            raise ValueError(f"compiled must be no, gpu or yes, got {self.compiled!r}")
        if self.clip_norm is not None and not self.clip_norm > 0.0:
            raise ValueError(f"clip_norm must be more than 0, got {self.clip_norm}")
        if self.average_decay is not None and not 0.0 <= self.average_decay < 1.0:
            raise ValueError(
                f"average_decay must be in [0, 1), got {self.average_decay}"
            )


def is_whole(value: object, least: int) -> bool:
    """Say whether a value is an integer, Python's or numpy's, that is not too small."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        return False
    return int(value) >= least


@dataclass(frozen=True)
class History:
    """What ``fit`` measured.

    >>> history = History([{"epoch": 1.0, "loss": 0.5}], "float32", "cpu")
    >>> history.column("loss")
    [0.5]
    >>> history.provenance()
    {'precision': 'float32', 'trained_on': 'cpu'}
    """

    rows: list[dict[str, float]]
    """One an epoch: ``epoch``, ``step``, ``loss`` (mean over the epoch's steps),
    ``seconds``, and whatever ``evaluate`` returned."""
    precision: str  # of the matrix products, ``float32`` or ``bf16``
    device: str  # the type of what took the steps; several if its legs had several
    costs: dict[str, int | bool] = field(default_factory=dict)
    """``compiled`` if the operations of any leg's steps were fused; on a GPU also
    ``flops_per_step``, of matrix products and convolutions, and ``peak_megabytes``,
    the largest of its legs."""

    def column(self, name: str) -> list[float]:
        """Return one metric over the epochs."""
        return [row[name] for row in self.rows]

    def provenance(self) -> dict[str, str | bool | int]:
        """Return what the provenance of a run says of its training."""
        return {"precision": self.precision, "trained_on": self.device, **self.costs}
