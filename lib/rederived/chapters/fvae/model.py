"""The models of chapter 5: a VAE with a normal posterior, and the f-VAE.

Both have the prior ``N(0, I)`` and the decoder ``N(x; mean(z), sigma_2^2 I)`` with one
trained deviation; they differ in their posterior.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from rederived.chapters.fvae.objective import FlowElboTerms, objective
from rederived.chapters.fvae.posteriors import NormalPosterior
from rederived.flows import Bijection
from rederived.probability import (
    isotropic_normal_log_prob,
    standard_normal_log_prob,
)


class LatentModel(nn.Module):
    """A prior, a conditional flow as posterior, a normal decoder.

    Subclasses define ``posterior`` and ``decode``.

    Args:
        code_shape: the shape of one code.
        log_sigma_2: the logarithm of the decoder's deviation, where training starts.
    """

    def __init__(self, code_shape: tuple[int, ...], log_sigma_2: float = 0.0) -> None:
        super().__init__()
        self.code_shape = code_shape
        self.log_sigma_2 = nn.Parameter(torch.tensor(log_sigma_2))

    def posterior(self, u: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``z = F_x(u)`` and ``log|det dz/du|``."""
        raise NotImplementedError

    def decode(self, z: Tensor) -> Tensor:
        """Return the decoder's mean for codes ``(B, *code)``, ``(B, *event)``."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> FlowElboTerms:
        """Return the terms of the loss with one draw of the noise a data point.

        The draw is from torch's own stream, which ``training.fit`` seeds anew at each
        step; ``terms`` takes the noise instead.
        """
        shape = (len(x), *self.code_shape)
        return self.terms(x, torch.randn(shape, dtype=x.dtype, device=x.device))

    def terms(self, x: Tensor, u: Tensor) -> FlowElboTerms:
        """Return the terms of the complete loss for given noise ``(B, *code)``."""
        return objective(self.posterior, self.log_likelihood, x, u)

    def bound(self, x: Tensor, u: Tensor) -> Tensor:
        """Return the loss with all constants, ``(B,)``, nats: ``ElboTerms.loss``."""
        return self.terms(x, u).loss()

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """Return ``log q(x|z)``, ``(B,)``, nats."""
        return isotropic_normal_log_prob(x, self.decode(z), self.log_sigma_2)

    def encode(self, x: Tensor) -> Tensor:
        """Return the code of each data point without noise, ``F_x(0)``."""
        z, _ = self.posterior(x.new_zeros(len(x), *self.code_shape), x)
        return z

    def reconstruct(self, x: Tensor) -> Tensor:
        """Return the decoder's mean for the code without noise, ``(B, *event)``."""
        return self.decode(self.encode(x))

    @torch.no_grad()
    def sample(
        self,
        count: int,
        generator: torch.Generator,
        temperature: float = 1.0,
        *,
        noise: bool = False,
    ) -> Tensor:
        """Draw ``count`` events: a code, then the decoder (equation 19).

        Args:
            count: how many events.
            generator: the source of randomness, on any device.
            temperature: what multiplies the code.
            noise: whether the decoder's noise is added, as the model's law has it; by
                custom its mean is shown.

        Returns:
            Events, ``(count, *event)``.

        Raises:
            ValueError: if the temperature is negative.
        """
        if temperature < 0:
            raise ValueError(f"temperature must be at least 0, got {temperature}")
        like, device = self.log_sigma_2, generator.device
        shape = (count, *self.code_shape)
        z = temperature * torch.randn(shape, generator=generator, device=device)
        x = self.decode(z.to(like.device, like.dtype))
        if not noise:
            return x
        draw = torch.randn(x.shape, generator=generator, device=device)
        return x + like.exp() * draw.to(like.device, like.dtype)


