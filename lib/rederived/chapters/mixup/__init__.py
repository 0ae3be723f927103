"""SamplePairing and mixup: batch transforms, what they amount to, and measures.

``transforms``, ``schedules`` and ``augment`` change batches; ``objectives`` has the
losses, ``networks`` the image classifiers; ``measures`` the linearity gap; ``exact``,
``distributions`` and ``expansion`` the theory, without random draws.
"""

from rederived.chapters.mixup.augment import random_crop, random_flip
from rederived.chapters.mixup.distributions import (
    coin_distribution,
    pairing_distribution,
)
from rederived.chapters.mixup.exact import (
    all_pairs,
    beta_quadrature,
    coin_label_loss,
    irreducible_error,
    mean_label_loss,
    mixup_least_squares,
    own_label_loss,
)
from rederived.chapters.mixup.expansion import Expansion, second_order
from rederived.chapters.mixup.measures import (
    LinearityGap,
    Logits,
    gap_of,
    linearity_gaps,
    mixing_residual,
)
from rederived.chapters.mixup.networks import (
    PreActBlock,
    ResidualNet,
    WhitenedNet,
    preact_resnet18,
)
from rederived.chapters.mixup.objectives import (
    LinearityPenalty,
    mean_soft_cross_entropy,
    soft_cross_entropy,
)
from rederived.chapters.mixup.schedules import PAPER_CIFAR, PairingSchedule
from rederived.chapters.mixup.transforms import (
    beta_weights,
    mix,
    mixup,
    pair,
    partners,
    sample_pairing,
    smooth,
)

__all__ = [
    "PAPER_CIFAR",
    "Expansion",
    "LinearityGap",
    "LinearityPenalty",
    "Logits",
    "PairingSchedule",
    "PreActBlock",
    "ResidualNet",
    "WhitenedNet",
    "all_pairs",
    "beta_quadrature",
    "beta_weights",
    "coin_distribution",
    "coin_label_loss",
    "gap_of",
    "irreducible_error",
    "linearity_gaps",
    "mean_label_loss",
    "mean_soft_cross_entropy",
    "mix",
    "mixing_residual",
    "mixup",
    "mixup_least_squares",
    "own_label_loss",
    "pair",
    "pairing_distribution",
    "partners",
    "preact_resnet18",
    "random_crop",
    "random_flip",
    "sample_pairing",
    "second_order",
    "smooth",
    "soft_cross_entropy",
]
