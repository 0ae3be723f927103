"""Studies: presets, identities, and what the sources report."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, make_dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from rederived import chapters
from rederived import study as lookup
from rederived.records import (
    PROFILES,
    Headline,
    Measured,
    Published,
    Record,
    Study,
    Trial,
    as_dict,
    from_dict,
    load_record,
    record_names,
)
from rederived.records.legs import provenance_of_legs
from rederived.records.sources import load_sources
from rederived.study import studies, study
from rederived.training import TrainConfig, fit, write_origin
from torch import nn

NAMES = list(studies())
RECORDS = record_names()


@dataclass(frozen=True)
class Tiny:
    """A configuration."""

    data: str
    width: int = 8
    betas: tuple[float, float] = (0.9, 0.99)
    clip: float | None = None


def measure(config: Tiny, trial: Trial) -> Measured:
    """Measure nothing."""
    return Measured({"width": float(config.width)}, ["made up"])


TINY = Study("tiny", 1, {"a": Tiny("x")}, {"b": Tiny("y"), "c": Tiny("z")}, measure)


def identity(config: object) -> str:
    """Return the identity that the tiny study gives to any configuration."""
    return replace(TINY, quick={}, full={}).identity(config)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_every_study_refuses_a_misspelt_profile_and_preset(name: str) -> None:
    chosen = study(name)
    for misspelt in ("ful", "", "Quick", "FULL"):
        with pytest.raises(ValueError, match=f"quick or full, got '{misspelt}'"):
            chosen.presets(misspelt)
        with pytest.raises(ValueError, match="quick or full"):
            chosen.config(next(iter(chosen.full)), misspelt)
    for profile in PROFILES:
        with pytest.raises(ValueError, match=f"{name} has no {profile} preset 'none'"):
            chosen.config("none", profile)


def test_an_identity_is_stable() -> None:
    # a change of this number orphans every record
    assert identity(Tiny("x", width=9)) == "9e85cdf855de"


def test_a_field_that_is_added_changes_no_identity() -> None:
    more = make_dataclass("More", [("depth", int, 2)], bases=(Tiny,), frozen=True)
    for values in ({}, {"width": 9}, {"width": 9, "clip": 1.0}):
        assert identity(more("x", **values)) == identity(Tiny("x", **values))
    assert identity(more("x", depth=3)) != identity(Tiny("x"))


def test_a_field_that_is_added_with_a_factory_changes_no_identity() -> None:
    steps = ("steps", tuple, field(default_factory=tuple))
    more = make_dataclass("More", [steps], bases=(Tiny,), frozen=True)
    assert identity(more("x")) == identity(Tiny("x"))
    assert identity(more("x", steps=(1,))) != identity(Tiny("x"))


def test_every_value_and_the_study_are_part_of_the_identity() -> None:
    values = {"data": "y", "width": 9, "betas": (0.9, 0.9), "clip": 1.0}
    configs = [Tiny("x"), *(replace(Tiny("x"), **{k: v}) for k, v in values.items())]
    found = {identity(config) for config in configs}
    found.add(replace(TINY, name="other").identity(Tiny("x")))
    assert len(found) == len(values) + 2


@pytest.mark.parametrize("name", NAMES)
def test_different_configurations_of_a_study_have_different_identities(
    name: str,
) -> None:
    chosen = study(name)
    configs = [*chosen.quick.values(), *chosen.full.values()]
    for config in configs:
        same = {chosen.identity(other) for other in configs if other == config}
        others = {chosen.identity(other) for other in configs if other != config}
        assert len(same) == 1
        assert not same & others


@pytest.mark.parametrize("name", NAMES)
def test_configurations_come_back_from_plain_values(name: str) -> None:
    chosen = study(name)
    for config in [*chosen.quick.values(), *chosen.full.values()]:
        assert from_dict(type(config), as_dict(config)) == config


def test_plain_values_become_a_configuration() -> None:
    assert as_dict(Tiny("x")) == {
        "data": "x",
        "width": 8,
        "betas": [0.9, 0.99],
        "clip": None,
    }
    assert from_dict(Tiny, {"data": "x", "betas": [0.5, 0.5]}) == Tiny(
        "x", betas=(0.5, 0.5)
    )
    with pytest.raises(ValueError, match="Tiny has no field widht; it has betas, cl"):
        from_dict(Tiny, {"data": "x", "widht": 9})


def test_a_run_says_what_was_asked_and_measured(tmp_path: Path) -> None:
    seen = []

    def told(config: Tiny, trial: Trial) -> Measured:
        seen.append((config, trial))
        found = measure(config, trial)
        return replace(found, training={"steps": 5})

    run = replace(TINY, measure=told).run("b", "full", 3, tmp_path)
    assert seen == [(Tiny("y"), Trial(3, tmp_path, "tiny b seed 3"))]
    assert (run.study, run.preset, run.seed) == ("tiny", "b", 3)
    assert (run.identity, run.config) == (identity(Tiny("y")), as_dict(Tiny("y")))
    assert (run.metrics, run.data) == ({"width": 8.0}, ["made up"])
    assert run.provenance["steps"] == 5
    assert {"wall_seconds", "commit", "device"} <= run.provenance.keys()


def test_a_run_has_the_seconds_that_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 107.4])
    ours = SimpleNamespace(perf_counter=lambda: next(clock))
    monkeypatch.setattr("rederived.records.study.time", ours)
    assert TINY.run("b", "full").provenance["wall_seconds"] == 7


@pytest.mark.parametrize("part", [".", "evaluator"])
def test_what_another_process_trained_is_told_of(part: str, tmp_path: Path) -> None:
    """Also if it trained to the end; an evaluator has a folder within."""

    def train(directory: Path) -> None:
        net = nn.Linear(1, 1)
        fit(
            net,
            (torch.ones(4, 1),),
            torch.optim.SGD(net.parameters(), 0.1),
            TrainConfig(1, 2),
            loss=lambda net, x: net(x).square().mean(),
            directory=directory,
        )

    def told(config: Tiny, trial: Trial) -> Measured:
        assert trial.directory is not None
        train(trial.directory / "evaluator")
        train(trial.directory)
        return measure(config, trial)

    write_origin(tmp_path, {"commit": "c0ffee", "dirty": True, "torch": "1.0"})
    train(tmp_path / part)
    run = replace(TINY, measure=told).run("b", "full", 0, tmp_path)
    shown = {k: v for k, v in run.provenance.items() if "leg" in k}
    name = "leg 1" if part == "." else "evaluator leg 1"
    assert list(shown) == [name]
    assert re.fullmatch(
        r"steps 0 to 2, began .*, commit c0ffee, trained_on \w+, torch 1.0",
        str(shown[name]),
    )
    assert run.provenance["dirty"] is True


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_is_of_its_preset(name: str) -> None:
    record = load_record(name)
    chosen = study(record.study)
    config = chosen.config(record.preset, "full")
    assert record.identity == chosen.identity(config)
    assert from_dict(type(config), record.config) == config


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_says_what_its_sources_do(name: str) -> None:
    record = load_record(name)
    reported = study(record.study).reported()
    assert record.published == reported.published.get(record.preset, [])
    assert record.deviations == reported.deviations.get(record.preset, [])


def headline_records() -> list[tuple[str, Record]]:
    """Return the headline metric of every study that has one, with its records."""
    return [
        (headline.metric, load_record(name))
        for name in RECORDS
        if (headline := study(load_record(name).study).reported().headline)
    ]


def test_a_headline_is_a_metric_that_is_measured() -> None:
    found = headline_records()
    measured = {record.study for metric, record in found if record.values(metric)}
    assert measured == {record.study for _, record in found}


def sources(folder: Path, text: str) -> Path:
    """Write a file of sources about one study with the full presets b and c."""
    path = folder / "sources.yml"
    path.write_text(text, encoding="utf-8")
    return path


GOOD = """
tiny:
  headline: {metric: loss, label: "loss, nats"}
  published:
    - {metric: loss, value: 1.5, source: "a table"}
    - {metric: error, value: 2.0, source: "a figure", presets: [c]}
  deviations:
    - {text: "Shorter.", presets: [b]}
