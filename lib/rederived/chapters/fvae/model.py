r"""f-VAEs: VAEs whose posterior is a conditional flow, and their loss.

The posterior is the distribution of ``z = F_x(u)`` with ``u`` standard normal and
``F_x`` invertible in ``u``, its parameters depending on ``x``.  Then (Su and Wu 2018,
arXiv:1809.05861; equation 6 of the article, without the constant ``E log p~(x)``)

    loss = E [ log q(u) - log q(x|z) - log q(z) - log|det dF_x(u)/du| ],

which bounds ``-E log q(x)`` from above.  ``q(z)`` is the prior's *density at* ``z``.
All models have the prior ``N(0, I)`` and the decoder ``N(x; mean(z), sigma_2^2 I)``
with one trained deviation, :class:`PixelFVAE` one a pixel; they differ in their
posterior.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rederived.flows import Bijection, Flow, StandardNormal
from rederived.probability import (
    isotropic_normal_log_prob,
    normal_log_prob,
    standard_normal_log_prob,
)
from rederived.probability.normals import check_events
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

    >>> one = torch.ones(2)
    >>> terms = FlowElboTerms.of(distortion=one, prior=3 * one, base=-one, log_det=one)
    >>> terms.rate, terms.loss()
    (tensor([1., 1.]), tensor([2., 2.]))
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


class NormalPosterior(nn.Module):
    """``F_x(u) = sigma(x) * u + mu(x)``: the posterior of a usual VAE (equation 10).

    Args:
        encoder: maps ``(B, *event)`` to mean and log-variance, each ``(B, *code)``.

    >>> posterior = NormalPosterior(lambda x: (x, 0 * x))  # N(x, 1)
    >>> posterior(torch.ones(1, 2), torch.tensor([[3.0, 4.0]]))
    (tensor([[4., 5.]]), tensor([0.]))
    """

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, u: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``sigma(x) u + mu(x)`` and ``sum log sigma(x)``."""
        mean, log_variance = self.encoder(x)
        log_sigma = (0.5 * log_variance).expand_as(u)  # a shared one counts for each
        return mean + log_sigma.exp() * u, log_sigma.flatten(1).sum(1)


