"""Deep InfoMax in its smallest form: global, Jensen-Shannon, data that are vectors.

Hjelm and others 2019, arXiv:1808.06670.  A discriminator ``T(x, z)`` is trained to tell
a picture with its own code from a picture with another's; encoder and discriminator
lower the same loss,

    -a (E log s(T(x, z_x)) + E log(1 - s(T(x', z_x)))) + b E KL(p(z|x) || q(z))

with the logistic function ``s``, ``a = information_weight``, ``b = rate_weight``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from rederived.probability import draw_normal, kl_to_standard


@dataclass(frozen=True)
class InfoMaxTerms:
    """The two parts of the loss.

    Attributes:
        score: ``E log s(T)`` on pairs plus ``E log(1 - s(T))`` on mismatched pairs, a
            scalar of at most 0.
        rate: ``KL(p(z|x) || q(z))`` of each data point, ``(B,)``, nats.
    """

    score: Tensor
    rate: Tensor

    @property
    def js(self) -> Tensor:
        """A lower bound of the JS divergence of the joint and the product, nats."""
        return 0.5 * self.score + math.log(2.0)


class InfoMax(nn.Module):
    """The objective: the encoder and the discriminator minimise it together.

    Args:
        encoder: maps data ``(B, D)`` to mean and log-variance of the code ``(B, d)``.
        discriminator: maps ``(B, D + d)``, data and code side by side, to ``(B, 1)``.
        information_weight: of the information term.
        rate_weight: of the divergence to the prior.
    """

    def __init__(
        self,
        encoder: nn.Module,
        discriminator: nn.Module,
        information_weight: float = 1.0,
        rate_weight: float = 0.1,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.discriminator = discriminator
        self.information_weight = information_weight
        self.rate_weight = rate_weight

    def terms(
        self, x: Tensor, generator: torch.Generator | None = None
    ) -> InfoMaxTerms:
        """Return both parts; each code is also paired with the previous row's data.

        Args:
            x: data ``(B, D)`` in random order, at least two rows.
            generator: the source of the codes; None takes torch's own stream.

        Raises:
            ValueError: if there is only one row, which cannot be mismatched.
        """
        if len(x) < 2:
            raise ValueError(f"a batch needs at least 2 rows to mismatch, got {len(x)}")
        mean, log_variance = self.encoder(x)
        z = draw_normal(mean, log_variance, generator)
        own = self.discriminator(torch.cat([x, z], 1))
        other = self.discriminator(torch.cat([x.roll(1, 0), z], 1))
        score = functional.logsigmoid(own).mean() + functional.logsigmoid(-other).mean()
        return InfoMaxTerms(score, kl_to_standard(mean, log_variance))

    def forward(self, x: Tensor) -> Tensor:
        """Return the loss of a batch ``(B, D)``."""
        terms = self.terms(x)
        loss: Tensor = -self.information_weight * terms.score
        if self.rate_weight == 0:  # also where the rate is infinite
            return loss
        return loss + self.rate_weight * terms.rate.mean()
