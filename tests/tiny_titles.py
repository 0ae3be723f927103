"""Small models of chapter 4, and a batch of texts and titles for them."""

from __future__ import annotations

import torch
from rederived.chapters.titles import (
    END,
    PAD,
    SPECIAL,
    START,
    RecurrentConfig,
    RecurrentModel,
    Transformer,
    TransformerConfig,
)

SIZE = 30
LENGTHS = (9, 5, 7)


def recurrent(**changes) -> RecurrentModel:
    """A small double-precision model."""
    torch.manual_seed(4)
    config = RecurrentConfig(SIZE, width=16, hidden=20, **changes)
    return RecurrentModel(config).double().eval()


def transformer() -> Transformer:
    torch.manual_seed(4)
    config = TransformerConfig(SIZE, 16, 2, 2, positions=40)
    return Transformer(config).double().eval()


MODELS = {
    "article": lambda: recurrent(divisor=10.0, knows_lengths=False),
    "recurrent": recurrent,
    "plain": lambda: recurrent(attention="none", prior=False),
    "transformer": transformer,
}


def batch(rng: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Three texts and titles of several lengths."""
    text = torch.randint(SPECIAL, SIZE, (3, 9), generator=rng)
    titles = torch.randint(SPECIAL, SIZE, (3, 7), generator=rng)
    titles[:, 0] = START
    for row, (n, m) in enumerate(zip(LENGTHS, (7, 4, 6), strict=True)):
        text[row, n:] = PAD
        titles[row, m - 1] = END
        titles[row, m:] = PAD
    return text, titles
