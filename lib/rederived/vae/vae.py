"""The variational autoencoder: its bound in two parts, and the likelihood itself.

Kingma and Welling 2014, arXiv:1312.6114; importance weights: Burda, Grosse and
Salakhutdinov 2016, arXiv:1509.00519.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from rederived.probability import draw_normal, kl_to_standard, normal_log_prob
from rederived.vae.decoders import Decoder
from rederived.vae.terms import ElboTerms


class VAE(nn.Module):
    """An encoder ``p(z|x)``, a decoder ``q(x|z)`` and the standard normal prior.

    Args:
        encoder: a module that maps data ``(B, D)`` to mean and log-variance of the
            code, each ``(B, d)``.
        decoder: the distribution of the data given the code.

    >>> from rederived.vae import linear_vae
    >>> vae = linear_vae(3, 2, deviation=1.0)
    >>> rng = torch.Generator().manual_seed(0)
    >>> vae(torch.zeros(4, 3), rng).loss().shape, vae.sample(5, 2, rng).shape
    (torch.Size([4]), torch.Size([5, 3]))
    """

    def __init__(self, encoder: nn.Module, decoder: Decoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def forward(self, x: Tensor, generator: torch.Generator | None = None) -> ElboTerms:
        """Return the bound of each data point with one draw of its code.

        Args:
            x: data ``(B, D)``.
            generator: the source of the draw; None takes torch's own stream, which
                ``training.fit`` seeds anew at each step.
        """
        mean, log_variance = self.encoder(x)
        z = draw_normal(mean, log_variance, generator)
        return ElboTerms(
            distortion=-self.decoder.log_prob(x, z),
            rate=kl_to_standard(mean, log_variance),
        )

    @torch.no_grad()
    def sample(self, count: int, codes: int, generator: torch.Generator) -> Tensor:
        """Draw ``count`` data points: a code of ``codes`` numbers, then the decoder."""
        z = torch.randn(count, codes, generator=generator, device=generator.device)
        parameter = next(self.parameters(), z)
        return self.decoder.sample(z.to(parameter.device, parameter.dtype), generator)


@torch.no_grad()
def log_likelihood(
    vae: VAE, x: Tensor, samples: int, generator: torch.Generator
) -> Tensor:
    """Estimate ``log q(x)`` by ``log 1/K sum_k q(x|z_k) q(z_k) / p(z_k|x)``.

    The mean of the estimate is a lower bound of ``log q(x)`` that rises with ``K``;
    with one sample it is the evidence lower bound.

    Args:
        vae: the model.
        x: data ``(B, D)``.
        samples: the number ``K`` of codes drawn for each data point.
        generator: the source of the codes.

    Returns:
        float64 ``(B,)``, nats.

    Raises:
        ValueError: if ``samples`` is not positive.
    """
    if not samples >= 1:
        raise ValueError(f"samples must be at least 1, got {samples}")
    mean, log_variance = vae.encoder(x)
    shape = (len(x),)
    zero = mean.new_zeros(())  # mean and log-variance of the prior
    total = torch.full(shape, -math.inf, dtype=torch.float64, device=x.device)
    still = torch.zeros_like(mean)
    entropy = 0.5 * log_variance.expand_as(mean).flatten(1).sum(1)
    for _ in range(samples):
        noise = draw_normal(still, still, generator)
        z = mean + (0.5 * log_variance).exp() * noise
        # of the noise: a sharp distribution's code, rounded, would have another density
        weight = (
            vae.decoder.log_prob(x, z).double()
            + normal_log_prob(z.flatten(1), zero, zero).double()
            - (normal_log_prob(noise.flatten(1), zero, zero) - entropy).double()
        )
        total = torch.logaddexp(total, weight)
    return total - math.log(samples)