class ShiftedFlow(nn.Module):
    """``F_x(u) = F(sigma u + E(x))`` (equation 17; with ``E(x) = x`` equation 13).

    Only ``u`` is transformed, so ``E`` needs neither an inverse nor a Jacobian.

    Args:
        flow: the unconditional flow ``F``.
        encoder: any module from ``(B, *event)`` to ``(B, *code)``; it is not inverted.
        log_sigma: the logarithm of the noise's deviation, where training starts.

    >>> from rederived.flows import Reverse
    >>> posterior = ShiftedFlow(Reverse(), nn.Identity())
    >>> z, log_det = posterior(torch.tensor([[1.0, 0.0]]), torch.tensor([[3.0, 4.0]]))
    >>> z.tolist(), log_det.tolist()
    ([[4.0, 4.0]], [0.0])
    """

    def __init__(
        self, flow: Bijection, encoder: nn.Module, log_sigma: float = 0.0
    ) -> None:
        super().__init__()
        self.flow = flow
        self.encoder = encoder
        self.log_sigma = nn.Parameter(torch.tensor(float(log_sigma)))

    def forward(self, u: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``F(sigma u + E(x))`` and ``D log sigma + log|det F'|``."""
        h = self.encoder(x) + self.log_sigma.exp() * u
        z, log_det = self.flow(h)
        return z, log_det + u.shape[1:].numel() * self.log_sigma


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
        self.log_sigma_2 = nn.Parameter(torch.tensor(float(log_sigma_2)))

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
        """Return the loss with all constants, ``(B,)``, nats."""
        return self.terms(x, u).loss()

    def log_likelihood(self, x: Tensor, z: Tensor) -> Tensor:
        """Return ``log q(x|z)``, ``(B,)``, nats."""
        return self.decoder_log_prob(x, self.decode(z))

    def decoder_log_prob(self, x: Tensor, mean: Tensor) -> Tensor:
        """Return ``log N(x; mean, sigma_2^2 I)``, ``(B,)``, nats."""
        return isotropic_normal_log_prob(x, mean, self.log_sigma_2)

    def encode(self, x: Tensor) -> Tensor:
        """Return the code of each data point without noise, ``F_x(0)``."""
        z, _ = self.posterior(x.new_zeros(len(x), *self.code_shape), x)
        return z

    def reconstruct(self, x: Tensor) -> Tensor:
        """Return the decoder's mean for the code without noise, ``(B, *event)``."""
        return self.decode(self.encode(x))


class NormalVAE(LatentModel):
    """The usual VAE for events of any shape: normal posterior, normal decoder.

    Its rate is taken at the draw, as that of an f-VAE has to be, and its decoder's
    deviation is trained; ``rederived.vae.VAE`` has the rate in closed form.

    Args:
        encoder: maps ``(B, *event)`` to mean and log-variance, each ``(B, *code)``.
        decoder: maps codes ``(B, *code)`` to ``(B, *event)``.
        code_shape: the shape of one code.

    >>> model = NormalVAE(lambda x: (x, 0 * x), nn.Identity(), (2,))
    >>> model.reconstruct(torch.tensor([[3.0, 4.0]]))
    tensor([[3., 4.]])
    """

    def __init__(
        self, encoder: nn.Module, decoder: nn.Module, code_shape: tuple[int, ...]
    ) -> None:
        super().__init__(code_shape)
        self.normal = NormalPosterior(encoder)
        self.decoder = decoder

    def posterior(self, u: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``sigma(x) u + mu(x)`` and ``sum log sigma(x)``."""
        z, log_det = self.normal(u, x)
        return z, log_det

    def decode(self, z: Tensor) -> Tensor:
        """Return ``G(z)``."""
        return self.decoder(z)


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

    >>> from rederived.flows import DiagonalScale
    >>> model = FVAE(nn.Linear(6, 2), nn.Linear(2, 6), DiagonalScale((2,)), (2,))
    >>> model.bound(torch.zeros(4, 6), torch.zeros(4, 2)).shape
    torch.Size([4])
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
        self.log_sigma_1 = nn.Parameter(torch.tensor(float(log_sigma_1)))

    def hidden(self, u: Tensor, x: Tensor) -> Tensor:
        """Return ``h = sigma_1 u + E(x)``, what the decoder sees in training."""
        return self.encoder(x) + self.log_sigma_1.exp() * u

    def posterior(self, u: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``F(h)`` and ``D log sigma_1 + log|det F'(h)|``."""
        return self._through_flow(self.hidden(u, x))

    def _through_flow(self, h: Tensor) -> tuple[Tensor, Tensor]:
        z, log_det = self.flow(h)
        return z, log_det + h.shape[1:].numel() * self.log_sigma_1

    def terms(self, x: Tensor, u: Tensor) -> FlowElboTerms:
        """Return the terms of the complete loss; ``G`` takes ``h``, not ``F^-1(z)``."""
        h = self.hidden(u, x)
        z, log_det = self._through_flow(h)
        return FlowElboTerms.of(
            distortion=-self.decoder_log_prob(x, self.decoder(h)),
            prior=-standard_normal_log_prob(z),
            base=standard_normal_log_prob(u),
            log_det=log_det,
        )

    def decode(self, z: Tensor) -> Tensor:
        """Return ``G(F^-1(z))``."""
        h, _ = self.flow.inverse(z)
        return self.decoder(h)

    def reconstruct(self, x: Tensor) -> Tensor:
        """Return ``G(E(x))``; ``F`` and its inverse cancel."""
        return self.decoder(self.encoder(x))

    def printed_loss(self, x: Tensor, u: Tensor) -> Tensor:
        """Return the article's equation (18) as printed, ``(B,)``.

        It lacks ``d log sigma_2`` and constants.  With ``sigma_2`` trained it falls
        without end in ``sigma_2``; it is here to be looked at.
        """
        terms = self.terms(x, u)
        left_out = 0.5 * math.log(2 * math.pi) + self.log_sigma_2
        square = terms.distortion - x.shape[1:].numel() * left_out
        code_square = terms.prior - 0.5 * math.log(2 * math.pi) * u.shape[1:].numel()
        return square + code_square - terms.log_det


class PixelFVAE(FVAE):
    """An f-VAE whose decoder has a trained deviation for each place of an event.

    It takes over the networks of an f-VAE, which it shares with it.  ``printed_loss``
    and ``best_sigma_2`` are of one deviation and not for this model.

    Args:
        model: whose encoder, decoder, flow and ``sigma_1`` are taken over; all
            deviations start at its ``sigma_2``.
        event_shape: the shape of one event.

    >>> from rederived.flows import DiagonalScale
    >>> one = FVAE(nn.Linear(6, 2), nn.Linear(2, 6), DiagonalScale((2,)), (2,))
    >>> PixelFVAE(one, (6,)).log_sigma_2.shape
    torch.Size([6])
    """

    def __init__(self, model: FVAE, event_shape: tuple[int, ...]) -> None:
        super().__init__(model.encoder, model.decoder, model.flow, model.code_shape)
        self.log_sigma_1 = model.log_sigma_1
        start = model.log_sigma_2.detach().expand(event_shape).clone()
        self.log_sigma_2 = nn.Parameter(start)

    def decoder_log_prob(self, x: Tensor, mean: Tensor) -> Tensor:
        """Return ``log N(x; mean, diag(sigma_2^2))``, ``(B,)``, nats."""
        check_events(x, mean)
        log_variance = 2 * self.log_sigma_2.flatten()
        return normal_log_prob(x.flatten(1), mean.flatten(1), log_variance)


def flow_prior(model: FVAE) -> Flow:
    """Return the distribution of ``h = F^-1(z)``, the prior of the codes ``h``."""
    return Flow(model.flow, StandardNormal(), model.code_shape)


def with_flow_prior(model: FVAE, x: Tensor, u: Tensor) -> FlowElboTerms:
    """Return the loss of the same model as a normal posterior with a flow as prior.

    The code is ``h``, the posterior ``N(h; E(x), sigma_1^2)``, the decoder
    ``N(x; G(h), sigma_2^2)``.  ``prior`` is ``-log q_F(h)``, and ``base - log_det`` is
    the density of the normal posterior at ``h``, so that every part but the distortion
    differs from that of ``model.terms``, and the bound does not.
    """
    h = model.hidden(u, x)
    return FlowElboTerms.of(
        distortion=-model.decoder_log_prob(x, model.decoder(h)),
        prior=-flow_prior(model).log_prob(h),
        base=isotropic_normal_log_prob(h, model.encoder(x), model.log_sigma_1),
        log_det=h.new_zeros(len(h)),
    )


def best_sigma_2(model: FVAE, x: Tensor, u: Tensor) -> Tensor:
    """Return the deviation that minimises the loss: the reconstruction's rms error.

    ``d log s + sum(error^2) / (2 s^2)`` is least at ``s^2 = E sum(error^2) / d``.
    """
    mean = model.decoder(model.hidden(u, x))
    check_events(x, mean)
    return (x - mean).square().mean().sqrt()
