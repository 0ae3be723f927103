"""Deep InfoMax: features by mutual information, without a decoder.

``tables`` and ``normals`` hold cases in which the information is known, ``estimates``
what scores say about it, ``networks`` and ``objective`` the model for pictures,
``pairs`` a discriminator alone, ``vectors``
the smallest form for flat data, ``neighbours`` the comparison of codes.
"""

from rederive.infomax.estimates import (
    deranged,
    discrimination,
    donsker_varadhan,
    info_nce,
    js_estimate,
    shuffled,
    softplus_form,
)
from rederive.infomax.neighbours import Metric, nearest, overlap, vote
from rederive.infomax.networks import (
    ConvDecoder,
    ConvEncoder,
    Features,
    PairDiscriminator,
    start,
)
from rederive.infomax.normals import (
    draw_pair,
    information_of_pair,
    js_of_pair,
    log_ratio,
)
from rederive.infomax.objective import DeepInfoMax, GlobalForm, Terms, Weights
from rederive.infomax.pairs import PairEstimator
from rederive.infomax.tables import (
    cooccurrence,
    infomax_loss,
    js_information,
    negative_sampling,
    pointwise_information,
    product_law,
    self_pair_ceiling,
)
from rederive.infomax.vectors import InfoMax, InfoMaxTerms

__all__ = [
    "ConvDecoder",
    "ConvEncoder",
    "DeepInfoMax",
    "Features",
    "GlobalForm",
    "InfoMax",
    "InfoMaxTerms",
    "Metric",
    "PairDiscriminator",
    "PairEstimator",
    "Terms",
    "Weights",
    "cooccurrence",
    "deranged",
    "discrimination",
    "donsker_varadhan",
    "draw_pair",
    "info_nce",
    "infomax_loss",
    "information_of_pair",
    "js_estimate",
    "js_information",
    "js_of_pair",
    "log_ratio",
    "nearest",
    "negative_sampling",
    "overlap",
    "pointwise_information",
    "product_law",
    "self_pair_ceiling",
    "shuffled",
    "softplus_form",
    "start",
    "vote",
]
