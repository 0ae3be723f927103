"""Adversarial models: exact games on tables, losses, and networks side by side."""

from rederived.chapters.variational.inference import (
    LOSSES,
    Game,
    labelled_kl,
    linearised,
    loss,
    play,
    slopes,
)
from rederived.chapters.variational.losses import (
    discriminator_loss,
    generator_loss,
    proximity,
)
from rederived.chapters.variational.tables import (
    alternate,
    best_response,
    damped,
    discriminator_risk,
    generator_risk,
    joint_kl,
    judged,
    labelled,
    optimal_discriminator,
    proximal_response,
    proximal_risk,
    simplified_kl,
    weighted_response,
)

__all__ = [
    "LOSSES",
    "Game",
    "alternate",
    "best_response",
    "damped",
    "discriminator_loss",
    "discriminator_risk",
    "generator_loss",
    "generator_risk",
    "joint_kl",
    "judged",
    "labelled",
    "labelled_kl",
    "linearised",
    "loss",
    "optimal_discriminator",
    "play",
    "proximal_response",
    "proximal_risk",
    "proximity",
    "simplified_kl",
    "slopes",
    "weighted_response",
]
