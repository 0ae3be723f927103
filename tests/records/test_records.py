"""Runs found by their hash, and records with their provenance."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from rederived.records import (
    Published,
    Record,
    Run,
    RunError,
    Summary,
    config_hash,
    find_run,
    finished_runs,
    gather,
    load_record,
    load_run,
    provenance,
    record_names,
    records,
    records_root,
    run_directory,
    runs_root,
    save_record,
    save_run,
)
from rederived.study import experiment

CONFIG = {"width": 8, "rate": 0.001, "betas": [0.9, 0.99], "clip": None}


def made(seed: int = 0, *, score: float = 1.5, dirty: bool = False) -> Run:
    """Return a run as an experiment would make it."""
    origin = {"commit": "c0ffee", "dirty": dirty, "threads": 2, "torch": "2.13"}
    return Run(
        experiment="nice",
        preset="tiny",
        seed=seed,
        config=CONFIG,
        metrics={"score": score, "loss": 0.1 + seed / 3},
        history=[{"epoch": 1.0, "loss": 1 / 3}, {"epoch": 2.0, "loss": 0.1}],
        data=["digits/train abc", "digits/test def"],
        provenance=origin,
        arrays={
            "spectrum": np.linspace(0, 1, 5, dtype=np.float32),
            "samples": np.arange(6, dtype=np.uint8).reshape(2, 3),
        },
    )


def assert_same(first: Run | Record, second: Run | Record) -> None:
    """Compare everything, arrays included."""
    left, right = asdict(first), asdict(second)
    arrays, others = left.pop("arrays"), right.pop("arrays")
    assert left == right
    assert arrays.keys() == others.keys()
    for name, array in arrays.items():
        assert array.dtype == others[name].dtype
        np.testing.assert_array_equal(array, others[name])


def test_the_hash_is_stable() -> None:
    # a change of this number orphans every recorded run
    assert config_hash("nice", CONFIG) == "10be3e91a2f3"


def test_the_hash_is_of_the_experiment_and_all_of_its_config() -> None:
    turned = dict(reversed(CONFIG.items()))
    assert config_hash("nice", turned) == config_hash("nice", CONFIG)
    others = {config_hash("nice", CONFIG | {key: "other"}) for key in CONFIG}
    others |= {config_hash("mixup", CONFIG), config_hash("nice", CONFIG | {"new": 1})}
    assert len(others) == len(CONFIG) + 2
    assert config_hash("nice", CONFIG) not in others


def test_the_hash_leaves_the_seed_out() -> None:
    assert made(0).identity == made(7).identity == config_hash("nice", CONFIG)


def test_seeds_of_one_config_lie_side_by_side(runs: Path) -> None:
    first, second = (run_directory("nice", CONFIG, seed) for seed in (0, 12))
    assert first.parent == second.parent == runs / "nice" / made().identity
    assert (first.name, second.name) == ("seed-0", "seed-12")


def test_runs_lie_in_the_working_folder_without_a_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("REDERIVED_RUNS", raising=False)
    assert runs_root() == Path("runs")


def test_a_run_comes_back_as_it_was(runs: Path) -> None:
    directory = run_directory("nice", CONFIG, 3)
    save_run(made(3), directory)
    assert_same(load_run(directory), made(3))
    found = find_run("nice", CONFIG, 3)
    assert found is not None
    assert_same(found, made(3))
    assert sorted(file.name for file in directory.iterdir()) == [
        "arrays.npz",
        "run.json",
    ]


def test_another_seed_or_config_is_not_found(runs: Path) -> None:
    save_run(made(3), run_directory("nice", CONFIG, 3))
    assert find_run("nice", CONFIG, 4) is None
    assert find_run("nice", CONFIG | {"width": 9}, 3) is None


def test_finished_runs_lists_finished_ones_only(runs: Path) -> None:
    assert finished_runs() == []
    for seed in (0, 1):
        save_run(made(seed), run_directory("nice", CONFIG, seed))
    run_directory("nice", CONFIG, 2).mkdir()
    assert [run.seed for _, run in finished_runs()] == [0, 1]
    assert [folder.name for folder, _ in finished_runs()] == ["seed-0", "seed-1"]


def test_an_unfinished_run_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"no finished run in .*let it go on"):
        load_run(tmp_path)


def test_a_run_is_finished_only_when_all_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OSError, match="No space"):
        save_run(made(), tmp_path)
    assert not (tmp_path / "run.json").exists()


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("run.json", lambda content: content[:-40]),
        ("run.json", lambda _: b""),
        ("run.json", lambda _: b"[1, 2]"),
        ("run.json", lambda _: b'{"seed": 1}'),
        ("run.json", lambda _: b"\xff\xfe"),
        ("arrays.npz", lambda content: content[:-40]),
        ("arrays.npz", lambda _: b""),
        ("arrays.npz", lambda _: b"PK\x03\x04nothing"),
        ("arrays.npz", lambda content: content[:60] + bytes(20) + content[80:]),
    ],
)
def test_a_damaged_run_says_what_to_do(
    file: str, damage: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    save_run(made(), tmp_path)
    content = (tmp_path / file).read_bytes()
    (tmp_path / file).write_bytes(damage(content))
    with pytest.raises(RunError, match="delete that folder and run it again"):
        load_run(tmp_path)


def test_a_run_without_its_arrays_is_damaged(tmp_path: Path) -> None:
    save_run(made(), tmp_path)
    (tmp_path / "arrays.npz").unlink()
    with pytest.raises(RunError, match="cannot be read"):
        load_run(tmp_path)


def test_objects_are_not_pickled(tmp_path: Path) -> None:
    arrays = {"objects": np.array([None, "text"], dtype=object)}
    with pytest.raises(ValueError, match=r"[Oo]bject"):
        save_run(replace(made(), arrays=arrays), tmp_path)
    assert not (tmp_path / "run.json").exists()


PUBLISHED = [Published("score", 1980.5, "a table")]


def test_a_record_joins_the_seeds_of_one_config() -> None:
    record = gather([made(2), made(0), made(1)], PUBLISHED, ["shorter"])
    assert [entry.seed for entry in record.seeds] == [0, 1, 2]
    assert record.name == "nice-tiny"
    assert record.identity == made().identity
    assert record.data == ["digits/test def", "digits/train abc"]
    assert record.published == PUBLISHED
    assert record.deviations == ["shorter"]
    np.testing.assert_array_equal(record.arrays["spectrum"], made(0).arrays["spectrum"])
    assert record.seeds[1].metrics == made(1).metrics
    assert record.seeds[1].history == made(1).history


@pytest.mark.parametrize(
    "runs",
    [
        [made(0), replace(made(1), config=CONFIG | {"width": 9})],
        [made(0), replace(made(1), experiment="mixup")],
        [made(0), made(1), made(0, score=9.0)],
    ],
    ids=["configs", "experiments", "one seed twice"],
)
def test_a_record_refuses_a_mixture(runs: list[Run]) -> None:
    with pytest.raises(RunError, match="different seeds of one configuration"):
        gather(runs, [], [])


def test_a_record_of_nothing_is_refused() -> None:
    with pytest.raises(RunError, match="run the preset first"):
        gather([], [], [])


def test_a_summary_is_mean_sample_deviation_and_n() -> None:
    scores = [2000.0, 2010.0, 2005.5]
    record = gather([made(i, score=s) for i, s in enumerate(scores)], [], [])
    summary = record.summary("score")
    assert record.values("score") == scores
    assert summary.mean == pytest.approx(np.mean(scores))
    assert summary.sd == pytest.approx(np.std(scores, ddof=1))
    assert summary.n == 3
    assert str(summary) == "2005.17 ± 5.01 (n = 3)"


def test_a_summary_of_one_seed_has_no_deviation() -> None:
    summary = gather([made(4)], [], []).summary("score")
    assert summary == Summary(1.5, 0.0, 1)
    assert str(summary) == "1.50 (n = 1)"


def test_a_summary_counts_the_seeds_that_have_the_metric() -> None:
    runs = [made(0), replace(made(1), metrics={"loss": 0.5})]
    record = gather(runs, [], [])
    assert record.summary("score").n == 1
    assert record.summary("loss").n == 2


def test_an_unknown_metric_lists_the_known_ones() -> None:
    with pytest.raises(RunError, match="no 'accuracy'; it has loss, score"):
        gather([made()], [], []).summary("accuracy")


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    record = gather([made(0), made(1, score=math.pi)], PUBLISHED, ["one", "two"])
    folder = save_record(record, tmp_path)
    assert folder == tmp_path / "nice-tiny"
    assert sorted(file.name for file in folder.iterdir()) == [
        "arrays.npz",
        "record.json",
    ]
    assert_same(load_record("nice-tiny", tmp_path), record)
    assert record_names(tmp_path) == ["nice-tiny"]


def test_a_record_of_uncommitted_code_is_refused(tmp_path: Path) -> None:
    record = gather([made(0), made(5, dirty=True)], [], [])
    with pytest.raises(RunError, match=r"seeds \[5\] ran with uncommitted changes"):
        save_record(record, tmp_path)
    assert list(tmp_path.iterdir()) == []
    save_record(record, tmp_path, allow_dirty=True)
    assert load_record("nice-tiny", tmp_path).seeds[1].provenance["dirty"] is True


def test_an_unknown_record_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"no record 'nice-x' in .*there are: none"):
        load_record("nice-x", tmp_path)
    save_record(gather([made()], [], []), tmp_path)
    with pytest.raises(RunError, match="there are: nice-tiny"):
        load_record("nice-x", tmp_path)


@pytest.mark.parametrize("content", [b"{", b"[]", b"{}"])
def test_a_damaged_record_names_its_file(content: bytes, tmp_path: Path) -> None:
    folder = save_record(gather([made()], [], []), tmp_path)
    (folder / "record.json").write_bytes(content)
    with pytest.raises(RunError, match=r"record .*nice-tiny.* cannot be read"):
        load_record("nice-tiny", tmp_path)


def test_records_are_those_of_the_checkout() -> None:
    assert records_root() == Path(__file__).parents[1] / "results"


def test_records_of_a_wheel_lie_inside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "rederived" / "results" / "records.py"
    monkeypatch.setattr(records, "__file__", str(module))
    assert records_root() == tmp_path.parent / "results"
    (tmp_path / "rederived" / "recorded").mkdir(parents=True)
    assert records_root() == tmp_path / "rederived" / "recorded"


def test_provenance_says_what_ran_where() -> None:
    found = provenance()
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found["commit"] == (head.stdout.strip() or "unknown")
    assert isinstance(found["dirty"], bool)
    assert found["threads"] == 1
    assert found["device"]
    json.dumps(found)  # plain values only
    assert set(found) == {
        *("rederived", "commit", "dirty", "python", "torch", "device"),
        *("driver", "threads", "started", "command"),
    }


def test_provenance_without_a_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise FileNotFoundError("git")

    monkeypatch.setattr(subprocess, "run", missing)
    found = provenance()
    assert found["commit"] == "unknown"
    assert found["dirty"] is False


@pytest.mark.parametrize("name", record_names())
def test_a_record_names_the_deviations_that_its_experiment_has(name: str) -> None:
    record = load_record(name)
    chosen = experiment(record.experiment)
    assert record.deviations == list(chosen.deviations.get(record.preset, []))
