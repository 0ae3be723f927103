"""What the runs of chapter 3 are: one frozen config, and its named presets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from rederived.records import Published

Noise = Literal["dequantized", "none", "negative", "positive", "centred", "gaussian"]
"""What is added to a pixel in training; see ``data.with_noise``."""


@dataclass(frozen=True)
class NiceConfig:
    """A NICE model, its data and its training.

    Attributes:
        dataset: ``digits`` (embedded) or ``mnist``.
        held_out: what the weights are chosen on: the last sixth of the training
            images (``validation``), or, as the article does, the ``test`` images.
        noise: what is added to a pixel in training.
        form: ``paper`` (alternating halves, linear networks, logistic prior) or
            ``article`` (reversals, networks that end in a ReLU, normal prior).
        subtract: for the article's form, the direction of the couplings.
        width: hidden units of each coupling network.
        depth: hidden layers of each coupling network.
        couplings: number of coupling layers.
        dropout: share of hidden units dropped in training (paper's form only).
        initialization: ``glorot``, ``he``, ``identity``, ``fan-in`` or ``small``.
        optimizer: ``adam`` or ``adamw``.
        learning_rate: base rate.
        scale_rate: factor on the base rate for the diagonal scale.
        betas: the decay rates of the optimizer's two running means.
        epsilon: the optimizer's constant in the denominator.
        weight_decay: decoupled decay of the networks' weights (``adamw``).
        schedule: ``constant``, ``one-cycle`` (rise over 30 % of the run, then fall),
            ``cosine`` (rise over 5 %) or ``exponential``.
        clip_norm: bound on the gradient's norm, or None.
        average_decay: decay of the moving average of the weights, or None.
        batch_size: images a step.
        epochs: passes over the training images.
        analyse: whether to score samples and codes after training.
    """

    dataset: Literal["digits", "mnist"] = "mnist"
    held_out: Literal["validation", "test"] = "validation"
    noise: Noise = "dequantized"
    form: Literal["paper", "article"] = "paper"
    subtract: bool = True
    width: int = 1000
    depth: int = 5
    couplings: int = 4
    dropout: float = 0.0
    initialization: Literal["glorot", "he", "identity", "fan-in", "small"] = "he"
    optimizer: Literal["adam", "adamw"] = "adam"
    learning_rate: float = 1e-3
    scale_rate: float = 1.0
    betas: tuple[float, float] = (0.9, 0.999)
    epsilon: float = 1e-8
    weight_decay: float = 0.0
    schedule: Literal["constant", "one-cycle", "cosine", "exponential"] = "constant"
    clip_norm: float | None = None
    average_decay: float | None = None
    batch_size: int = 200
    epochs: int = 30
    analyse: bool = True


ARTICLE = NiceConfig(
    held_out="test",
    noise="negative",
    form="article",
    initialization="glorot",
    epsilon=1e-7,
    batch_size=128,
    epochs=20,
)
PAPER = NiceConfig(
    initialization="small",
    betas=(0.9, 0.99),
    epsilon=1e-4,
    schedule="exponential",
    epochs=6,
)
MODERN = NiceConfig(
    initialization="fan-in",
    dropout=0.05,
    optimizer="adamw",
    scale_rate=10.0,
    weight_decay=0.05,
    schedule="one-cycle",
    clip_norm=200.0,
    average_decay=0.998,
    epochs=26,
)
# An earlier recipe: it learns faster and generalises worse.
_FASTER = replace(
    MODERN,
    initialization="identity",
    learning_rate=2e-3,
    schedule="cosine",
    epochs=22,
)
_SMALL_ARTICLE = replace(ARTICLE, width=200, scale_rate=10.0, epochs=4)
_SMALL_MODERN = replace(MODERN, width=300, epochs=15, analyse=False)

FULL: dict[str, NiceConfig] = {
    "modern": MODERN,
    "more-dropout": replace(MODERN, dropout=0.1),
    "identity-start": _FASTER,
    "he-start": replace(_FASTER, initialization="he"),
    "article": ARTICLE,
    "paper": PAPER,
    "paper-long": replace(PAPER, epochs=100),
    "noise-negative": _SMALL_ARTICLE,
    "noise-none": replace(_SMALL_ARTICLE, noise="none"),
    "noise-positive": replace(_SMALL_ARTICLE, noise="positive"),
    "noise-centred": replace(_SMALL_ARTICLE, noise="centred"),
    "noise-gaussian": replace(_SMALL_ARTICLE, noise="gaussian"),
    "orientation-added": replace(_SMALL_ARTICLE, subtract=False),
    "ablation-modern": _SMALL_MODERN,
    "ablation-no-dropout": replace(_SMALL_MODERN, dropout=0.0),
    "ablation-no-weight-decay": replace(_SMALL_MODERN, weight_decay=0.0),
    "ablation-no-average": replace(_SMALL_MODERN, average_decay=None),
    "ablation-no-clipping": replace(_SMALL_MODERN, clip_norm=None),
    "ablation-constant-rate": replace(_SMALL_MODERN, schedule="constant"),
    "ablation-equal-rates": replace(_SMALL_MODERN, scale_rate=1.0),
    "ablation-he-start": replace(_SMALL_MODERN, initialization="he"),
    "ablation-no-clipping-no-dropout": replace(
        _SMALL_MODERN, clip_norm=None, dropout=0.0
    ),
}
_DIGITS_ARTICLE = replace(
    ARTICLE, dataset="digits", width=128, depth=3, scale_rate=10.0, epochs=40
)
QUICK: dict[str, NiceConfig] = {
    "modern": replace(
        MODERN,
        dataset="digits",
        width=128,
        depth=3,
        learning_rate=1e-3,
        average_decay=0.99,
        batch_size=100,
        epochs=60,
    ),
    "article": _DIGITS_ARTICLE,
    "noise-none": replace(_DIGITS_ARTICLE, noise="none"),
    "orientation-added": replace(_DIGITS_ARTICLE, subtract=False),
}


def presets(profile: str) -> dict[str, NiceConfig]:
    """Return the named configs of a profile, ``quick`` or ``full``.

    Raises:
        ValueError: for any other profile.
    """
    if profile not in {"quick", "full"}:
        raise ValueError(f"profile must be quick or full, got {profile!r}")
    return QUICK if profile == "quick" else FULL


_PAPER_TABLE = "Dinh, Krueger and Bengio (2014), arXiv:1410.8516"
_REIMPLEMENTATION = "DakshIdnani/pytorch-nice, README"
_ARTICLE = "Su Jianlin (2018), kexue.fm/archives/5776"

PUBLISHED: dict[str, list[Published]] = {
    "article": [Published("held_out_loss", -2200.0, _ARTICLE)],
    "paper": [
        Published("test_log_likelihood", 1980.50, _PAPER_TABLE),
        Published("test_log_likelihood", 1933.89, _REIMPLEMENTATION),
    ],
}
PUBLISHED["modern"] = PUBLISHED["paper-long"] = PUBLISHED["paper"]


def _of_recipe(config: NiceConfig, start: str) -> list[str]:
    """Return how a recipe of today differs from the paper's."""
    return [
        f"AdamW, a {config.schedule} schedule, ten times the learning rate for the "
        "scales.",
        f"Weight decay, dropout {config.dropout:g} in the coupling networks, clipping, "
        "averaged weights.",
        f"{start} instead of weights uniform on [-0.01, 0.01].",
        f"{config.epochs} epochs; the paper trains for 1,500.",
    ]


def _of_paper(config: NiceConfig) -> list[str]:
    """Return how the paper's recipe as we run it differs from the paper's."""
    return [
        f"{config.epochs} epochs; the paper trains for 1,500.",
        "Plain Adam with the constants of the paper's text and the decay of the "
        "published program; the program's own rule has a momentum that rises to 0.5.",
    ]


def _of_small(config: NiceConfig) -> list[str]:
    """Return how a small study differs from the full-size recipe."""
    return [
        f"{config.width} hidden units instead of 1000.",
        f"{config.epochs} epochs.",
        f"The scales learn {config.scale_rate:g} times as fast as the networks.",
    ]


_FAN_IN = "Weights bounded by one over the root of a layer's inputs"
DEVIATIONS: dict[str, list[str]] = {
    "article": [
        "The log-scales start at zero; the article's start from a narrow normal law.",
        "At most 127 images that do not fill a batch are left out of each epoch.",
        f"{ARTICLE.epochs} epochs, within which the article reports its optimum, "
        "instead of 30.",
    ],
    "paper": _of_paper(PAPER),
    "paper-long": _of_paper(FULL["paper-long"]),
    "modern": _of_recipe(FULL["modern"], _FAN_IN),
    "more-dropout": _of_recipe(FULL["more-dropout"], _FAN_IN),
    "identity-start": _of_recipe(
        FULL["identity-start"], "Zeros in the last layer of each network"
    ),
    "he-start": _of_recipe(FULL["he-start"], "He's normal weights"),
} | {
    name: _of_small(config)
    for name, config in FULL.items()
    if name.startswith(("noise-", "orientation-", "ablation-"))
}
