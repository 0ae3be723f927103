"""f-VAEs: variational autoencoders whose posterior is a conditional flow."""

from rederived.chapters.fvae.glow import glow, glow_bijection
from rederived.chapters.fvae.memory import gradient_bytes, saved_bytes
from rederived.chapters.fvae.model import (
    FVAE,
    FlowElboTerms,
    LatentModel,
    NormalPosterior,
    NormalVAE,
    PixelFVAE,
    ShiftedFlow,
    best_sigma_2,
    flow_prior,
    objective,
    with_flow_prior,
)
from rederived.chapters.fvae.networks import article_fvae, fvae

__all__ = [
    "FVAE",
    "FlowElboTerms",
    "LatentModel",
    "NormalPosterior",
    "NormalVAE",
    "PixelFVAE",
    "ShiftedFlow",
    "article_fvae",
    "best_sigma_2",
    "flow_prior",
    "fvae",
    "glow",
    "glow_bijection",
    "gradient_bytes",
    "objective",
    "saved_bytes",
    "with_flow_prior",
]
