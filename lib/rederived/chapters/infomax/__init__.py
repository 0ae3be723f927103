"""Deep InfoMax: features by mutual information, without a decoder.

``tables`` and ``normals`` hold cases in which the information is known, ``estimates``
what scores say about it, ``networks`` and ``objective`` the model for pictures,
``pairs`` a discriminator alone, ``vectors``
the smallest form for flat data, ``neighbours`` the comparison of codes.
"""

from rederived.chapters.infomax.estimates import (
    deranged,
    discrimination,
    donsker_varadhan,
    info_nce,
    js_estimate,
    shuffled,
    softplus_form,
)
from rederived.chapters.infomax.networks import (
    ConvDecoder,
    ConvEncoder,
    Features,
    PairDiscriminator,
)
from rederived.chapters.infomax.normals import (
    draw_pair,
    information_of_pair,
    js_of_pair,
    log_ratio,
)
from rederived.chapters.infomax.objective import DeepInfoMax, GlobalForm, Terms, Weights
from rederived.chapters.infomax.pairs import PairEstimator

__all__ = [
    "ConvDecoder",
    "ConvEncoder",
    "DeepInfoMax",
    "Features",
    "GlobalForm",
    "PairDiscriminator",
    "PairEstimator",
    "Terms",
    "Weights",
    "deranged",
    "discrimination",
    "donsker_varadhan",
    "draw_pair",
    "info_nce",
    "information_of_pair",
    "js_estimate",
    "js_of_pair",
    "log_ratio",
    "shuffled",
    "softplus_form",
]