"""


def test_sources_are_read_by_preset(tmp_path: Path) -> None:
    found = replace(TINY, sources=sources(tmp_path, GOOD)).reported()
    everywhere = Published("loss", 1.5, "a table")
    assert found.published == {
        "b": [everywhere],
        "c": [everywhere, Published("error", 2.0, "a figure")],
    }
    assert found.deviations == {"b": ["Shorter."], "c": []}
    assert found.headline == Headline("loss", "loss, nats")
    assert TINY.reported().published == {}


@pytest.mark.parametrize(
    ("good", "bad", "words"),
    [
        ("tiny:", "tinny:", "no study 'tiny'; it has tinny"),
        ("presets: [c]", "presets: [c, d]", "tiny: no full preset d"),
        ("presets: [b]", "presets: [a]", "tiny: no full preset a"),
        ("presets: [c]", "preset: [c]", "tiny: no field preset"),
        ("presets: [b]", "preset: [b]", "tiny: no field preset"),
        ("value: 2.0", "valeu: 2.0", "tiny: no field valeu"),
        ("text:", "txt:", "tiny: no field txt"),
        ("metric: error, ", "", "tiny: .*metric"),
        ("  published:", "  publishd:", "tiny: unknown: publishd"),
        ("label:", "lable:", "tiny: .*lable"),
        ("value: 2.0", "value: 1e3", "'error' must be a finite number, not '1e3'"),
        ("value: 2.0", "value: .nan", "'error' must be a finite number, not nan"),
        ("presets: [c]", "presets: c", "tiny: presets must be a list of texts"),
        ("published:", "published: [", "is no file of sources"),
    ],
)
def test_misspelt_sources_are_refused(
    good: str, bad: str, words: str, tmp_path: Path
) -> None:
    assert GOOD.count(good) == 1
    path = sources(tmp_path, GOOD.replace(good, bad))
    with pytest.raises(ValueError, match=rf"sources\.yml.*{words}"):
        replace(TINY, sources=path).reported()


def test_an_empty_file_of_sources_has_no_study(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no study 'tiny'"):
        load_sources(sources(tmp_path, ""), "tiny", ["b"])


def test_the_sources_of_a_wing_are_about_its_studies() -> None:
    (root,) = map(Path, chapters.__path__)
    files = sorted(root.glob("*/sources.yml"))
    named = {
        (path, line.removesuffix(":"))
        for path in files
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.endswith(":") and not line.startswith((" ", "#"))
    }
    assert named == {
        (one.sources, one.name) for one in studies().values() if one.sources
    }


def test_only_full_runs_are_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    made = SimpleNamespace(run=lambda *_: "computed")
    monkeypatch.setattr(lookup, "study", lambda _: made)
    monkeypatch.setattr(lookup, "run_or_load", lambda *_: "found")
    assert lookup.run_study("any", "preset", "quick") == "computed"
    assert lookup.run_study("any", "preset", "full") == "found"


def test_a_leg_of_no_known_commit_makes_the_run_one() -> None:
    both = [
        {"from_step": 0, "to_step": 1, "commit": "unknown", "dirty": False},
        {"from_step": 1, "to_step": 2, "commit": "facade", "dirty": False},
    ]
    for leg in both:
        leg |= {"began": "12:00", "seconds": 1.0}
    found = provenance_of_legs(both, {"commit": "facade", "dirty": False})
    assert found["commit"] == "unknown"
