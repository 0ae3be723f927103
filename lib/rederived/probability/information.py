r"""Mutual information of finite tables, and what negative sampling finds there.

A table ``(..., X, Z)`` is a joint distribution ``P``; ``Q`` is the product of
its marginals.
Everything is a sum, in nats.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from rederived.probability.tables import (
    js,
    marginals,
    mutual_information,
    spread_marginals,
)


def product_of_marginals(joint: Tensor) -> Tensor:
    """Return ``Q = p(x) p(z)`` of a table ``(..., X, Z)``."""
    first, second = marginals(joint)
    return first.unsqueeze(-1) * second.unsqueeze(-2)


def pointwise_information(joint: Tensor) -> Tensor:
    """Return ``log P / Q`` of every cell, the pointwise mutual information.

    A cell of probability zero has minus infinity.
    """
    first, second = spread_marginals(joint)
    ratio = joint.log() - first.log() - second.log()
    return torch.where(joint == 0, -math.inf, ratio)  # also where a marginal is zero


def js_information(joint: Tensor) -> Tensor:
    """Return ``JS(p(x, z), p(x) p(z))`` of a table ``(..., X, Z)``, at most log 2."""
    return js(joint, product_of_marginals(joint), (-2, -1))


def negative_sampling(joint: Tensor, scores: Tensor, negatives: float = 1.0) -> Tensor:
    """Return ``E_P log s(T) + k E_Q log(1 - s(T))``, at most 0.

    The number that telling pairs from ``k`` times as many random pairs maximises, ``s``
    being the logistic function.  Its maximum is at ``T = log P/Q - log k``.

    Args:
        joint: the table ``(..., X, Z)``.
        scores: ``T``, the same shape.
        negatives: ``k``; 1 in Deep InfoMax, more in word2vec.

    A cell of probability zero counts nothing, also where its score is infinite.

    Raises:
        ValueError: if the shapes differ, or ``negatives`` is no number of at least 0.
    """
    if joint.shape != scores.shape:
        raise ValueError(
            f"scores of shape {tuple(scores.shape)} for a table of shape "
            f"{tuple(joint.shape)}: give one score for each cell"
        )
    if not 0.0 <= negatives < math.inf:
        raise ValueError(f"negatives must be at least 0 and finite, got {negatives}")
    own = _mean_over(joint, functional.logsigmoid(scores))
    other = _mean_over(product_of_marginals(joint), functional.logsigmoid(-scores))
    return own + negatives * other if negatives else own


def self_pair_ceiling(count: int) -> float:
    """Return the largest JS if one of ``count`` negatives is the pair itself, nats.

    The joint distribution is uniform on ``count`` pairs ``(i, i)``, the other one on
    all ``count**2`` pairs: the JS of a batch whose negatives come from a shuffle,
    however informative the code.

    Raises:
        ValueError: if there are fewer than two pairs.
    """
    if not 2 <= count < math.inf:
        raise ValueError(f"count must be at least 2, got {count}")
    inside = math.log(count / (count + 1)) - math.log(count + 1) / count
    return math.log(2.0) + 0.5 * inside


def cooccurrence(words: list[int], vocabulary: int, window: int) -> Tensor:
    """Return the distribution of (word, neighbour) in a text, float64 ``(V, V)``.

    Args:
        words: the text as word numbers.
        vocabulary: how many words there are.
        window: neighbours on each side that count.

    Raises:
        ValueError: if the text has no pair or the window no place, or a word is not
            one of the vocabulary's.
    """
    if window < 1 or len(words) < 2:
        raise ValueError(
            f"a window of {window} over {len(words)} words holds no pair: give at "
            "least one neighbour and two words"
        )
    strange = [word for word in words if not 0 <= word < vocabulary]
    if strange:
        raise ValueError(
            f"the word {strange[0]} is none of 0 to {vocabulary - 1}: raise vocabulary"
        )
    text = torch.tensor(words)
    counts = torch.zeros(vocabulary, vocabulary, dtype=torch.float64)
    for step in range(1, min(window, len(words) - 1) + 1):
        pairs = text[:-step] * vocabulary + text[step:]
        found = torch.bincount(pairs, minlength=vocabulary**2)
        table = found.reshape(vocabulary, vocabulary).double()
        counts += table + table.T
    return counts / counts.sum()


def _mean_over(distribution: Tensor, values: Tensor) -> Tensor:
    """Return the mean of values over tables ``(..., X, Z)``, with 0 times inf = 0."""
    terms = torch.where(distribution == 0, 0.0, distribution * values)
    return terms.sum((-2, -1))


def infomax_loss(
    joint: Tensor, rate: Tensor, information_weight: float, rate_weight: float
) -> Tensor:
    """Return ``-information_weight I(x; z) + rate_weight rate`` of a table, nats.

    The loss of Deep InfoMax before its estimators; with both weights one it is that of
    a VAE whose decoder is the Bayes posterior.

    Args:
        joint: ``p~(x) p(z|x)``, ``(X, Z)``.
        rate: the mean of ``KL(p(z|x) || q(z))``.
        information_weight: of the mutual information.
        rate_weight: of the rate.
    """
    if rate_weight == 0:  # also where the rate is infinite
        rate = torch.zeros_like(rate)
    return rate_weight * rate - information_weight * mutual_information(joint)
