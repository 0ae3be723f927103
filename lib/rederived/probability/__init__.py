"""Distributions whose divergences are exact: finite tables, normals in closed form.

``tables`` holds probabilities as float64 tensors and sums over them; ``normals``
holds the closed forms.  All values are in nats.
"""

from rederived.probability.information import (
    cooccurrence,
    infomax_loss,
    js_information,
    negative_sampling,
    pointwise_information,
    product_of_marginals,
    self_pair_ceiling,
)
from rederived.probability.normals import (
    draw_normal,
    entropy_multivariate,
    isotropic_normal_log_prob,
    kl_multivariate,
    kl_to_standard,
    normal_log_prob,
    standard_normal_log_prob,
)
from rederived.probability.tables import (
    conditional,
    entropy,
    joint,
    js,
    kl,
    marginal,
    marginals,
    mutual_information,
    random_distribution,
    softmax_fisher,
)

__all__ = [
    "conditional",
    "cooccurrence",
    "draw_normal",
    "entropy",
    "entropy_multivariate",
    "infomax_loss",
    "isotropic_normal_log_prob",
    "joint",
    "js",
    "js_information",
    "kl",
    "kl_multivariate",
    "kl_to_standard",
    "marginal",
    "marginals",
    "mutual_information",
    "negative_sampling",
    "normal_log_prob",
    "pointwise_information",
    "product_of_marginals",
    "random_distribution",
    "self_pair_ceiling",
    "softmax_fisher",
    "standard_normal_log_prob",
]
