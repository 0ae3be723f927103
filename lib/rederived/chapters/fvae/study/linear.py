"""The best linear autoencoder in closed form: principal component analysis."""

from __future__ import annotations

import torch
from torch import Tensor


def principal_reconstruction(train: Tensor, new: Tensor, size: int) -> Tensor:
    """Return rows after the best linear code of ``size`` numbers, ``(n, d)``.

    The code is fitted to ``train``: its centre and its first ``size`` principal axes,
    which no linear encoder and decoder beat in squared error (Eckart and Young).

    Args:
        train: rows that the code is fitted to, ``(m, d)``.
        new: rows that are encoded and decoded, ``(n, d)``.
        size: numbers in the code, at most ``min(m, d)``.

    Raises:
        ValueError: if there are fewer principal axes than ``size``.
    """
    if not 0 <= size <= min(train.shape):
        raise ValueError(
            f"a code of {size} numbers: {tuple(train.shape)} rows and columns have "
            f"{min(train.shape)} principal axes, take at most so many"
        )
    centre = train.mean(0)
    axes = torch.linalg.svd(train - centre, full_matrices=False).Vh[:size]
    return centre + (new - centre) @ axes.T @ axes
