"""What holds of every study: its names, its presets, and that a seed decides a run."""

from __future__ import annotations

import math
import re
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rederived.records import Run, Study, as_dict, from_dict
from rederived.study import studies, studies_of, study

BOOK = Path(__file__).parents[1] / "book"
NAME = re.compile(r"[a-z0-9.]+(-[a-z0-9.]+)*")
TIMED = re.compile(r"(.*_)?(milli)?seconds(_.*)?")
SHORT = {
    "epochs": 1,
    "judge_epochs": 1,
    "updates": 12,
    "rows": 300,
    "test_rows": 100,
    "held_out": 100,
    "samples": 100,
    "decoded": 10,
    "problems": 2,
    "analyse": False,
}
"""What makes a quick preset quicker, of the fields that a configuration has."""

every_study = pytest.mark.parametrize("chosen", studies().values(), ids=studies())
drawn_studies = pytest.mark.parametrize(
    "chosen",
    [one for one in studies().values() if one.name != "blank-pixels"],  # counts only
    ids=lambda one: one.name,
)


def shortened(config: Any) -> Any:
    """Return a configuration that takes a moment; whole numbers only replace such."""
    return replace(
        config,
        **{
            name: value
            for name, value in SHORT.items()
            if type(getattr(config, name, None)) is type(value)
        },
    )


@cache
def short_run(name: str, seed: int, repetition: int = 0) -> Run:
    """Run the first quick preset, shortened."""
    preset, config = next(iter(study(name).quick.items()))
    return study(name).run_config(shortened(config), preset, seed)


def untimed(run: Run) -> dict[str, float]:
    """Return the metrics that are no times."""
    return {k: v for k, v in run.metrics.items() if not TIMED.fullmatch(k)}


def other(value: Any) -> Any:
    """Return another value of a field."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return value + "-other"
    if isinstance(value, tuple):
        return value * 2
    return 2 * value if value else 1


@every_study
def test_a_study_is_found_by_its_name_and_its_chapter(chosen: Study[Any]) -> None:
    assert NAME.fullmatch(chosen.name)
    assert study(chosen.name) is chosen
    assert chosen in studies_of(f"{chosen.chapter:02d}")
    assert len(list(BOOK.glob(f"{chosen.chapter:02d}-*.md"))) == 1


def test_unknown_studies_are_refused() -> None:
    with pytest.raises(ValueError, match=r"no study 'glow'; there are .*nice"):
        study("glow")


@every_study
def test_unknown_profiles_and_presets_are_refused(chosen: Study[Any]) -> None:
    with pytest.raises(ValueError, match="quick or full, got 'slow'"):
        chosen.presets("slow")
    with pytest.raises(ValueError, match="no quick preset 'huge'; it has "):
        chosen.config("huge", "quick")


@every_study
@pytest.mark.parametrize("profile", ["quick", "full"])
def test_every_preset_is_another_run(chosen: Study[Any], profile: str) -> None:
    presets = chosen.presets(profile)
    assert presets
    assert all(NAME.fullmatch(name) for name in presets)
    identities = {chosen.identity(config) for config in presets.values()}
    # a configuration may have two names, and then it is one run
    assert len(identities) == len(set(presets.values()))


@every_study
def test_every_field_is_part_of_the_identity(chosen: Study[Any]) -> None:
    for config in chosen.quick.values():
        identities = {chosen.identity(config)}
        for one in fields(config):
            changed = replace(config, **{one.name: other(getattr(config, one.name))})
            identities.add(chosen.identity(changed))
        assert len(identities) == 1 + len(fields(config))


@every_study
def test_a_configuration_survives_its_record(chosen: Study[Any]) -> None:
    for config in (*chosen.quick.values(), *chosen.full.values()):
        assert from_dict(type(config), as_dict(config)) == config


@every_study
def test_every_full_preset_has_a_source_or_deviates(chosen: Study[Any]) -> None:
    found = chosen.reported()
    if chosen.sources is None:
        assert not found.published
        assert not found.deviations
        return
    for name in chosen.full:
        assert found.published[name] or found.deviations[name], name


@every_study
def test_quick_presets_need_no_network(chosen: Study[Any]) -> None:
    embedded = {"digits", "drawn-faces-32", "stripes", "title-grammar"}
    for config in chosen.quick.values():
        assert getattr(config, "dataset", "digits") in embedded


@every_study
def test_a_run_says_what_was_asked_and_found(chosen: Study[Any]) -> None:
    run = short_run(chosen.name, 3)
    preset, config = next(iter(chosen.quick.items()))
    config = shortened(config)
    assert (run.study, run.preset, run.seed) == (chosen.name, preset, 3)
    assert run.identity == chosen.identity(config)
    assert run.config == as_dict(config)
    assert run.metrics
    assert all(math.isfinite(value) for value in run.metrics.values())
    assert run.provenance["wall_seconds"] >= 0


@every_study
def test_a_seed_repeats_its_run(chosen: Study[Any]) -> None:
    run, again = short_run(chosen.name, 3), short_run(chosen.name, 3, repetition=1)
    assert untimed(run) == untimed(again)
    for name, values in run.arrays.items():
        np.testing.assert_array_equal(values, again.arrays[name], err_msg=name)


@drawn_studies
def test_another_seed_is_another_run(chosen: Study[Any]) -> None:
    assert untimed(short_run(chosen.name, 3)) != untimed(short_run(chosen.name, 4))
