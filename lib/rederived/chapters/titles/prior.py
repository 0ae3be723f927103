"""The article's prior knowledge: title characters mostly occur in the text."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rederived.chapters.titles.vocabulary import SPECIAL


def source_indicator(text: Tensor, size: int) -> Tensor:
    """Return the indicator of the characters of each text.

    Special tokens are no characters, so their indicator is 0.

    Args:
        text: int64 ``(B, N)``.
        size: of the vocabulary, V.

    Returns:
        float32 ``(B, V)`` of 0 and 1.

    >>> source_indicator(torch.tensor([[5, 5, 1, 0]]), 7)
    tensor([[0., 0., 0., 0., 0., 1., 0.]])
    """
    found = torch.zeros(len(text), size, device=text.device)
    found.scatter_(1, text, 1.0)
    found[:, :SPECIAL] = 0.0
    return found


class PriorKnowledge(nn.Module):
    """Average the logits with ``s x + t``, x the indicator of the text's characters.

    The article's formula lets s have any sign; its code, and this class, write
    ``s = exp(log_scale)``, so that presence can only raise a character's odds.  Both
    start from s = 1 and t = 0.

    Args:
        size: of the vocabulary, V.

    >>> prior = PriorKnowledge(2)
    >>> prior(torch.zeros(1, 2), prior.logits(torch.tensor([[1.0, 0.0]]))).detach()
    tensor([[0.5000, 0.0000]])
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.zeros(size))
        self.shift = nn.Parameter(torch.zeros(size))

    def logits(self, indicator: Tensor) -> Tensor:
        """Return the prior's own logits ``(B, V)`` of indicators ``(B, V)``."""
        return self.log_scale.exp() * indicator + self.shift

    def forward(self, logits: Tensor, prior: Tensor) -> Tensor:
        """Return the average of two sets of logits, ``(..., V)``."""
        return (logits + prior) / 2
