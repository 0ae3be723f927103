r"""Losses of generator and discriminator, from samples and logits.

The discriminator's value is D = sigmoid(logit).  The batch is the last axis of logits
and the last but one of samples; leading axes count independent networks.  Equation
numbers are those of Su Jianlin's article of 2018 (arXiv:1807.05936).
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def softplus(values: Tensor) -> Tensor:
    """Return ``log(1 + e^t)``, without torch's cut to ``t`` from 20 on."""
    return functional.softplus(values, threshold=40)


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Return (-E log D(x) - E log(1 - D(G(z))))/2, equation 16 halved.

    Args:
        real: logits of data, (..., B).
        fake: logits of generated samples, (..., B).

    Returns:
        Nats, shape (...); log 2 for a discriminator that knows nothing.
    """
    return 0.5 * (softplus(-real).mean(-1) + softplus(fake).mean(-1))


def generator_loss(fake: Tensor) -> Tensor:
    """Return -E log D(G(z)), the non-saturating loss, equation 20.

    Args:
        fake: logits of generated samples, (..., B).
    """
    return softplus(-fake).mean(-1)


def proximity(new: Tensor, old: Tensor) -> Tensor:
    """Return E |G(z) - G_old(z)|^2, equation 25 without its factor.

    Args:
        new: samples of the generator, (..., B, D).
        old: the earlier generator's samples from the same noise; held fixed.

    Raises:
        ValueError: if the shapes differ.
    """
    if new.shape != old.shape:
        raise ValueError(
            f"samples of shapes {tuple(new.shape)} and {tuple(old.shape)}: draw both "
            "from the same noise"
        )
    return (new - old.detach()).square().sum(-1).mean(-1)
