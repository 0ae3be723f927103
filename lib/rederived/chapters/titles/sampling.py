"""Drawing titles instead of searching for the likeliest one."""

from __future__ import annotations

import torch
from torch import Tensor

from rederived.chapters.titles.losses import Writer
from rederived.chapters.titles.scorers import Stateful
from rederived.chapters.titles.search import allowed
from rederived.chapters.titles.vocabulary import END, PAD, START, finished


def nucleus(probabilities: Tensor, share: float) -> Tensor:
    """Keep the fewest likeliest symbols that have the share, and normalise them.

    Holtzman and others, arXiv:1904.09751.

    Args:
        probabilities: ``(B, V)``.
        share: in (0, 1]; 1 keeps all.

    Raises:
        ValueError: if the share is not in (0, 1].
    """
    if not 0.0 < share <= 1.0:
        raise ValueError(f"the share of a nucleus lies in (0, 1], got {share}")
    ordered, places = probabilities.sort(descending=True)
    before = ordered.cumsum(-1) - ordered
    ordered = ordered.masked_fill(before >= share, 0.0)
    kept = torch.zeros_like(probabilities).scatter(-1, places, ordered)
    return kept / kept.sum(-1, keepdim=True)


def sample(
    model: Writer,
    text: Tensor,
    generator: torch.Generator,
    *,
    longest: int = 50,
    temperature: float = 1.0,
    share: float = 1.0,
) -> list[list[int]]:
    """Draw one title for each text, symbol by symbol.

    Args:
        model: an encoder-decoder.
        text: int64 ``(B, N)``.
        generator: source of the draws.
        longest: the most symbols of a title, ``END`` included.
        temperature: divides the log-probabilities; 1 is the model's own law.
        share: of the nucleus that is drawn from.

    Raises:
        ValueError: if the temperature is not positive.
    """
    if temperature <= 0.0:
        raise ValueError(f"a temperature is positive, got {temperature}")
    scorer = Stateful(model, text, 1)
    prefixes = torch.full((len(text), 1), START)
    ended = torch.zeros(len(text), dtype=torch.bool)
    parents: Tensor | None = None
    for _ in range(longest):
        log_probs = allowed(scorer.next(prefixes, parents).cpu().double())
        law = nucleus((log_probs / temperature).softmax(-1), share)
        symbols = torch.multinomial(law, 1, generator=generator)[:, 0]
        symbols = symbols.masked_fill(ended, PAD)
        prefixes = torch.cat([prefixes, symbols[:, None]], 1)
        ended |= symbols == END
        parents = torch.arange(len(text))
        if bool(ended.all()):
            break
    return [finished([n for n in row[1:] if n != PAD]) for row in prefixes.tolist()]
