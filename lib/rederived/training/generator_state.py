"""A source of randomness that is saved with the networks that it feeds."""

from __future__ import annotations

from torch import Generator, Tensor, nn


class GeneratorState(nn.Module):
    """A generator whose state is part of the module's, so that a run can go on.

    Args:
        source: where the draws come from.

    >>> import torch
    >>> first = GeneratorState(torch.Generator().manual_seed(0))
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
