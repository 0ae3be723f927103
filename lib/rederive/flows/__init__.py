"""Normalising flows: exact densities from invertible maps."""

from rederive.flows.actnorm import ActNorm, initialize_actnorms
from rederive.flows.bijection import Bijection, Composition, DiagonalScale, Inverse
from rederive.flows.channel_mixing import (
    ChannelPermutation,
    InvertibleConvolution,
    LUConvolution,
)
from rederive.flows.coupling import AdditiveCoupling, AffineCoupling
from rederive.flows.density import Dequantization, Flow, bits_per_dim
from rederive.flows.glow import convolution_network, glow, glow_bijection
from rederive.flows.memory import gradient_bytes, saved_bytes
from rederive.flows.multiscale import FactorOut, Squeeze
from rederive.flows.nice import (
    article_loss,
    coupling_network,
    initialize,
    nice,
    nice_as_article,
)
from rederive.flows.permutations import Permutation, Reverse
from rederive.flows.priors import Prior, StandardLogistic, StandardNormal
from rederive.flows.recompute import RecomputedComposition
from rederive.flows.splits import Channels, Checkerboard, OddEven, Prefix, Split

__all__ = [
    "ActNorm",
    "AdditiveCoupling",
    "AffineCoupling",
    "Bijection",
    "ChannelPermutation",
    "Channels",
    "Checkerboard",
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
    "coupling_network",
    "glow",
    "glow_bijection",
    "gradient_bytes",
    "initialize",
    "initialize_actnorms",
    "nice",
    "nice_as_article",
    "saved_bytes",
]
