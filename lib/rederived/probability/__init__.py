"""Laws whose divergences are exact: finite tables, and normal laws in closed form.

``tables`` holds probabilities as float64 tensors and sums over them; ``normals``
holds the closed forms.  All values are in nats.
"""

from rederived.probability.information import (
    cooccurrence,
    infomax_loss,
    js_information,
    negative_sampling,
    pointwise_information,
    product_law,
    self_pair_ceiling,
)
from rederived.probability.normals import (
    entropy_multivariate,
    kl_multivariate,
    kl_normals,
    kl_to_standard,
    mutual_information_normals,
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
    random_law,
    softmax_fisher,
)

__all__ = [
    "conditional",
    "cooccurrence",
    "entropy",
    "entropy_multivariate",
    "infomax_loss",
    "joint",
    "js",
    "js_information",
    "kl",
    "kl_multivariate",
    "kl_normals",
    "kl_to_standard",
    "marginal",
    "marginals",
    "mutual_information",
    "mutual_information_normals",
    "negative_sampling",
    "pointwise_information",
    "product_law",
    "random_law",
    "self_pair_ceiling",
    "softmax_fisher",
]
