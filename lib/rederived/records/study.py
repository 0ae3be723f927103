"""A study: a chapter's experiment, its named configurations, and what measures a seed.

A configuration is a frozen dataclass.  Its *identity* is the hash of the study's name
and of the fields that differ from their defaults: a field added later, with a default
that means what was done before, leaves every identity as it was.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from rederived.records.legs import provenance_of_run
from rederived.records.provenance import Provenance, provenance
from rederived.records.runs import Arrays, Config, Run
from rederived.records.sources import Sources, load_sources

C = TypeVar("C")
Profile = Literal["quick", "full"]
PROFILES: tuple[Profile, ...] = ("quick", "full")


@dataclass(frozen=True)
class Trial:
    """One seed of a configuration, about to be measured.

    >>> Trial(seed=3).directory is None
    True
    """

    seed: int = 0  # decides every random draw
    directory: Path | None = None
    """Where checkpoints go; an interrupted trial there is continued. None keeps
    nothing."""
    label: str = "training"  # what a progress bar says


@dataclass(frozen=True)
class Measured:
    """What one trial measured.

    >>> Measured({"test_error": 4.2}, data=["digits/test [abc]"]).metrics
    {'test_error': 4.2}
    """

    metrics: dict[str, float]  # single numbers by name; the study documents their units
    data: list[str]  # the sources of the data sets, with fingerprints
    history: list[dict[str, float]] = field(default_factory=list)
    """One row of metrics an epoch."""
    arrays: Arrays = field(default_factory=dict)
    """What figures need (spectra, samples), small."""
    training: Provenance = field(default_factory=dict)
    """What the provenance says of the training, see ``History.provenance``."""


@dataclass(frozen=True)
class Study(Generic[C]):
    """A chapter's experiment.

    >>> @dataclass(frozen=True)
    ... class Toss:
    ...     coins: int = 10
    >>> def measure(config: Toss, trial: Trial) -> Measured:
    ...     heads = sum((trial.seed * coin) % 2 for coin in range(config.coins))
    ...     return Measured({"heads": heads / config.coins}, data=["none"])
    >>> full = {"many": Toss(1000)}
    >>> toss = Study("toss", chapter=9, quick={"few": Toss()}, full=full,
    ...              measure=measure)
    >>> toss.run("few", "quick", seed=1).metrics
    {'heads': 0.5}
    >>> toss.config("many", "ful")
    Traceback (most recent call last):
    ValueError: profile must be quick or full, got 'ful'
    """

    name: str  # as the command line and the records have it
    chapter: int  # the chapter's number
    quick: Mapping[str, C]
    """Configurations that run in seconds on embedded data, by name."""
    full: Mapping[str, C]  # configurations at the source's scale, by name
    measure: Callable[[C, Trial], Measured]
    """What measures one trial of a configuration."""
    sources: Path | None = None
    """The file of published numbers and deviations; None if the study has neither."""

    def presets(self, profile: str) -> Mapping[str, C]:
        """Return the named configurations of a profile.

        Raises:
            ValueError: if the profile is neither ``quick`` nor ``full``.
        """
        if profile not in PROFILES:
            raise ValueError(f"profile must be quick or full, got {profile!r}")
        return self.quick if profile == "quick" else self.full

    def config(self, preset: str, profile: str) -> C:
        """Return a preset's configuration.

        Raises:
            ValueError: if there is no such profile, or it has no such preset.
        """
        presets = self.presets(profile)
        if preset not in presets:
            raise ValueError(
                f"{self.name} has no {profile} preset {preset!r}; "
                f"it has {', '.join(presets)}"
            )
        return presets[preset]

    def identity(self, config: C) -> str:
        """Return 12 hexadecimal digits that say what was asked for, the seed left out.

        They hash the study's name and the fields that differ from their defaults.
        """
        text = json.dumps([self.name, _changed(config)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def run(
        self, preset: str, profile: str, seed: int = 0, directory: Path | None = None
    ) -> Run:
        """Measure one seed of a preset and say where the numbers came from."""
        config = self.config(preset, profile)
        return self.run_config(config, preset, seed, directory)

    def run_config(
        self, config: C, preset: str, seed: int = 0, directory: Path | None = None
    ) -> Run:
        """Measure one seed of any configuration, under the name of a preset."""
        # the command line lists studies without waiting for what training needs
        from rederived.training import write_origin  # noqa: PLC0415

        started, origin = time.perf_counter(), provenance()
        label = f"{self.name} {preset} seed {seed}"
        if directory is not None:
            write_origin(directory, origin)
        found = self.measure(config, Trial(seed, directory, label))
        legs = {} if directory is None else provenance_of_run(directory, origin)
        seconds: Provenance = {"wall_seconds": round(time.perf_counter() - started)}
        return Run(
            study=self.name,
            preset=preset,
            seed=seed,
            identity=self.identity(config),
            config=as_dict(config),
            metrics=found.metrics,
            history=found.history,
            data=found.data,
            provenance=origin | found.training | seconds | legs,
            arrays=found.arrays,
        )

    def reported(self) -> Sources:
        """Return what the sources report beside the full presets, and deviations.

        Raises:
            ValueError: if the file names a preset that the study does not have.
        """
        if self.sources is None:
            return Sources()
        return load_sources(self.sources, self.name, list(self.full))


def as_dict(config: object) -> Config:
    """Return a configuration as JSON has it: plain values, tuples as lists."""
    values: Config = json.loads(json.dumps(asdict(config)))  # type: ignore[call-overload]
    return values


def from_dict(kind: type[C], values: Mapping[str, Any]) -> C:
    """Return the configuration that ``as_dict`` made plain; absent fields are defaults.

    Raises:
        ValueError: if a value belongs to no field.
    """
    known = {one.name for one in fields(kind)}  # type: ignore[arg-type]
    if unknown := values.keys() - known:
        raise ValueError(
            f"{kind.__name__} has no field {', '.join(sorted(unknown))}; "
            f"it has {', '.join(sorted(known))}"
        )
    return kind(**{name: _frozen(value) for name, value in values.items()})


def _frozen(value: object) -> object:
    """Return lists as tuples, all the way down."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _changed(config: object) -> Config:
    """Return the fields that differ from their defaults, as plain values."""
    plain = as_dict(config)
    return {
        one.name: plain[one.name]
        for one in fields(config)  # type: ignore[arg-type]
        if getattr(config, one.name) != _default(one)
    }


def _default(one: Field[Any]) -> object:
    """Return a field's default; ``MISSING``, which equals nothing, if it has none."""
    if one.default_factory is not MISSING:
        return one.default_factory()
    return one.default
