"""Laws whose divergences are exact: finite tables, and normal laws in closed form.

``tables`` holds probabilities as float64 tensors and sums over them; ``normals``
holds the closed forms.  All values are in nats.
"""

from rederive.distributions.normals import (
    entropy_multivariate,
    kl_multivariate,
    kl_normals,
    kl_to_standard,
    mutual_information_normals,
)
from rederive.distributions.tables import (
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
    "entropy",
    "entropy_multivariate",
    "joint",
    "js",
    "kl",
    "kl_multivariate",
    "kl_normals",
    "kl_to_standard",
    "marginal",
    "marginals",
    "mutual_information",
    "mutual_information_normals",
    "random_law",
    "softmax_fisher",
]
