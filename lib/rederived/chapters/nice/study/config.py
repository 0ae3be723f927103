"""What the runs of chapter 3 are: one frozen config, and its named presets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

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
        scale_start: ``zero``, or ``normal``: log-scales of variance 2 over D + 1, as
            the article's program draws them.
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
        precision: of the matrix products, see ``training``.
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
    scale_start: Literal["zero", "normal"] = "zero"
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
    precision: Literal["auto", "float32"] = "auto"
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
# The program of the day on which the article appeared: it added no noise.
FIRST = replace(
    ARTICLE, noise="none", scale_start="normal", precision="float32", epochs=25
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
    "article-first": FIRST,
    "article-first-narrow": replace(FIRST, width=200),
    "paper": PAPER,
    "paper-long": replace(PAPER, epochs=100),
    "paper-whole": replace(PAPER, epochs=1_500),
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
