"""Normalising flows: exact densities from invertible maps."""

from rederived.flows.actnorm import ActNorm, initialize_actnorms
from rederived.flows.bijection import Bijection, Composition, DiagonalScale, Inverse
from rederived.flows.channel_mixing import (
    ChannelPermutation,
    InvertibleConvolution,
    LUConvolution,
)
from rederived.flows.coupling import AdditiveCoupling, AffineCoupling
from rederived.flows.density import Dequantization, Flow, bits_per_dim
from rederived.flows.glow import convolution_network, glow, glow_bijection
from rederived.flows.memory import gradient_bytes, saved_bytes
from rederived.flows.multiscale import FactorOut, Squeeze
from rederived.flows.nice import (
    article_loss,
    nice,
    nice_as_article,
)
from rederived.flows.permutations import Permutation, Reverse
from rederived.flows.priors import Prior, StandardLogistic, StandardNormal
from rederived.flows.recompute import RecomputedComposition
from rederived.flows.splits import Channels, OddEven, Prefix, Split

__all__ = [
    "ActNorm",
    "AdditiveCoupling",
    "AffineCoupling",
    "Bijection",
    "ChannelPermutation",
    "Channels",
    "Composition",
    "Dequantization",
    "DiagonalScale",
    "FactorOut",
    "Flow",
    "Inverse",
    "InvertibleConvolution",
    "LUConvolution",
    "OddEven",
    "Permutation",
    "Prefix",
    "Prior",
    "RecomputedComposition",
    "Reverse",
    "Split",
    "Squeeze",
    "StandardLogistic",
    "StandardNormal",
    "article_loss",
    "bits_per_dim",
    "convolution_network",
    "glow",
    "glow_bijection",
    "gradient_bytes",
    "initialize_actnorms",
    "nice",
    "nice_as_article",
    "saved_bytes",
]
