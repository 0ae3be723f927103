r"""The loss of a VAE whose posterior is a conditional flow, one draw at a time.

The posterior is the law of ``z = F_x(u)`` with ``u`` standard normal and ``F_x``
invertible in ``u``, its parameters depending on ``x``.  Then (Su and Wu 2018,
arXiv:1809.05861; equation 6 of the article, without the constant ``E log p~(x)``)

    loss = E [ log q(u) - log q(x|z) - log q(z) - log|det dF_x(u)/du| ],

which bounds ``-E log q(x)`` from above.  ``q(z)`` is the prior's *density at* ``z``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from rederived.probability import standard_normal_log_prob
from rederived.vae import ElboTerms

Posterior = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""From ``(u, x)`` to ``z = F_x(u)`` and ``log|det dz/du|``, ``(B,)``, nats."""

Likelihood = Callable[[Tensor, Tensor], Tensor]
"""From ``(x, z)`` to ``log q(x|z)``, ``(B,)``, nats."""


@dataclass(frozen=True)
class FlowElboTerms(ElboTerms):
    """What the loss consists of, for each data point; nats, ``(B,)``.

    Its ``rate`` is ``log p(z|x) - log q(z)`` at the draw; the mean of that is
    ``KL(p(z|x) || q(z))``.

    Attributes:
        prior: ``-log q(z)``, the standard normal density at the code.
        base: ``log q(u)``, the standard normal density at the noise.
        log_det: ``log|det dF_x(u)/du|``.
    """

    prior: Tensor
    base: Tensor
    log_det: Tensor

    @classmethod
    def of(
        cls, distortion: Tensor, prior: Tensor, base: Tensor, log_det: Tensor
    ) -> FlowElboTerms:
        """Return the terms, with the rate ``base - log_det + prior``."""
        return cls(distortion, base - log_det + prior, prior, base, log_det)


def objective(
    posterior: Posterior, log_likelihood: Likelihood, x: Tensor, u: Tensor
) -> FlowElboTerms:
    """Return the terms of the loss for any conditional flow and any decoder.

    Args:
        posterior: the conditional flow ``F``.
        log_likelihood: the decoder.
        x: data, ``(B, *event)``.
        u: standard normal noise, ``(B, *code)``.
    """
    z, log_det = posterior(u, x)
    return FlowElboTerms.of(
        distortion=-log_likelihood(x, z),
        prior=-standard_normal_log_prob(z),
        base=standard_normal_log_prob(u),
        log_det=log_det,
    )
