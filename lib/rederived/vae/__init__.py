"""Variational autoencoders, and how much their codes say about the data."""

from rederived.vae.autoregressive import AutoregressiveDecoder, causal_mask
from rederived.vae.decoders import (
    Decoder,
    NormalDecoder,
    bernoulli_log_prob,
)
from rederived.vae.encoders import NormalEncoder
from rederived.vae.information import (
    Information,
    collapsed,
    information,
    rate_by_coordinate,
)
from rederived.vae.linear import LinearEncoder, LinearGaussian, linear_vae
from rederived.vae.tables import Split, bayes_decoder, split_loss
from rederived.vae.terms import ElboTerms
from rederived.vae.vae import VAE, log_likelihood

__all__ = [
    "VAE",
    "AutoregressiveDecoder",
    "Decoder",
    "ElboTerms",
    "Information",
    "LinearEncoder",
    "LinearGaussian",
    "NormalDecoder",
    "NormalEncoder",
    "Split",
    "bayes_decoder",
    "bernoulli_log_prob",
    "causal_mask",
    "collapsed",
    "information",
    "linear_vae",
    "log_likelihood",
    "rate_by_coordinate",
    "split_loss",
]
