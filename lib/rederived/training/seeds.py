"""Random streams that are functions of a seed and a position, never of history.

A run that is resumed at step ``n`` draws the numbers that the uninterrupted run
would have drawn there, because nothing but ``(seed, n)`` decides them.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Generator, Tensor, nn


def derive(*path: int) -> int:
    """Hash a path of non-negative integers, such as (seed, step), to a 63-bit seed.

    Zeros at its end do not count, and a number from 2**32 on counts as its two halves:
    (1,) and (1, 0) are one path, and so are (2**32,) and (0, 1).
    """
    words = np.random.SeedSequence(path).generate_state(2, np.uint32)
    return (int(words[0]) << 31) ^ int(words[1])


def generator(*path: int) -> Generator:
    """Return a CPU generator seeded by a path of non-negative integers."""
    return torch.Generator().manual_seed(derive(*path))


def seed_draws(device: torch.device, *path: int) -> None:
    """Seed the draws that a model makes itself, such as dropout's, by a path.

    Args:
        device: where the model is.
        path: non-negative integers.
    """
    if device.type == "cpu":
        # torch.manual_seed spends half a millisecond on GPUs that are not there
        torch.default_generator.manual_seed(derive(*path))
    else:
        torch.manual_seed(derive(*path))


class GeneratorState(nn.Module):
    """A generator whose state is saved with the networks that it feeds.

    >>> first = GeneratorState(generator(0))
    >>> _ = torch.rand(3, generator=first.source)
    >>> second = GeneratorState(torch.Generator())
    >>> _ = second.load_state_dict(first.state_dict())
    >>> draws = [torch.rand(2, generator=one.source) for one in (first, second)]
    >>> torch.equal(*draws)
    True
    """

    def __init__(self, source: Generator) -> None:
        super().__init__()
        self.source = source

    def get_extra_state(self) -> Tensor:
        """Return the state, bytes."""
        return self.source.get_state()

    def set_extra_state(self, state: Tensor) -> None:
        """Go on from a saved state."""
        self.source.set_state(state)
