"""Variational autoencoders, and how much their codes say about the data."""

from rederived.vae.decoders import (
    Decoder,
    NormalDecoder,
)
from rederived.vae.encoders import NormalEncoder
from rederived.vae.information import (
    Information,
    information,
)
from rederived.vae.linear import LinearEncoder, LinearGaussian, linear_vae
from rederived.vae.terms import ElboTerms
from rederived.vae.vae import VAE, log_likelihood

__all__ = [
    "VAE",
    "Decoder",
    "ElboTerms",
    "Information",
    "LinearEncoder",
    "LinearGaussian",
    "NormalDecoder",
    "NormalEncoder",
    "information",
    "linear_vae",
    "log_likelihood",
]
