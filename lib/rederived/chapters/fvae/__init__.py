"""f-VAEs: variational autoencoders whose posterior is a conditional flow."""

from rederived.chapters.fvae.builders import article_fvae, fvae
from rederived.chapters.fvae.model import FVAE, LatentModel, NormalVAE
from rederived.chapters.fvae.networks import (
    ResidualStep,
    residual_decoder,
    residual_encoder,
)
from rederived.chapters.fvae.objective import (
    FlowElboTerms,
    Likelihood,
    Posterior,
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
    "FlowElboTerms",
    "LatentModel",
    "Likelihood",
    "NormalPosterior",
    "NormalVAE",
    "Posterior",
    "ResidualStep",
    "ShiftedFlow",
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
