"""Transforms that leave the class unchanged, if the pictures are of the right kind."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def random_flip(x: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror each picture left to right with probability one half.

    Right for photographs; wrong for text and digits, whose mirror images are others.

    Args:
        x: ``(B, C, H, W)``.
        generator: decides which, on the CPU.
    """
    chosen = torch.rand(len(x), generator=generator) < 0.5
    return torch.where(chosen.to(x.device)[:, None, None, None], x.flip(-1), x)


def random_crop(x: Tensor, padding: int, generator: torch.Generator) -> Tensor:
    """Shift each picture by up to ``padding`` pixels each way; the border is zero.

    The same as cutting the old size out of the picture with a border of zeros.

    Args:
        x: ``(B, C, H, W)``.
        padding: width of the border, at least 0.
        generator: decides the shifts, on the CPU.

    Raises:
        ValueError: if the padding is negative.
    """
    if padding < 0:
        raise ValueError(f"padding must be at least 0, got {padding}")
    if padding == 0:
        return x
    count, _, height, width = x.shape
    bordered = functional.pad(x, [padding] * 4)
    shifts = torch.randint(2 * padding + 1, (2, count), generator=generator)
    down, right = shifts.to(x.device)
    rows = down[:, None] + torch.arange(height, device=x.device)
    columns = right[:, None] + torch.arange(width, device=x.device)
    picture = torch.arange(count, device=x.device)[:, None, None]
    cut = bordered.permute(0, 2, 3, 1)[picture, rows[:, :, None], columns[:, None]]
    return cut.permute(0, 3, 1, 2)
