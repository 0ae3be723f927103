"""What the runs of chapter 6 are: one frozen config, and its named presets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from rederived.chapters.infomax.contrast import Bound
from rederived.chapters.infomax.objective import GlobalForm


@dataclass(frozen=True)
class InfoMaxConfig:
    """An encoder, what it is trained with, and on which pictures.

    Attributes:
        dataset: a name of the catalogue; ``stripes``, see ``data.stripes``; or
            ``tiny-imagenet-valid``, the validation part, cut into two.
        rows: how many of the training pictures are used, the first ones.
        objective: ``infomax``; ``contrast`` is the local term as the paper's program
            has it; ``vae`` and ``supervised`` train the same encoder in other ways,
            ``none`` leaves it at its starting weights.
        encoder: the article's, or the paper's, whose code has no noise.
        local_blocks: after how many of the article's blocks the local features are
            taken; all if None.
        bound: what ``contrast`` maximises.
        critic_width: units of the critic of ``contrast``.
        form: what the global discriminator sees, see ``rederived.chapters.infomax``.
        global_weight: weight of the global term.
        local_weight: weight of the local term.
        inter_location_weight: weight of the information between places of one picture.
        prior_weight: weight of the prior term, a mean over the code's coordinates.
        negatives: ``deranged`` or ``shuffled`` partners.
        channels: of the encoder's blocks, each of which halves height and width.
        code_size: of the code, and units of a hidden layer of ``infomax``'s
            discriminators.
        scale: pixels run from ``-scale / 2`` to ``scale / 2``.
        epochs: passes over the pictures.
        batch_size: pictures a step.
        learning_rate: of Adam, constant.

    >>> InfoMaxConfig(objective="vae").code_size
    64
    """

    dataset: Literal["stripes", "cifar10", "tiny-imagenet", "tiny-imagenet-valid"] = (
        "cifar10"
    )
    rows: int = 10_000
    objective: Literal["infomax", "contrast", "vae", "supervised", "none"] = "infomax"
    encoder: Literal["article", "paper"] = "article"
    local_blocks: int | None = None
    bound: Bound = "js"
    critic_width: int = 256
    form: GlobalForm = "text"
    global_weight: float = 0.5
    local_weight: float = 1.5
    inter_location_weight: float = 0.0
    prior_weight: float = 0.01
    negatives: Literal["deranged", "shuffled"] = "deranged"
    channels: tuple[int, ...] = (16, 32, 64)
    code_size: int = 64
    scale: float = 1.0
    epochs: int = 4
    batch_size: int = 64
    learning_rate: float = 1e-3


_CIFAR = InfoMaxConfig()
_STRIPES = replace(
    _CIFAR,
    dataset="stripes",
    rows=1_000,
    channels=(16, 32),
    code_size=32,
    epochs=10,
    learning_rate=2e-3,
)
_LARGE = replace(_CIFAR, rows=50_000, channels=(32, 64, 128), epochs=2)
_TINY_IMAGENET = replace(
    _CIFAR,
    dataset="tiny-imagenet-valid",
    rows=8_000,
    channels=(8, 16, 32, 64),
    scale=2.0,
    batch_size=100,
    epochs=8,
)
ARTICLE = replace(
    _CIFAR,
    rows=50_000,
    form="code",
    negatives="shuffled",
    channels=(64, 128, 256),
    code_size=256,
    epochs=50,
)
ARTICLE_TINY_IMAGENET = replace(
    ARTICLE,
    dataset="tiny-imagenet",
    rows=100_000,
    channels=(32, 64, 128, 256),
    scale=2.0,
    batch_size=100,
    epochs=100,
)


def _settings(base: InfoMaxConfig) -> dict[str, InfoMaxConfig]:
    """Return what is compared: the terms one by one, and three other trainings."""
    return {
        "untrained": replace(base, objective="none", epochs=0),
        "global-code": replace(base, form="code", local_weight=0.0),
        "global-text": replace(base, local_weight=0.0),
        "local": replace(base, global_weight=0.0),
        "both-code": replace(base, form="code"),
        "both-text": base,
        "vae": replace(base, objective="vae"),
        "supervised": replace(base, objective="supervised"),
        "local-no-prior": replace(base, global_weight=0.0, prior_weight=0.0),
        "local-among": replace(base, global_weight=0.0, inter_location_weight=0.5),
    }


def _named(prefix: str, base: InfoMaxConfig, *names: str) -> dict[str, InfoMaxConfig]:
    """Return some of the settings of another base, with a prefix to their names."""
    settings = _settings(base)
    return {f"{prefix}-{name}": settings[name] for name in names}


_WIDE = replace(ARTICLE, form="text", negatives="deranged", epochs=20)
_WIDE_PAPER = replace(
    _CIFAR,
    rows=50_000,
    objective="contrast",
    encoder="paper",
    bound="nce",
    critic_width=2048,
    channels=(64, 128, 256),
    epochs=1000,
    learning_rate=1e-4,
)


def _recipes(base: InfoMaxConfig) -> dict[str, InfoMaxConfig]:
    """Return the steps from the article's recipe to the paper's, one at a time."""
    dot = replace(base, objective="contrast")
    paper = replace(dot, encoder="paper")
    return {
        "near": replace(base, global_weight=0.0, local_blocks=2),
        "dot": dot,
        "dot-near": replace(dot, local_blocks=2),
        "dot-near-nce": replace(dot, local_blocks=2, bound="nce"),
        "paper-untrained": replace(paper, objective="none", epochs=0),
        "paper": paper,
        "paper-nce": replace(paper, bound="nce"),
        "local-again": replace(base, global_weight=0.0),  # other seeds, for a rule
        "dot-near-again": replace(dot, local_blocks=2),
    }


FULL = (
    _settings(_CIFAR)
    | _named(
        "large",
        _LARGE,
        *("untrained", "global-text", "local", "both-text", "vae", "supervised"),
    )
    | _named("tiny-imagenet", _TINY_IMAGENET, "untrained", "global-text", "local")
    | _named(
        "wide",
        _WIDE,
        *("untrained", "global-code", "global-text", "local", "vae", "supervised"),
    )
    | _recipes(_CIFAR)
    | {"wide-paper-nce": _WIDE_PAPER}
    | {"article": ARTICLE, "article-tiny-imagenet": ARTICLE_TINY_IMAGENET}
)
QUICK = _settings(_STRIPES)
