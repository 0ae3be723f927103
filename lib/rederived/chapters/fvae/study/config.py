"""What the runs of chapter 5 are: one frozen config, and its named presets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class FVaeConfig:
    """A model, its sizes, and the pictures that it is trained on.

    Attributes:
        model: ``vae``, ``glow`` or ``f-vae``.
        dataset: a name of the catalogue.
        rows: how many of the training pictures are used, the first ones; None: all.
        held_out: how many of those are kept for choices, the last ones.
        test_rows: test pictures, the first ones.
        width: of the VAE, channels of its outermost convolution.
        latent_size: of the VAE, numbers in a code.
        scales: of the f-VAE, squeezes of encoder and decoder.
        steps: of the f-VAE, residual steps at each scale.
        levels: of the flow.
        flow_steps: of each level.
        flow_width: hidden channels of a coupling network.
        log_sigma_1: where training starts.
        log_sigma_2: where training starts; also the VAE's.
        pixel_sigma_2: of the f-VAE, whether each pixel has a deviation of its own.
        data_dependent_init: whether ActNorms start from a batch of data (Glow) or as
            the identity (the article's program).
        epochs: passes over the pictures.
        batch_size: pictures a step.
        learning_rate: of Adam, at its highest.
        scale_rate: factor on it for log sigma_1 and log sigma_2.
        schedule: ``one-cycle`` or ``constant``.
        clip_norm: bound on the gradient of the loss in bits per dimension.
        average_decay: of the weights' moving average; None takes the last ones.
        evaluator_epochs: passes of the evaluator's classifier.
        samples: pictures measured at each temperature.
        importance_samples: codes a picture for the tighter bound.
    """

    model: Literal["vae", "glow", "f-vae"]
    dataset: Literal[
        "drawn-faces-32",
        "drawn-faces-64",
        "cifar10",
        "celeba",
        "celeba-128",
        "celeba-half",
    ] = "drawn-faces-32"
    rows: int | None = None
    held_out: int = 1_000
    test_rows: int = 1_000
    width: int = 36
    latent_size: int = 64
    scales: int = 2
    steps: int = 4
    levels: int = 3
    flow_steps: int = 3
    flow_width: int = 64
    log_sigma_1: float = -2.0
    log_sigma_2: float = -2.0
    pixel_sigma_2: bool = False
    data_dependent_init: bool = True
    epochs: int = 5
    batch_size: int = 32
    learning_rate: float = 3e-3
    scale_rate: float = 10.0
    schedule: Literal["one-cycle", "constant"] = "one-cycle"
    clip_norm: float | None = 1.0
    average_decay: float | None = None
    evaluator_epochs: int = 5
    samples: int = 500
    importance_samples: int = 4


_32 = {
    "vae": FVaeConfig("vae", width=26, latent_size=54),
    "glow": FVaeConfig("glow", levels=4, flow_steps=4),
    "f-vae": FVaeConfig("f-vae", steps=2, levels=3, flow_steps=2, flow_width=56),
}
_64 = {
    "vae": replace(_32["vae"], width=12, latent_size=70),
    "glow": replace(_32["glow"], levels=5, flow_steps=2),
    "f-vae": replace(_32["f-vae"], levels=4, flow_steps=1, flow_width=32),
}
_FACES_64 = {
    name: replace(one, dataset="drawn-faces-64", epochs=2, samples=300)
    for name, one in _64.items()
}
_CELEBA = {
    name: replace(one, dataset="celeba", rows=10_000, epochs=100, samples=300)
    for name, one in _64.items()
}
_CELEBA_10 = {
    name: replace(one, dataset="celeba-half", rows=None, epochs=10)
    for name, one in _CELEBA.items()
}
_CIFAR = {
    name: replace(one, dataset="cifar10", rows=10_000) for name, one in _32.items()
}
ARTICLE_128 = FVaeConfig(
    "f-vae",
    dataset="celeba-128",
    scales=3,
    steps=12,
    levels=4,
    flow_steps=12,
    flow_width=256,
    log_sigma_1=0.0,
    log_sigma_2=0.0,
    data_dependent_init=False,
    epochs=150,
    learning_rate=1e-4,
    scale_rate=1.0,
    schedule="constant",
    clip_norm=None,
)
ARTICLE_64 = replace(ARTICLE_128, dataset="celeba", epochs=135)
ARTICLE_GLOW = replace(
    ARTICLE_64, model="glow", levels=3, flow_steps=10, flow_width=512
)

_ARTICLE_FACES = {
    name: replace(one, dataset="drawn-faces-64", epochs=8, batch_size=32, samples=300)
    for name, one in {
        "vae": replace(ARTICLE_64, model="vae", width=256, latent_size=128),
        "glow": ARTICLE_GLOW,
        "f-vae": ARTICLE_64,
    }.items()
}

FULL = (
    _32
    | {f"64-{name}": one for name, one in _FACES_64.items()}
    | {f"64-{name}-long": replace(one, epochs=8) for name, one in _FACES_64.items()}
    | {f"celeba-{name}": one for name, one in _CELEBA.items()}
    | {f"celeba-10-{name}": one for name, one in _CELEBA_10.items()}
    | {f"cifar10-{name}": one for name, one in _CIFAR.items()}
    | {
        "vae-long": replace(_32["vae"], epochs=30),
        "f-vae-long": replace(_32["f-vae"], epochs=11),
        "f-vae-again": _32["f-vae"],  # other seeds, for rules written before them
        **{f"article-faces-{name}": one for name, one in _ARTICLE_FACES.items()},
        "celeba-f-vae-pixel": replace(_CELEBA["f-vae"], pixel_sigma_2=True),
        "celeba-10-f-vae-pixel": replace(_CELEBA_10["f-vae"], pixel_sigma_2=True),
        "celeba-34-vae": replace(_CELEBA_10["vae"], epochs=34),  # the others' time
        "article-64": ARTICLE_64,
        "article-64-glow": ARTICLE_GLOW,
        "article-128": ARTICLE_128,
    }
)


def _quick(config: FVaeConfig) -> FVaeConfig:
    return replace(
        config,
        rows=1_400,
        held_out=200,
        test_rows=200,
        epochs=3,
        evaluator_epochs=4,
        samples=100,
        importance_samples=2,
    )


QUICK = {
    "vae": _quick(replace(_32["vae"], width=10, latent_size=32)),
    "glow": _quick(replace(_32["glow"], levels=3, flow_steps=2, flow_width=48)),
    "f-vae": _quick(
        replace(_32["f-vae"], steps=1, levels=2, flow_steps=1, flow_width=24)
    ),
}
