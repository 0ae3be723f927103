"""f-VAEs: variational autoencoders whose posterior is a conditional flow."""

from rederived.chapters.fvae.builders import article_fvae, fvae
from rederived.chapters.fvae.model import FVAE, VAE, LatentModel, MeanBound
from rederived.chapters.fvae.networks import (
    ResidualStep,
    residual_decoder,
    residual_encoder,
)
from rederived.chapters.fvae.objective import (
    Likelihood,
    Posterior,
    Terms,
    objective,
)
from rederived.chapters.fvae.posteriors import NormalPosterior, ShiftedFlow
from rederived.chapters.fvae.readings import (
    best_sigma_2,
    bilinear,
    flow_prior,
    line,
    with_flow_prior,
)

__all__ = [
    "FVAE",
    "VAE",
    "LatentModel",
    "Likelihood",
    "MeanBound",
    "NormalPosterior",
    "Posterior",
    "ResidualStep",
    "ShiftedFlow",
    "Terms",
    "article_fvae",
    "best_sigma_2",
    "bilinear",
    "flow_prior",
    "fvae",
    "line",
    "objective",
    "residual_decoder",
    "residual_encoder",
    "with_flow_prior",
]
