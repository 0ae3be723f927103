r"""The adversarial game on finite distributions, with every minimum taken exactly.

Distributions are float64 (..., n): ``data`` is p~, ``model`` is q, ``old`` is the
model of the round before, ``discriminator`` holds D(x) in (0, 1).  With prior weight w
= p_1 of the data, the joint distributions of x and the label y are q(x, y) = w p~(x)
for y = 1 and (1 - w) q(x) for y = 0, and p(x, y) = p~(x) p(y|x) with p(1|x) = D(x);
equations 13 to 20 of the article.  Values are in nats.

The adversarial autoencoder is the same game with other names: put the prior of the
code for ``data`` and the distribution of the codes for ``model``.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from rederived.probability import kl

Response = Callable[[Tensor, Tensor], Tensor]
"""From the old model and the discriminator to the new model."""


def optimal_discriminator(data: Tensor, model: Tensor, weight: float = 0.5) -> Tensor:
    """Return D = w p~/(w p~ + (1 - w) q), equation 18 for w = 1/2.

    Raises:
        ValueError: if a point has probability zero under both, where D has no
            value.
    """
    total = weight * data + (1 - weight) * model
    if bool((total == 0).any()):
        raise ValueError(
            "both distributions give a point probability 0, where the discriminator "
            "has no value: leave the point out"
        )
    return weight * data / total


def labelled_joint(data: Tensor, model: Tensor, weight: float = 0.5) -> Tensor:
    """Return the table q(x, y), shape (n, 2), with y = 0 (model) in column 0."""
    return torch.stack([(1 - weight) * model, weight * data], dim=-1)


def discriminator_joint(data: Tensor, discriminator: Tensor) -> Tensor:
    """Return the table p(x, y) = p~(x) p(y|x), shape (n, 2)."""
    return torch.stack([data * (1 - discriminator), data * discriminator], dim=-1)


def joint_kl(
    data: Tensor, model: Tensor, discriminator: Tensor, weight: float = 0.5
) -> Tensor:
    """Return KL(q(x, y) || p(x, y)), equation 14 with all its constants."""
    own = discriminator_joint(data, discriminator)
    return kl(labelled_joint(data, model, weight), own, (-2, -1))


def simplified_kl(data: Tensor, model: Tensor, discriminator: Tensor) -> Tensor:
    """Return sum p~ log 1/D + sum q log(q/((1 - D) p~)), equation 14's right side."""
    against = (1 - discriminator) * data
    real = -torch.xlogy(data, discriminator).sum(-1)
    return real + (torch.xlogy(model, model) - torch.xlogy(model, against)).sum(-1)


def discriminator_risk(
    data: Tensor, model: Tensor, discriminator: Tensor, weight: float = 0.5
) -> Tensor:
    """Return -w E log D - (1 - w) E log(1 - D), half of equation 16 for w = 1/2."""
    real = torch.xlogy(weight * data, discriminator)  # nothing, also of an infinity
    fake = torch.xlogy((1 - weight) * model, 1 - discriminator)
    return -real.sum(-1) - fake.sum(-1)


def generator_risk(model: Tensor, discriminator: Tensor) -> Tensor:
    """Return -E log D(x) under the model, equation 20: what is left without the KL."""
    return -torch.xlogy(model, discriminator).sum(-1)


def proximal_risk(model: Tensor, old: Tensor, discriminator: Tensor) -> Tensor:
    """Return -E log D(x) + KL(q || q_old), equation 19."""
    return generator_risk(model, discriminator) + kl(model, old)


def proximal_response(old: Tensor, discriminator: Tensor) -> Tensor:
    """Return the minimum of ``proximal_risk``, q proportional to q_old D.

    The risk is KL(q || q_old D / Z) - log Z with Z = E[D] under the old model.
    """
    return weighted_response(1.0)(old, discriminator)


def weighted_response(weight: float) -> Response:
    """Return the response to -E log D + weight KL(q || q_old), for a weight above 0.

    It is q proportional to q_old D^(1/weight).

    Raises:
        ValueError: if the weight is not positive; see ``best_response`` for none.
    """
    if not weight > 0:
        raise ValueError(f"weight is {weight}; give more than 0, or use best_response")

    def respond(old: Tensor, discriminator: Tensor) -> Tensor:
        logits = old.log() + torch.xlogy(1 / weight, discriminator)
        if not bool((logits > -torch.inf).any(-1).all()):
            raise ValueError("D is 0 wherever the old model is not: no risk is finite")
        return logits.softmax(-1)

    return respond


def best_response(old: Tensor, discriminator: Tensor) -> Tensor:
    """Return the minimum of ``generator_risk``: all mass where D is largest."""
    largest = discriminator.argmax(-1, keepdim=True)
    return torch.zeros_like(old).scatter(-1, largest, 1.0)


def damped(response: Response, share: float) -> Response:
    """Return the response that moves only this share of the way.

    Raises:
        ValueError: if the share is not in (0, 1].
    """
    if not 0 < share <= 1:
        raise ValueError(f"share is {share}; give more than 0 and at most 1")

    def respond(old: Tensor, discriminator: Tensor) -> Tensor:
        return (1 - share) * old + share * response(old, discriminator)

    return respond


def alternate(
    data: Tensor,
    start: Tensor,
    response: Response,
    rounds: int,
    *,
    floor: float = 0.0,
    discriminator_share: float = 1.0,
) -> Tensor:
    """Play rounds: the discriminator moves to its optimum, the generator responds.

    Args:
        data: p~, positive everywhere.
        start: the first model.
        response: what the generator does.
        rounds: how many.
        floor: share of the uniform distribution mixed into each new model, so that the
            discriminator has something to compare everywhere.
        discriminator_share: of the way to its optimum that the discriminator goes
            each round, from 1/2 everywhere; 1 for the optimal discriminator.

    Returns:
        The models, (rounds + 1, ..., n), the first one included.
    """
    models, discriminator = [start], torch.full_like(data, 0.5)
    for _ in range(rounds):
        old = models[-1]
        best = optimal_discriminator(data, old)
        discriminator = discriminator.lerp(best, discriminator_share)
        new = response(old, discriminator)
        models.append((1 - floor) * new + floor / new.shape[-1])
    return torch.stack(models)
