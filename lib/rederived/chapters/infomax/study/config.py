"""What the runs of chapter 6 are: one frozen config, and its named presets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from rederived.chapters.infomax.objective import GlobalForm
from rederived.records import Published


@dataclass(frozen=True)
class InfoMaxConfig:
    """An encoder, what it is trained with, and on which pictures.

    Attributes:
        dataset: a name of the catalogue; ``stripes``, see ``data.stripes``; or
            ``tiny-imagenet-valid``, the validation part, cut into two.
        rows: how many of the training pictures are used, the first ones.
        objective: ``infomax``; ``vae`` and ``supervised`` train the same encoder in
            other ways, ``none`` leaves it at its starting weights.
        form: what the global discriminator sees, see ``rederived.chapters.infomax``.
        whole: weight of the global term.
        local: weight of the local term.
        among: weight of the information between places of one picture.
        rate: weight of the prior term, a mean over the code's coordinates.
        negatives: ``deranged`` or ``shuffled`` partners.
        channels: of the encoder's blocks, each of which halves height and width.
        codes: size of the code, and units of a discriminator's hidden layers.
        scale: pixels run from ``-scale / 2`` to ``scale / 2``.
        epochs: passes over the pictures.
        batch_size: pictures a step.
        learning_rate: of Adam, constant.
    """

    dataset: Literal["stripes", "cifar10", "tiny-imagenet", "tiny-imagenet-valid"] = (
        "cifar10"
    )
    rows: int = 10_000
    objective: Literal["infomax", "vae", "supervised", "none"] = "infomax"
    form: GlobalForm = "text"
    whole: float = 0.5
    local: float = 1.5
    among: float = 0.0
    rate: float = 0.01
    negatives: Literal["deranged", "shuffled"] = "deranged"
    channels: tuple[int, ...] = (16, 32, 64)
    codes: int = 64
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
    codes=32,
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
    codes=256,
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
        "global-code": replace(base, form="code", local=0.0),
        "global-text": replace(base, local=0.0),
        "local": replace(base, whole=0.0),
        "both-code": replace(base, form="code"),
        "both-text": base,
        "vae": replace(base, objective="vae"),
        "supervised": replace(base, objective="supervised"),
        "local-no-prior": replace(base, whole=0.0, rate=0.0),
        "local-among": replace(base, whole=0.0, among=0.5),
    }


def _named(prefix: str, base: InfoMaxConfig, *names: str) -> dict[str, InfoMaxConfig]:
    """Return some of the settings of another base, with a prefix to their names."""
    settings = _settings(base)
    return {f"{prefix}-{name}": settings[name] for name in names}


_WIDE = replace(ARTICLE, form="text", negatives="deranged", epochs=20)

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
    | {"article": ARTICLE, "article-tiny-imagenet": ARTICLE_TINY_IMAGENET}
)
QUICK = _settings(_STRIPES)


def presets(profile: str) -> dict[str, InfoMaxConfig]:
    """Return the named configs of a profile, ``quick`` or ``full``.

    Raises:
        ValueError: for any other profile.
    """
    if profile not in {"quick", "full"}:
        raise ValueError(f"profile must be quick or full, got {profile!r}")
    return QUICK if profile == "quick" else FULL


_README = "official README of DIM, classifier on the frozen encoder, 73 to 74"
_PAPER = "Hjelm and others 2019, table 1, code of 64 numbers, classifier with 200 units"
_MAP = "Hjelm and others 2019, table 1, last convolution, classifier with 200 units"
_SECOND = "Hjelm and others 2019, table 2, Tiny ImageNet, code of 64 numbers"

PUBLISHED: dict[str, list[Published]] = {
    "local": [
        Published("classifier", 73.0, _README),
        Published("classifier", 66.96, f"{_PAPER}: DIM(L) JSD"),
    ],
    "global-text": [Published("classifier", 43.17, f"{_PAPER}: DIM(G)")],
    "vae": [Published("classifier", 54.61, f"{_PAPER}: VAE")],
    "supervised": [
        Published("classifier", 75.39, "Hjelm and others 2019, table 1: supervised")
    ],
}
"""Other encoders, all training pictures, other classifiers: beside ours, not equal."""

PUBLISHED |= {
    f"large-{name}": [*PUBLISHED[name], Published("classifier_map", value, source)]
    for name, value, source in (
        ("local", 73.25, f"{_MAP}: DIM(L) JSD"),
        ("global-text", 52.2, f"{_MAP}: DIM(G)"),
        ("vae", 60.71, f"{_MAP}: VAE"),
    )
}
PUBLISHED["large-local"] += [
    Published(
        "classifier", 71.0, "official README of DIM, monitored in pretraining, 71 to 72"
    )
]
PUBLISHED |= {
    f"wide-{name}": PUBLISHED[f"large-{name}"]
    for name in ("local", "global-text", "vae")
}
PUBLISHED["large-supervised"] = PUBLISHED["supervised"]
PUBLISHED["wide-supervised"] = PUBLISHED["supervised"]
PUBLISHED["tiny-imagenet-local"] = [
    Published("classifier", 31.66, f"{_SECOND}: DIM(L) JSD")
]
PUBLISHED["tiny-imagenet-global-text"] = [
    Published("classifier", 4.95, f"{_SECOND}: DIM(G)")
]

_REDUCED = [
    f"The article's encoder at a quarter of its width and {_CIFAR.codes} codes instead "
    f"of 256; the first {_CIFAR.rows} training pictures; {_CIFAR.epochs} epochs "
    "instead of 50.",
    "Partners are deranged; the author's program shuffles.",
    "The article reports pictures of neighbours and no accuracy.",
    "CIFAR-10 from a lossy (JPEG) copy where the data line below says so.",
]
DEVIATIONS: dict[str, list[str]] = {name: [*_REDUCED] for name in FULL}
_WIDER = (
    f"The article's encoder at half of its width and {_LARGE.codes} codes instead of "
    f"256; {_LARGE.epochs} epochs instead of 50."
)
_CLASSIFIER = (
    "The classifier of 200 units is trained for 10 epochs; the paper's for many more, "
    "and its accuracy is a mean over the last 100."
)
for _name in FULL:
    if _name.startswith("large-"):
        DEVIATIONS[_name] = [_WIDER, *_REDUCED[1:], _CLASSIFIER]
    if _name.startswith("tiny-imagenet-"):
        DEVIATIONS[_name] = [
            "The article's encoder at a quarter of its width and "
            f"{_TINY_IMAGENET.codes} codes instead of 256; {_TINY_IMAGENET.epochs} "
            "epochs instead of 100.",
            f"{_TINY_IMAGENET.rows} pictures of the validation part for training and "
            "its last 2000 for the test, instead of 100,000 and all 10,000.",
            *_REDUCED[1:3],
            _CLASSIFIER,
        ]
    if _name.startswith("wide-"):
        DEVIATIONS[_name] = [
            f"The article's network; {_WIDE.epochs} epochs instead of 50.",
            *_REDUCED[1:],
            _CLASSIFIER,
        ]
DEVIATIONS["article"] = [
    "Batch normalisation averages with 0.9 instead of 0.99.",
    *_REDUCED[2:],
    _CLASSIFIER,
]
DEVIATIONS["article-tiny-imagenet"] = [*DEVIATIONS["article"]]
DEVIATIONS["local-among"] += [
    "The article tried information among the places without saying how; here a place "
    "is paired with another place of the same picture, weight 0.5."
]
