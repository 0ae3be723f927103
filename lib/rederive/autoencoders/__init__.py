"""Variational autoencoders, and how much their codes say about the data."""

from rederive.autoencoders.autoregressive import AutoregressiveDecoder, causal_mask
from rederive.autoencoders.decoders import (
    BernoulliDecoder,
    Decoder,
    NormalDecoder,
    bernoulli_log_prob,
)
from rederive.autoencoders.information import (
    Information,
    aggregate_log_prob,
    collapsed,
    information,
    rate_by_coordinate,
)
from rederive.autoencoders.linear import LinearEncoder, LinearGaussian, linear_vae
from rederive.autoencoders.networks import NormalEncoder, initialize, perceptron
from rederive.autoencoders.normals import (
    draw_normal,
    normal_log_prob,
    standard_normal_log_prob,
)
from rederive.autoencoders.tables import Split, bayes_decoder, split_loss
from rederive.autoencoders.vae import VAE, Bound, NegativeBound, log_likelihood

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
    "initialize",
    "linear_vae",
    "log_likelihood",
    "normal_log_prob",
    "perceptron",
    "rate_by_coordinate",
    "split_loss",
    "standard_normal_log_prob",
]