class NormalVAE(LatentModel):
    """The usual VAE for events of any shape: normal posterior, normal decoder.

    Its rate is taken at the draw, as that of an f-VAE has to be, and its decoder's
    deviation is trained; ``rederived.vae.VAE`` has the rate in closed form.

    Args:
        encoder: maps ``(B, *event)`` to mean and log-variance, each ``(B, *code)``.
        decoder: maps codes ``(B, *code)`` to ``(B, *event)``.
        code_shape: the shape of one code.
        log_sigma_2: the logarithm of the decoder's deviation, where training starts.
    """

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        code_shape: tuple[int, ...],
        *,
        log_sigma_2: float = 0.0,
    ) -> None:
        super().__init__(code_shape, log_sigma_2)
        self.normal = NormalPosterior(encoder)
        self.decoder = decoder

    def posterior(self, u: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``sigma(x) u + mu(x)`` and ``sum log sigma(x)``."""
        z, log_det = self.normal(u, x)
        return z, log_det

    def decode(self, z: Tensor) -> Tensor:
        """Return ``G(z)``."""
        x: Tensor = self.decoder(z)
        return x


class FVAE(LatentModel):
    """The article's model (equation 17): encoder ``E``, decoder ``G``, flow ``F``.

    ``F_x(u) = F(sigma_1 u + E(x))`` and ``q(x|z) = N(x; G(F^-1(z)), sigma_2^2)``.  In
    training ``F^-1`` undoes ``F`` and neither ``E`` nor ``G`` is inverted; in sampling
    ``F`` runs backwards once.

    Args:
        encoder: ``E``, from ``(B, *event)`` to ``(B, *code)``.
        decoder: ``G``, from ``(B, *code)`` to ``(B, *event)``.
        flow: ``F``, a bijection of codes.
        code_shape: the shape of one code; it need not have the event's size.
        log_sigma_1: the logarithm of the posterior's deviation, where training starts.
        log_sigma_2: that of the decoder's deviation.
    """

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        flow: Bijection,
        code_shape: tuple[int, ...],
        *,
        log_sigma_1: float = 0.0,
        log_sigma_2: float = 0.0,
    ) -> None:
        super().__init__(code_shape, log_sigma_2)
        self.encoder, self.decoder, self.flow = encoder, decoder, flow
        self.log_sigma_1 = nn.Parameter(torch.tensor(log_sigma_1))

    def hidden(self, u: Tensor, x: Tensor) -> Tensor:
        """Return ``h = sigma_1 u + E(x)``, what the decoder sees in training."""
        h: Tensor = self.encoder(x) + self.log_sigma_1.exp() * u
        return h

    def posterior(self, u: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``F(h)`` and ``D log sigma_1 + log|det F'(h)|``."""
        return self._through_flow(self.hidden(u, x))

    def _through_flow(self, h: Tensor) -> tuple[Tensor, Tensor]:
        z, log_det = self.flow(h)
        return z, log_det + h[0].numel() * self.log_sigma_1

    def terms(self, x: Tensor, u: Tensor) -> FlowElboTerms:
        """Return the terms of the complete loss; ``G`` takes ``h``, not ``F^-1(z)``."""
        h = self.hidden(u, x)
        z, log_det = self._through_flow(h)
        return FlowElboTerms.of(
            distortion=-isotropic_normal_log_prob(x, self.decoder(h), self.log_sigma_2),
            prior=-standard_normal_log_prob(z),
            base=standard_normal_log_prob(u),
            log_det=log_det,
        )

    def decode(self, z: Tensor) -> Tensor:
        """Return ``G(F^-1(z))``."""
        h, _ = self.flow.inverse(z)
        x: Tensor = self.decoder(h)
        return x

    def reconstruct(self, x: Tensor) -> Tensor:
        """Return ``G(E(x))``; ``F`` and its inverse cancel."""
        result: Tensor = self.decoder(self.encoder(x))
        return result

    def printed_loss(self, x: Tensor, u: Tensor) -> Tensor:
        """Return the article's equation (18) as printed, ``(B,)``.

        It lacks ``d log sigma_2`` and constants.  With ``sigma_2`` trained it falls
        without end in ``sigma_2``; it is here to be looked at.
        """
        terms = self.terms(x, u)
        left_out = 0.5 * math.log(2 * math.pi) + self.log_sigma_2
        square = terms.distortion - x[0].numel() * left_out
        code_square = terms.prior - 0.5 * math.log(2 * math.pi) * u[0].numel()
        return square + code_square - terms.log_det
