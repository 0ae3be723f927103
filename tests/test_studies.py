"""What holds of every study: its names, its presets, and that a seed decides a run."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import short_studies
from rederived.records import (
    Run,
    Study,
    as_dict,
    from_dict,
    load_record,
    load_run,
    record_names,
)
from rederived.study import studies, studies_of, study
from short_studies import first

BOOK = Path(__file__).parents[1] / "book"
RESULTS = BOOK.parent / "results"
NAME = re.compile(r"[a-z0-9.]+(-[a-z0-9.]+)*")
TIMED = re.compile(r"(.*_)?(milli)?seconds(_.*)?")
every_study = pytest.mark.parametrize("chosen", studies().values(), ids=studies())
drawn_studies = pytest.mark.parametrize(
    "chosen",
    [one for one in studies().values() if one.name != "blank-pixels"],  # counts only
    ids=lambda one: one.name,
)


@cache
def short_run(name: str, seed: int, repetition: int = 0) -> Run:
    """Run the first quick preset, shortened."""
    preset, config = first(study(name))
    return study(name).run_config(config, preset, seed)


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
    (page,) = BOOK.glob(f"{chosen.chapter:02d}-*.md")
    wing = ".".join(chosen.measure.__module__.split(".")[:3])
    assert f"from {wing}" in page.read_text(encoding="utf-8")


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


@pytest.mark.parametrize("name", record_names(RESULTS))
def test_a_record_is_of_its_preset_as_it_stands(name: str) -> None:
    record = load_record(name, RESULTS)
    chosen = study(record.study)
    config = chosen.config(record.preset, "full")
    assert record.identity == chosen.identity(config)


def test_presets_without_a_record_are_as_they_were_written_down() -> None:
    """What has a record is held to it; of the rest every setting is on a list."""
    path = Path(__file__).with_name("presets_without_record.json")
    kept = json.loads(path.read_text(encoding="utf-8"))
    found = {
        f"{chosen.name} {profile} {preset}": json.loads(json.dumps(as_dict(config)))
        for chosen in studies().values()
        for profile in ("quick", "full")
        for preset, config in chosen.presets(profile).items()
    }
    recorded = [load_record(name, RESULTS) for name in record_names(RESULTS)]
    unrecorded = found.keys() - {f"{one.study} full {one.preset}" for one in recorded}
    listed = {name.split()[0] for name in kept}  # a new chapter's study is not yet
    missing = {
        name: found[name]
        for name in unrecorded - kept.keys()
        if name.split()[0] in listed
    }
    assert not missing, f"add to {path.name}: {json.dumps(missing)}"
    assert {name: found.get(name) for name in kept} == kept


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
    preset, config = first(chosen)
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


@pytest.fixture(scope="module")
def by_two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of what two processes ran: all studies, seeds 3 and 4."""
    folder = tmp_path_factory.mktemp("by-two")
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    subprocess.run(
        [sys.executable, *launch, short_studies.__file__, "3", "4"],
        env=os.environ
        | {
            "REDERIVED_RUNS": str(folder),
            "CUDA_VISIBLE_DEVICES": "",
            "ACCELERATE_USE_CPU": "true",  # else accelerate sees no group without GPUs
        },
        check=True,
        timeout=600,
    )
    return folder


@every_study
def test_two_processes_run_a_study_like_one(chosen: Study[Any], by_two: Path) -> None:
    (folder,) = (by_two / chosen.name).iterdir()
    assert sorted(path.name for path in folder.iterdir()) == ["seed-3", "seed-4"]
    for seed in (3, 4):
        found, alone = load_run(folder / f"seed-{seed}"), short_run(chosen.name, seed)
        assert (found.identity, found.seed) == (alone.identity, seed)
        assert untimed(found) == untimed(alone)
        for name, values in alone.arrays.items():
            np.testing.assert_array_equal(values, found.arrays[name], err_msg=name)


@every_study
def test_one_process_writes_a_run(chosen: Study[Any], by_two: Path) -> None:
    for folder in (by_two / chosen.name).glob("*/seed-*"):
        left = {path.name for path in folder.rglob("*") if path.is_file()}
        assert left <= {
            *("run.json", "arrays.npz", "log.txt", "origin.json"),
            *("checkpoint.safetensors", "best.safetensors"),
        }
        for log in folder.rglob("log.txt"):
            lines = log.read_text(encoding="utf-8").splitlines()
            starts = [line for line in lines if " threads, " in line]
            assert len(starts) == 1
            assert ", 1 processes, " in starts[0]
