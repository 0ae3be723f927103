"""SamplePairing and mixup: batch transforms, what they amount to, and measures.

``transforms``, ``schedules`` and ``augment`` change batches; ``objectives`` has the
losses, ``networks`` the image classifiers; ``measures`` the linearity gap; ``exact``,
``expansion`` and ``surds`` the theory, without random draws.
"""

from rederive.mixing.augment import random_crop, random_flip
from rederive.mixing.exact import (
    all_pairs,
    beta_quadrature,
    hard_label_loss,
    irreducible_error,
    mixed_label_loss,
    mixup_least_squares,
    soft_label_loss,
)
from rederive.mixing.expansion import Expansion, second_order
from rederive.mixing.laws import coin_law, pairing_law
from rederive.mixing.measures import (
    LinearityGap,
    Logits,
    calibration_error,
    fit_temperature,
    gap_of,
    linearity_gaps,
    mixing_residual,
)
from rederive.mixing.networks import (
    PreActBlock,
    ResidualNet,
    initialize_he,
    preact_resnet18,
)
from rederive.mixing.objectives import (
    LinearityPenalty,
    SoftClassifier,
    soft_cross_entropy,
)
from rederive.mixing.schedules import PAPER_CIFAR, PairingSchedule
from rederive.mixing.surds import Surd, rational_part
from rederive.mixing.transforms import (
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
    "SoftClassifier",
    "Surd",
    "all_pairs",
    "beta_quadrature",
    "beta_weights",
    "calibration_error",
    "coin_law",
    "fit_temperature",
    "gap_of",
    "hard_label_loss",
    "initialize_he",
    "irreducible_error",
    "linearity_gaps",
    "mix",
    "mixed_label_loss",
    "mixing_residual",
    "mixup",
    "mixup_least_squares",
    "pair",
    "pairing_law",
    "partners",
    "preact_resnet18",
    "random_crop",
    "random_flip",
    "rational_part",
    "sample_pairing",
    "second_order",
    "smooth",
    "soft_cross_entropy",
    "soft_label_loss",
]
