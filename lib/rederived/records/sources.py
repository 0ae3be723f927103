"""What sources report, as data: ``sources.yml`` beside a chapter's studies.

A file has one entry a study, with three parts, each of which may be absent::

    nice:
      headline: {metric: test_log_likelihood, label: "test log-likelihood, nats"}
      published:
        - {metric: test_log_likelihood, value: 1980.5, source: "...", presets: [paper]}
      deviations:
        - {text: "26 epochs; the paper trains for 1,500.", presets: [modern]}

An entry without ``presets`` belongs to all full presets of the study.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from rederived.records.reading import require_numbers, require_texts


@dataclass(frozen=True)
class Published:
    """A number that a source reports.

    >>> Published("test_error", 4.2, "the paper, table 2").value
    4.2
    """

    metric: str  # which of our metrics it stands beside
    value: float
    source: str  # where it is printed

    def __post_init__(self) -> None:
        require_texts("metric and source", [self.metric, self.source])
        require_numbers("published", {self.metric: self.value}, finite=True)


@dataclass(frozen=True)
class Headline:
    """The one metric by which a study is known in a table of all chapters.

    >>> Headline("test_error", "test error, %").label
    'test error, %'
    """

    metric: str  # its name in the records
    label: str  # its name for readers, with the unit


@dataclass(frozen=True)
class Sources:
    """What is said beside a study's records.

    >>> said = Sources(deviations={"paper": ["100 epochs, not 200."]})
    >>> said.deviations["paper"], said.published.get("paper", [])
    (['100 epochs, not 200.'], [])
    """

    published: dict[str, list[Published]] = field(default_factory=dict)
    """The sources' numbers, by preset."""
    deviations: dict[str, list[str]] = field(default_factory=dict)
    """What differs from the sources, one sentence each, by preset."""
    headline: Headline | None = None
    """The metric for a table of all chapters, if there is one."""


def load_sources(path: Path, study: str, presets: Sequence[str]) -> Sources:
    """Read a study's entry.

    Args:
        path: the file.
        study: the study's name.
        presets: the names of its full presets.

    Raises:
        ValueError: if the file is none, has no such study, a preset that the study does
            not have, a field that is none, or a value of another type.
    """
    try:
        entries = dict(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except (yaml.YAMLError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is no file of sources: {error}") from error
    if study not in entries:
        raise ValueError(f"{path} has no study {study!r}; it has {', '.join(entries)}")
    found = Sources({name: [] for name in presets}, {name: [] for name in presets})
    try:
        entry = dict(entries[study] or {})
        for one in entry.pop("published", []):
            for name in _presets(one, presets):
                found.published[name].append(
                    Published(**_said(one, "metric", "value", "source"))
                )
        for one in entry.pop("deviations", []):
            for name in _presets(one, presets):
                found.deviations[name].append(_said(one, "text")["text"])
        for sentences in found.deviations.values():
            require_texts("deviations", sentences)
        headline = entry.pop("headline", None)
        if entry:
            raise ValueError(f"unknown: {', '.join(entry)}")
        return Sources(
            found.published, found.deviations, headline and Headline(**headline)
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{path}, {study}: {error}") from error


def _presets(entry: dict[str, Any], known: Sequence[str]) -> list[str]:
    """Return the presets that an entry belongs to."""
    named: list[str] = entry.get("presets", list(known))
    require_texts("presets", named)
    if unknown := set(named) - set(known):
        raise ValueError(f"no full preset {', '.join(sorted(unknown))}")
    return named


def _said(entry: dict[str, Any], *known: str) -> dict[str, Any]:
    """Return what an entry says besides its presets; refuse a misspelt field."""
    said = {name: value for name, value in entry.items() if name != "presets"}
    if unknown := said.keys() - set(known):
        raise ValueError(f"no field {', '.join(sorted(unknown))}; {', '.join(known)}")
    return said
