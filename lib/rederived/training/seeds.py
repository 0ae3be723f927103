"""Random streams that are functions of a seed and a position, never of history.

A run that is resumed at step ``n`` draws the numbers that the uninterrupted run
would have drawn there, because nothing but ``(seed, n)`` decides them.
"""

from __future__ import annotations

import numpy as np
import torch


def derive(*path: int) -> int:
    """Hash a path of non-negative integers to a 63-bit seed.

    Args:
        path: for instance ``(seed, stream, step)``.
    """
    words = np.random.SeedSequence(path).generate_state(2, np.uint32)
    return (int(words[0]) << 31) ^ int(words[1])


def generator(*path: int) -> torch.Generator:
    """Return a CPU generator seeded by a path of non-negative integers."""
    return torch.Generator().manual_seed(derive(*path))
