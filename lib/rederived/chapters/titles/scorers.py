"""Three ways to get the probabilities of the next token of many hypotheses.

They agree in what they compute and differ in how often: one step a token with kept
states; the decoder from its start for each token; or, as in the article, encoder and
decoder from their start for each token.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from rederived.chapters.titles.encoder_decoder import (
    EncoderDecoder,
    Nested,
    select_rows,
)


class Scorer(ABC):
    """Log-probabilities of the next token for hypotheses on several texts.

    Args:
        model: an encoder-decoder.
        text: int64 ``(B, N)``, on the device of the model.
        beams: hypotheses a text; row ``b * beams + i`` belongs to text b.

    Raises:
        ValueError: if ``beams`` is less than one.

    Attributes:
        decoder_steps: positions that the decoder has computed, a hypothesis.
        encoder_passes: how often the texts have been read.
    """

    def __init__(self, model: EncoderDecoder, text: Tensor, beams: int) -> None:
        if beams < 1:
            raise ValueError(f"a search keeps at least one hypothesis, got {beams}")
        self.model, self.texts, self.beams = model, len(text), beams
        self.device = text.device
        self.decoder_steps = 0
        self.encoder_passes = 0

    @torch.no_grad()
    def next(self, prefixes: Tensor, parents: Tensor | None) -> Tensor:
        """Return log-probabilities of the next token, ``(R, V)``, on the text's device.

        A search may keep its own tensors on the CPU: they are moved here.

        Args:
            prefixes: int64 ``(R, t)``, each from ``START`` on.
            parents: ``(R,)``, for each row the row of the last call that it extends;
                None at first.
        """
        if parents is not None:
            parents = parents.to(self.device)
        return self.advance(prefixes.to(self.device), parents)

    @abstractmethod
    def advance(self, prefixes: Tensor, parents: Tensor | None) -> Tensor:
        """Return what ``next`` does, from tensors on the text's device."""


class CachedState(Scorer):
    """Reads the texts once and takes one decoder step a token.

    >>> from rederived.chapters.titles.tables import TableModel
    >>> model = TableModel(1, 3, 4, torch.Generator().manual_seed(0))
    >>> scorer = CachedState(model, model.texts(), beams=2)
    >>> log_probs = scorer.next(torch.tensor([[2], [2]]), None)
    >>> log_probs.shape, scorer.decoder_steps
    (torch.Size([2, 7]), 1)
    """

    def __init__(self, model: EncoderDecoder, text: Tensor, beams: int) -> None:
        super().__init__(model, text, beams)
        self.memory = _encode(model, text, beams)
        self.state = model.start(self.memory)
        self.encoder_passes = 1

    def advance(self, prefixes: Tensor, parents: Tensor | None) -> Tensor:
        """Advance every hypothesis by its last token."""
        if parents is not None:
            if len(parents) != self.texts * self.beams:  # some texts are finished
                self.memory = select_rows(self.memory, parents)
                self.texts = len(parents) // self.beams
            self.state = select_rows(self.state, parents)
        self.decoder_steps += 1
        log_probs, self.state = self.model.step(
            prefixes[:, -1], self.state, self.memory
        )
        return log_probs


class CachedEncoder(Scorer):
    """Reads the texts once and runs the decoder over the whole prefix each time."""

    def __init__(self, model: EncoderDecoder, text: Tensor, beams: int) -> None:
        super().__init__(model, text, beams)
        self.memory = _encode(model, text, beams)
        self.encoder_passes = 1

    def advance(self, prefixes: Tensor, parents: Tensor | None) -> Tensor:
        """Run the decoder over the prefixes and take its last position."""
        if parents is not None and len(parents) != self.texts * self.beams:
            self.memory = select_rows(self.memory, parents)
            self.texts = len(parents) // self.beams
        self.decoder_steps += prefixes.shape[1]
        logits = self.model.decode(self.memory, prefixes)
        return logits[:, -1].log_softmax(-1)


class NoCache(Scorer):
    """Runs the whole model over texts and prefixes each time, as the article does."""

    def __init__(self, model: EncoderDecoder, text: Tensor, beams: int) -> None:
        super().__init__(model, text, beams)
        self.copies = text.repeat_interleave(beams, 0)

    def advance(self, prefixes: Tensor, parents: Tensor | None) -> Tensor:
        """Run encoder and decoder and take the last position."""
        if parents is not None:
            self.copies = self.copies[parents]
        self.decoder_steps += prefixes.shape[1]
        self.encoder_passes += 1
        logits = self.model.decode(self.model.encode(self.copies), prefixes)
        return logits[:, -1].log_softmax(-1)


@torch.no_grad()
def _encode(model: EncoderDecoder, text: Tensor, beams: int) -> Nested:
    """Read the texts once, and repeat what was read for every beam."""
    rows = torch.arange(len(text), device=text.device).repeat_interleave(beams)
    return select_rows(model.encode(text), rows)
