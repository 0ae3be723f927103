"""The loss of a VAE on finite tables, where every part of it is a sum.

The data ``x`` take ``X`` values and the code ``z`` takes ``Z``.  The encoder ``p(z|x)``
is a table ``(X, Z)`` whose rows are distributions, the decoder ``q(x|z)`` one whose
columns are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from rederived.probability import conditional, joint, kl, marginal, mutual_information


@dataclass(frozen=True)
class LossDecomposition:
    """The loss and its parts, each from its own definition, nats.

    Attributes:
        loss: ``KL(p~(x) p(z|x) || q(z) q(x|z))``.
        rate: the mean of ``KL(p(z|x) || q(z))``.
        fit: the mean of ``log q(x|z)/p~(x)``; ``loss = rate - fit``.
        information: ``I(x; z)`` of ``p~(x) p(z|x)``.
        aggregate_kl: ``KL(p(z) || q(z))`` with the aggregate ``p(z)``.
        decoder_gap: the mean over ``p(z)`` of ``KL(p(x|z) || q(x|z))``.

    >>> half, same = torch.full((2,), 0.5), torch.full((2, 2), 0.5)
    >>> parts = split_loss(half.double(), same.double(), half.double(), same.double())
    >>> float(parts.loss), float(parts.information)
    (0.0, 0.0)
    """

    loss: Tensor
    rate: Tensor
    fit: Tensor
    information: Tensor
    aggregate_kl: Tensor
    decoder_gap: Tensor


def split_loss(
    data: Tensor, encoder: Tensor, prior: Tensor, decoder: Tensor
) -> LossDecomposition:
    """Return the loss of a VAE on tables and its parts.

    Args:
        data: ``p~(x)``, ``(X,)``.
        encoder: ``p(z|x)``, ``(X, Z)``, rows sum to one.
        prior: ``q(z)``, ``(Z,)``.
        decoder: ``q(x|z)``, ``(X, Z)``, columns sum to one.

    Raises:
        ValueError: if one of them is not a distribution, or a code has probability
            zero.
    """
    together = joint(data, encoder)
    aggregate = marginal(together, 1)
    encoder = torch.where(data[:, None] > 0, encoder, prior)  # rates times 0 are 0
    gaps = kl(conditional(together, given=1), decoder, 0)
    log_ratio = torch.xlogy(together, decoder) - torch.xlogy(together, data[:, None])
    return LossDecomposition(
        loss=kl(together, prior * decoder),
        rate=(data * kl(encoder, prior, -1)).sum(),
        fit=log_ratio.sum(),
        information=mutual_information(together),
        aggregate_kl=kl(aggregate, prior),
        decoder_gap=(aggregate * gaps).sum(),
    )


def bayes_decoder(data: Tensor, encoder: Tensor) -> Tensor:
    """Return the best decoder of an encoder, ``p(z|x) p~(x) / p(z)``, ``(X, Z)``.

    Args:
        data: ``p~(x)``, ``(X,)``.
        encoder: ``p(z|x)``, ``(X, Z)``.

    Raises:
        ValueError: if one of them is not a distribution, or a code has probability
            zero.
    """
    return conditional(joint(data, encoder), given=1)


def best_encoder(prior: Tensor, decoder: Tensor, beta: float) -> Tensor:
    """Return the encoder with the least ``distortion + beta * rate``, ``(X, Z)``.

    For a given decoder it is ``p(z|x) ~ q(z) q(x|z)^(1/beta)``, each row normalised;
    with ``beta = 1`` Bayes' rule for the model.

    Args:
        prior: ``q(z)``, ``(Z,)``.
        decoder: ``q(x|z)``, ``(X, Z)``; every ``x`` has a code that draws it.
        beta: the weight of the rate, positive.

    Raises:
        ValueError: if beta is not positive and finite, or no code draws an ``x``.
    """
    if not 0 < beta < math.inf:
        raise ValueError(f"beta must be positive, got {beta}")
    if not bool(((prior > 0) & (decoder > 0)).any(1).all()):
        raise ValueError("an x has probability 0 under every code: leave it out")
    return (prior.log() + decoder.log() / beta).softmax(1)


def product_decoder(data: Tensor, encoder: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return the best decoder of an encoder whose pixels are independent, ``(X, Z)``.

    For each code it is the product of the distributions ``p(x_k|z)`` of the single
    pixels.

    Args:
        data: ``p~(x)``, ``(X,)``.
        encoder: ``p(z|x)``, ``(X, Z)``.
        shape: how many values each pixel has; ``X`` is their product, and the last
            pixel changes fastest.
    """
    codes = encoder.shape[1]
    law = bayes_decoder(data, encoder).reshape(*shape, codes)
    single = [
        law.sum([other for other in range(len(shape)) if other != k], keepdim=True)
        for k in range(len(shape))
    ]
    product = torch.ones_like(law)
    for factor in single:
        product = product * factor
    return product.reshape(-1, codes)
