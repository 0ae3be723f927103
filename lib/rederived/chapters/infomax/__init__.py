"""Deep InfoMax: features by mutual information, without a decoder.

:mod:`normals` holds a case in which the information is known, :mod:`estimates` what
scores say about it, :mod:`networks` and :mod:`objective` the model for pictures,
:mod:`contrast` the model as the paper's program has it.
"""

from rederived.chapters.infomax.contrast import (
    ContrastiveInfoMax,
    StridedEncoder,
    all_pairs_discrimination,
    all_places_nce,
)
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
from rederived.chapters.infomax.objective import (
    DeepInfoMax,
    GlobalForm,
    InfoMaxTerms,
    InfoMaxWeights,
    PairEstimator,
)

__all__ = [
    "ContrastiveInfoMax",
    "ConvDecoder",
    "ConvEncoder",
    "DeepInfoMax",
    "Features",
    "GlobalForm",
    "InfoMaxTerms",
    "InfoMaxWeights",
    "PairDiscriminator",
    "PairEstimator",
    "StridedEncoder",
    "all_pairs_discrimination",
    "all_places_nce",
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
