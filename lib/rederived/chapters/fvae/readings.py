"""Two readings of one model, and the deviation that its decoder should have.

With ``h = F^-1(z)`` for the code, an f-VAE has the plain normal posterior
``N(h; E(x), sigma_1^2)``, the plain decoder ``N(x; G(h), sigma_2^2)`` and a *learned*
prior, the density of the flow.  The loss is the same number for every draw.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rederived.chapters.fvae.model import FVAE
from rederived.chapters.fvae.objective import FlowElboTerms
from rederived.flows import Flow, StandardNormal
from rederived.probability import isotropic_normal_log_prob


def flow_prior(model: FVAE) -> Flow:
    """Return the law of ``h = F^-1(z)``: the prior that the codes ``h`` see."""
    return Flow(model.flow, StandardNormal(), model.code_shape)


def with_flow_prior(model: FVAE, x: Tensor, u: Tensor) -> FlowElboTerms:
    """Return the loss of the same model as a normal posterior with a flow as prior.

    The code is ``h``: ``prior`` is ``-log q_F(h)``, and ``base - log_det`` is the
    density of the normal posterior at ``h``, so that every part but the distortion
    differs from that of ``model.terms``, and the bound does not.
    """
    h = model.hidden(u, x)
    return FlowElboTerms.of(
        distortion=-isotropic_normal_log_prob(x, model.decoder(h), model.log_sigma_2),
        prior=-flow_prior(model).log_prob(h),
        base=isotropic_normal_log_prob(h, model.encoder(x), model.log_sigma_1),
        log_det=h.new_zeros(len(h)),
    )


def best_sigma_2(model: FVAE, x: Tensor, u: Tensor) -> Tensor:
    """Return the deviation that minimises the loss: the reconstruction's rms error.

    ``d log s + sum(error^2) / (2 s^2)`` is least at ``s^2 = E sum(error^2) / d``.
    """
    mean: Tensor = model.decoder(model.hidden(u, x))
    return (x - mean).square().mean().sqrt()


def line(first: Tensor, last: Tensor, steps: int) -> Tensor:
    """Return codes on the straight line between two, ends included, ``(steps, *code)``.

    Args:
        first: one code.
        last: another code.
        steps: how many, at least two.
    """
    weights = _weights(steps, first)
    return torch.lerp(first[None], last[None], weights.view(-1, *[1] * first.dim()))


def bilinear(corners: Tensor, steps: int) -> Tensor:
    """Return a square of codes between four, row by row, ``(steps^2, *code)``.

    Args:
        corners: ``(4, *code)``: upper left, upper right, lower left, lower right.
        steps: codes along a side, at least two.

    Raises:
        ValueError: if there are not four corners.
    """
    if len(corners) != 4:
        raise ValueError(f"a square has four corners, got {len(corners)}")
    upper = line(corners[0], corners[1], steps)
    lower = line(corners[2], corners[3], steps)
    weights = _weights(steps, corners).view(-1, *[1] * corners.dim())
    return torch.lerp(upper[None], lower[None], weights).flatten(0, 1)


def _weights(steps: int, like: Tensor) -> Tensor:
    if steps < 2:
        raise ValueError(f"an interpolation needs at least 2 steps, got {steps}")
    return torch.linspace(0.0, 1.0, steps, dtype=like.dtype, device=like.device)
