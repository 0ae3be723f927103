"""The experiments by name, behind one interface for the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from rederived.chapters.adaptive import study as adaptive_rates
from rederived.chapters.fvae import study as fvae
from rederived.chapters.infomax import study as infomax
from rederived.chapters.information import study as vae_information
from rederived.chapters.mixup import study as mixing
from rederived.chapters.nice import study as nice
from rederived.chapters.nice import study_blank_pixels as blank_pixels
from rederived.chapters.titles import study as titles
from rederived.chapters.variational import study_aae as aae
from rederived.chapters.variational import study_ali as ali
from rederived.chapters.variational import study_images as gan_images
from rederived.chapters.variational import study_plane as gan
from rederived.records import Config, Published, Run

AnyConfig = Any
"""A chapter's own frozen config; only its experiment looks inside."""


@dataclass(frozen=True)
class Experiment:
    """What the command line and the chapters need of a chapter's module.

    Attributes:
        name: the module's name.
        chapter: the chapter's number.
        presets: from a profile to its named configs.
        plain: from a config to the plain values that its hash is made of.
        run: from config, preset name, seed and folder to the run and its model.
        published: the sources' numbers by preset.
        deviations: what differs from the sources, by preset.
    """

    name: str
    chapter: int
    presets: Callable[[str], Mapping[str, AnyConfig]]
    plain: Callable[[AnyConfig], Config]
    run: Callable[[AnyConfig, str, int, Path | None], tuple[Run, nn.Module]]
    published: Mapping[str, list[Published]]
    deviations: Mapping[str, list[str]]

    def config(self, preset: str, profile: str) -> AnyConfig:
        """Return a preset's config.

        Raises:
            ValueError: if the profile has no such preset.
        """
        known = self.presets(profile)
        if preset not in known:
            raise ValueError(
                f"{self.name} has no {profile} preset {preset!r}; "
                f"it has {', '.join(known)}"
            )
        return known[preset]


_EXPERIMENTS = {
    "mixing": Experiment(
        name="mixing",
        chapter=1,
        presets=mixing.presets,
        plain=mixing.plain,
        run=mixing.run,
        published=mixing.PUBLISHED,
        deviations=mixing.DEVIATIONS,
    ),
    "aae": Experiment(
        name="aae",
        chapter=2,
        presets=aae.presets,
        plain=aae.plain,
        run=aae.run,
        published=aae.PUBLISHED,
        deviations=aae.DEVIATIONS,
    ),
    "ali": Experiment(
        name="ali",
        chapter=2,
        presets=ali.presets,
        plain=ali.plain,
        run=ali.run,
        published=ali.PUBLISHED,
        deviations=ali.DEVIATIONS,
    ),
    "gan": Experiment(
        name="gan",
        chapter=2,
        presets=gan.presets,
        plain=gan.plain,
        run=gan.run,
        published=gan.PUBLISHED,
        deviations=gan.DEVIATIONS,
    ),
    "gan-images": Experiment(
        name="gan-images",
        chapter=2,
        presets=gan_images.presets,
        plain=gan_images.plain,
        run=gan_images.run,
        published=gan_images.PUBLISHED,
        deviations=gan_images.DEVIATIONS,
    ),
    "nice": Experiment(
        name="nice",
        chapter=3,
        presets=nice.presets,
        plain=nice.plain,
        run=nice.run,
        published=nice.PUBLISHED,
        deviations=nice.DEVIATIONS,
    ),
    "blank-pixels": Experiment(
        name="blank-pixels",
        chapter=3,
        presets=blank_pixels.presets,
        plain=blank_pixels.plain,
        run=blank_pixels.run,
        published=blank_pixels.PUBLISHED,
        deviations=blank_pixels.DEVIATIONS,
    ),
    "f-vae": Experiment(
        name="f-vae",
        chapter=5,
        presets=fvae.presets,
        plain=fvae.plain,
        run=fvae.run,
        published=fvae.PUBLISHED,
        deviations=fvae.DEVIATIONS,
    ),
    "deep-infomax": Experiment(
        name="deep-infomax",
        chapter=6,
        presets=infomax.presets,
        plain=infomax.plain,
        run=infomax.run,
        published=infomax.PUBLISHED,
        deviations=infomax.DEVIATIONS,
    ),
    "titles": Experiment(
        name="titles",
        chapter=4,
        presets=titles.presets,
        plain=titles.plain,
        run=titles.run,
        published=titles.PUBLISHED,
        deviations=titles.DEVIATIONS,
    ),
    "adaptive-learning-rates": Experiment(
        name="adaptive-learning-rates",
        chapter=7,
        presets=adaptive_rates.presets,
        plain=adaptive_rates.plain,
        run=adaptive_rates.run,
        published=adaptive_rates.PUBLISHED,
        deviations=adaptive_rates.DEVIATIONS,
    ),
    "vae-information": Experiment(
        name="vae-information",
        chapter=8,
        presets=vae_information.presets,
        plain=vae_information.plain,
        run=vae_information.run,
        published=vae_information.PUBLISHED,
        deviations=vae_information.DEVIATIONS,
    ),
}


def experiment_names() -> list[str]:
    """Return the names of all experiments, in the order of their chapters."""
    return sorted(_EXPERIMENTS, key=lambda name: _EXPERIMENTS[name].chapter)


def experiments_of(name: str) -> list[str]:
    """Return the name itself, or the names of a chapter's experiments.

    Args:
        name: an experiment's name, or a chapter's number such as ``"03"``.

    Raises:
        ValueError: if there is no such experiment, or none in that chapter.
    """
    if not name.isdigit():
        return [experiment(name).name]
    found = [one for one in experiment_names() if experiment(one).chapter == int(name)]
    if not found:
        raise ValueError(f"chapter {int(name)} has no experiment")
    return found


def experiment(name: str) -> Experiment:
    """Return an experiment by name.

    Raises:
        ValueError: if there is none of that name.
    """
    if name not in _EXPERIMENTS:
        raise ValueError(
            f"no experiment {name!r}; there are {', '.join(experiment_names())}"
        )
    return _EXPERIMENTS[name]
