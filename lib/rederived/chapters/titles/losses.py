"""Teacher forcing: every token is predicted from the true ones before it."""

from __future__ import annotations

from torch import Tensor, nn

from rederived.chapters.titles.encoder_decoder import EncoderDecoder
from rederived.chapters.titles.vocabulary import PAD, trimmed


def token_losses(logits: Tensor, targets: Tensor) -> Tensor:
    """Return minus the log-probability of each target, nats; 0 for padding.

    Args:
        logits: ``(B, M, V)``.
        targets: int64 ``(B, M)``.
    """
    return nn.functional.cross_entropy(
        logits.transpose(1, 2), targets, ignore_index=PAD, reduction="none"
    )


def log_likelihood(model: EncoderDecoder, text: Tensor, titles: Tensor) -> Tensor:
    """Return log p(Y | X) ``(B,)``, nats: the sum over a title's tokens.

    Args:
        model: an encoder-decoder.
        text: int64 ``(B, N)``.
        titles: int64 ``(B, M)``, each from ``START`` to ``END``, padded.
    """
    logits = model.decode(model.encode(text), titles[:, :-1])
    return -token_losses(logits, titles[:, 1:]).sum(1)


def title_loss(model: nn.Module, text: Tensor, titles: Tensor) -> Tensor:
    """Return the mean of the losses of all real tokens of a batch, nats.

    A batch is padded to its own longest text and title.

    Args:
        model: an encoder-decoder, trained by this loss.
        text: int64 ``(B, N)``.
        titles: int64 ``(B, M)``, each from ``START`` to ``END``, padded.
    """
    text, titles = trimmed(text), trimmed(titles)
    logits = model(text, titles[:, :-1])
    losses = token_losses(logits, titles[:, 1:])
    return losses.sum() / (titles[:, 1:] != PAD).sum()
