"""Normalising flows: exact densities from invertible maps."""

from rederive.flows.bijection import Bijection, Composition, DiagonalScale, Inverse
from rederive.flows.coupling import AdditiveCoupling, AffineCoupling
from rederive.flows.density import Dequantization, Flow, bits_per_dim
from rederive.flows.nice import (
    article_loss,
    coupling_network,
    initialize,
    nice,
    nice_as_article,
)
from rederive.flows.permutations import Permutation, Reverse
from rederive.flows.priors import Prior, StandardLogistic, StandardNormal
from rederive.flows.splits import Channels, Checkerboard, OddEven, Prefix, Split

__all__ = [
    "AdditiveCoupling",
    "AffineCoupling",
    "Bijection",
    "Channels",
    "Checkerboard",
    "Composition",
    "Dequantization",
    "DiagonalScale",
    "Flow",
    "Inverse",
    "OddEven",
    "Permutation",
    "Prefix",
    "Prior",
    "Reverse",
    "Split",
    "StandardLogistic",
    "StandardNormal",
    "article_loss",
    "bits_per_dim",
    "coupling_network",
    "initialize",
    "nice",
    "nice_as_article",
]
