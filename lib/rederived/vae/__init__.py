"""Variational autoencoders, and how much their codes say about the data."""

from rederived.vae.autoregressive import AutoregressiveDecoder, causal_mask
from rederived.vae.decoders import (
    BernoulliDecoder,
    Decoder,
    NormalDecoder,
    bernoulli_log_prob,
)
from rederived.vae.encoders import NormalEncoder
from rederived.vae.information import (
    Information,
    aggregate_log_prob,
    collapsed,
    information,
    rate_by_coordinate,
)
from rederived.vae.linear import LinearEncoder, LinearGaussian, linear_vae
from rederived.vae.normals import draw_normal, normal_log_prob, standard_normal_log_prob
from rederived.vae.tables import Split, bayes_decoder, split_loss
from rederived.vae.vae import VAE, Bound, NegativeBound, log_likelihood

__all__ = [
    "VAE",
    "AutoregressiveDecoder",
    "BernoulliDecoder",
    "Bound",
    "Decoder",
    "Information",
    "LinearEncoder",
    "LinearGaussian",
    "NegativeBound",
    "NormalDecoder",
    "NormalEncoder",
    "Split",
    "aggregate_log_prob",
    "bayes_decoder",
    "bernoulli_log_prob",
    "causal_mask",
    "collapsed",
    "draw_normal",
    "information",
    "linear_vae",
    "log_likelihood",
    "normal_log_prob",
    "rate_by_coordinate",
    "split_loss",
    "standard_normal_log_prob",
]
