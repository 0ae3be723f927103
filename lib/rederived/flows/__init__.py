"""Normalising flows: exact densities from invertible maps."""

from rederived.flows.bijection import Bijection, Composition, DiagonalScale, Inverse
from rederived.flows.coupling import AdditiveCoupling, AffineCoupling
from rederived.flows.density import Dequantization, Flow, bits_per_dim
from rederived.flows.permutations import Reverse
from rederived.flows.priors import Prior, StandardLogistic, StandardNormal
from rederived.flows.splits import OddEven, Prefix, Split

__all__ = [
    "AdditiveCoupling",
    "AffineCoupling",
    "Bijection",
    "Composition",
    "Dequantization",
    "DiagonalScale",
    "Flow",
    "Inverse",
    "OddEven",
    "Prefix",
    "Prior",
    "Reverse",
    "Split",
    "StandardLogistic",
    "StandardNormal",
    "bits_per_dim",
]
