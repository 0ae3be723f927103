"""What a step asks of a device, and what the device can do."""

from __future__ import annotations

import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager

import torch
from torch.utils.flop_counter import FlopCounterMode

Notes = MutableMapping[str, str | int | bool | float]
"""What is said of the leg of a run."""


@contextmanager
def counted(notes: Notes) -> Iterator[None]:
    """Count the floating-point operations of matrix products and convolutions.

    Args:
        notes: gets ``flops_per_step``, of all that is computed within.

    >>> notes = {}
    >>> with counted(notes):
    ...     _ = torch.ones(2, 3) @ torch.ones(3, 4)
    >>> notes
    {'flops_per_step': 48}
    """
    with FlopCounterMode(display=False) as counter:
        yield
    notes["flops_per_step"] = counter.get_total_flops()


def note_memory(notes: Notes, device: torch.device) -> None:
    """Note the most memory that this process has had on a GPU, in 10^6 bytes."""
    if device.type == "cuda":
        peak = torch.cuda.max_memory_allocated(device)
        notes["peak_megabytes"] = round(peak / 1e6)


def matrix_rate(
    device: torch.device, dtype: torch.dtype, size: int = 4096, repeats: int = 10
) -> float:
    """Return the fastest of some products of two square matrices, in FLOP a second.

    Args:
        device: what multiplies.
        dtype: of both matrices.
        size: rows of each.
        repeats: how many products are timed, after one that is not.
    """
    draws = torch.Generator().manual_seed(0)
    matrix = torch.randn(size, size, generator=draws).to(device, dtype)
    seconds = []
    for _ in range(repeats + 1):
        _wait(device)
        started = time.perf_counter()
        matrix @ matrix
        _wait(device)
        seconds.append(time.perf_counter() - started)
    return 2.0 * size**3 / min(seconds[1:])


def _wait(device: torch.device) -> None:
    """Wait until a GPU has done what it was asked."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
