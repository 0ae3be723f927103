"""Runs found by their hash, and records with their provenance."""

from __future__ import annotations

import json
import math
import subprocess
import sys
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
    checkout,
    find_run,
    finished_runs,
    gather,
    joined,
    load_record,
    load_run,
    provenance,
    record_names,
    recorded,
    records,
    records_root,
    run_directory,
    runs_root,
    save_record,
    save_run,
    writable_root,
)
from rederived.records import runs as run_files
from rederived.records.legs import provenance_of_legs

from tools.files import ROOT

CONFIG = {"width": 8, "rate": 0.001, "betas": [0.9, 0.99], "clip": None}
IDENTITY = "10be3e91a2f3"


def made(seed: int = 0, *, score: float = 1.5, dirty: bool = False) -> Run:
    """Return a run as a study would make it."""
    origin = {"commit": "c0ffee", "dirty": dirty, "threads": 2, "torch": "2.13"}
    return Run(
        study="nice",
        preset="tiny",
        seed=seed,
        identity=IDENTITY,
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


def place(seed: int) -> Path:
    """Return where the run of a seed belongs."""
    return run_directory("nice", IDENTITY, seed)


def test_seeds_of_one_config_lie_side_by_side(runs: Path) -> None:
    first, second = place(0), place(12)
    assert first.parent == second.parent == runs / "nice" / IDENTITY
    assert (first.name, second.name) == ("seed-0", "seed-12")


def test_runs_lie_in_the_checkout_wherever_one_works(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("REDERIVED_RUNS", raising=False)
    monkeypatch.chdir(tmp_path)
    assert runs_root() == ROOT / "runs"
    monkeypatch.setenv("REDERIVED_RUNS", "")
    assert runs_root() == ROOT / "runs"


def test_runs_of_an_installed_library_lie_in_the_working_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("REDERIVED_RUNS", raising=False)
    monkeypatch.setattr(run_files, "checkout", lambda: None)
    assert runs_root() == Path("runs")


def test_a_run_comes_back_as_it_was(runs: Path) -> None:
    directory = place(3)
    save_run(made(3), directory)
    assert_same(load_run(directory), made(3))
    found = find_run("nice", IDENTITY, 3, CONFIG)
    assert found is not None
    assert_same(found, made(3))
    assert sorted(file.name for file in directory.iterdir()) == [
        "arrays.npz",
        "run.json",
    ]


def test_another_seed_identity_or_study_is_not_found(runs: Path) -> None:
    save_run(made(3), place(3))
    assert find_run("nice", IDENTITY, 4, CONFIG) is None
    assert find_run("nice", "0" * 12, 3, CONFIG) is None
    assert find_run("mixup", IDENTITY, 3, CONFIG) is None


def test_a_run_of_other_values_under_one_identity_is_refused(runs: Path) -> None:
    """A default that changes leaves the identity as it was; the number is not ours."""
    save_run(made(3), place(3))
    with pytest.raises(RunError, match=r"\(clip: None there, 5 here, width: 8 there"):
        find_run("nice", IDENTITY, 3, CONFIG | {"width": 9, "clip": 5})


def test_a_run_made_before_a_field_came_or_went_is_found(runs: Path) -> None:
    save_run(made(3), place(3))
    asked = {name: value for name, value in CONFIG.items() if name != "clip"}
    found = find_run("nice", IDENTITY, 3, asked | {"depth": 2})
    assert found is not None
    assert_same(found, made(3))


def test_finished_runs_lists_finished_ones_only(runs: Path) -> None:
    assert finished_runs() == []
    for seed in (0, 1):
        save_run(made(seed), place(seed))
    place(2).mkdir()
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
    assert record.identity == IDENTITY
    assert record.config == CONFIG
    assert record.data == ["digits/test def", "digits/train abc"]
    assert record.published == PUBLISHED
    assert record.deviations == ["shorter"]
    np.testing.assert_array_equal(record.arrays["spectrum"], made(0).arrays["spectrum"])
    assert record.seeds[1].metrics == made(1).metrics
    assert record.seeds[1].history == made(1).history


@pytest.mark.parametrize(
    "runs",
    [
        [made(0), replace(made(1), identity="0" * 12)],
        [made(0), made(1), made(0, score=9.0)],
    ],
    ids=["identities", "one seed twice"],
)
def test_a_record_refuses_a_mixture(runs: list[Run]) -> None:
    with pytest.raises(RunError, match="different seeds of one configuration"):
        gather(runs, [], [])


def test_a_record_refuses_two_versions_of_a_data_set(tmp_path: Path) -> None:
    other = replace(made(5), data=["digits/train fff a lossy copy"])
    words = "two versions of digits/train, abc and fff"
    with pytest.raises(RunError, match=words):
        gather([made(0), other], [], [])
    save_record(gather([made(0)], [], []), tmp_path)
    new = gather([other], [], [])
    with pytest.raises(RunError, match=words):
        joined(new, recorded(new, tmp_path))


@pytest.mark.parametrize(
    "change",
    [
        {"metrics": {"score": True}},
        {"metrics": {"score": np.float32(1.0)}},
        {"history": [{"epoch": "1"}]},
        {"data": [1]},
        {"provenance": {"commit": None}},
        {"seed": -1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_could_not_be_read_again_is_not_written(
    change: dict[str, object], tmp_path: Path
) -> None:
    save_run(made(), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(ValueError, match=r"must be|is None|whole number"):
        save_run(replace(made(), **change), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_record_that_could_not_be_read_does_not_replace_one(tmp_path: Path) -> None:
    good = gather([made()], [], [])
    save_record(good, tmp_path)
    with pytest.raises(ValueError, match="deviations must be a list of texts"):
        save_record(replace(good, deviations="one"), tmp_path)  # type: ignore[arg-type]
    assert_same(load_record("nice-tiny", tmp_path), good)
    with pytest.raises(ValueError, match="'score' must be a finite number, not nan"):
        Published("score", math.nan, "a table")


@pytest.mark.parametrize(
    "change",
    [{"study": "other"}, {"preset": "other"}, {"config": CONFIG | {"width": 9}}],
    ids=lambda change: next(iter(change)),
)
def test_runs_of_two_kinds_under_one_identity_are_no_record(
    change: dict[str, object],
) -> None:
    with pytest.raises(RunError, match=r"one configuration only, and .*seed 1, is"):
        gather([made(0), replace(made(1), **change)], [], [])


def test_a_record_without_a_commit_or_beyond_floats_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="of an unknown commit"):
        save_record(gather([replace(made(), provenance={})], [], []), tmp_path)
    only = {"commit": "c0ffee"}
    with pytest.raises(RunError, match="ran with uncommitted changes"):
        save_record(gather([replace(made(), provenance=only)], [], []), tmp_path)
    with pytest.raises(RunError, match="a record holds finite numbers"):
        gather([replace(made(), metrics={"score": 10**400})], [], [])


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


def test_a_summary_shows_small_numbers_and_small_deviations() -> None:
    shown = [(0.0019217, 0.0), (-0.00019217, 0.0), (0.0040366, 0.00080935)]
    shown += [(0.97342, 0.00213), (0.97342, 0.0), (0.0, 0.0)]
    assert [str(Summary(mean, sd, 5)) for mean, sd in shown] == [
        *("0.00192 (n = 5)", "−0.000192 (n = 5)", "0.0040 ± 0.0008 (n = 5)"),
        *("0.973 ± 0.002 (n = 5)", "0.97 ± 0.00 (n = 5)", "0.00 ± 0.00 (n = 5)"),
    ]


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


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("nice-presett-3", "names like it: nice-preset-3"),
        ("nice", "names like it: nice-preset-0, nice-preset-1, .*; `rederived list`"),
        ("qqqq", "there are 8, which `rederived list` names"),
    ],
)
def test_an_unknown_record_among_many_names_those_like_it(
    asked: str, answer: str, tmp_path: Path
) -> None:
    for number in range(8):
        run = replace(made(), preset=f"preset-{number}")
        save_record(gather([run], [], []), tmp_path)
    with pytest.raises(RunError, match=f"no record '{asked}' in .*; {answer}"):
        load_record(asked, tmp_path)


@pytest.mark.parametrize("content", [b"{", b"[]", b"{}"])
def test_a_damaged_record_names_its_file(content: bytes, tmp_path: Path) -> None:
    folder = save_record(gather([made()], [], []), tmp_path)
    (folder / "record.json").write_bytes(content)
    with pytest.raises(RunError, match=r"record .*nice-tiny.* cannot be read"):
        load_record("nice-tiny", tmp_path)


def test_records_are_those_of_the_checkout() -> None:
    root = Path(__file__).parents[2] / "results"
    assert records_root() == writable_root() == root


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the library lie where pip puts it, below an unrelated project."""
    package = tmp_path / ".venv" / "lib" / "python3" / "site-packages" / "rederived"
    package.mkdir(parents=True)
    (tmp_path / "pyproject.toml").touch()
    for module in (checkout, records):
        monkeypatch.setattr(module, "PACKAGE", package)
    return package


def test_records_of_an_installed_library_are_read_inside_it(installed: Path) -> None:
    assert records_root() == installed / "recorded"


def test_nothing_is_recorded_into_an_installed_library(installed: Path) -> None:
    with pytest.raises(RunError, match=r"installed in .*: clone the repository"):
        writable_root()


def test_an_installed_library_has_no_commit(installed: Path) -> None:
    """Not even that of a project in whose folder its environment lies."""
    found = provenance()
    assert (found["commit"], found["dirty"]) == ("unknown", False)


def test_a_record_of_an_unknown_commit_is_refused(tmp_path: Path) -> None:
    origin = {"commit": "unknown", "dirty": False}
    record = gather([made(0), replace(made(5), provenance=origin)], [], [])
    with pytest.raises(RunError, match=r"seeds \[5\] ran from code of an unknown"):
        save_record(record, tmp_path, allow_dirty=True)
    assert list(tmp_path.iterdir()) == []


def test_seeds_join_the_record_in_place(tmp_path: Path) -> None:
    new = gather([made(0), made(1)], [], [])
    assert recorded(new, tmp_path) is None
    old = replace(gather([made(1, score=9.0), made(2)], PUBLISHED, ["old"]), data=["x"])
    save_record(old, tmp_path)
    found = recorded(new, tmp_path)
    assert found is not None
    assert_same(found, old)
    both = joined(new, found)
    assert both.values("score") == [1.5, 1.5, 1.5]
    assert [entry.seed for entry in both.seeds] == [0, 1, 2]
    assert both.data == ["digits/test def", "digits/train abc", "x"]
    assert (both.published, both.deviations) == ([], [])


def test_a_record_of_another_identity_is_not_joined(tmp_path: Path) -> None:
    save_record(gather([made(0)], [], []), tmp_path)
    config = CONFIG | {"width": 9, "depth": 2}
    other = replace(made(1), identity="0" * 12, config=config)
    words = rf"{IDENTITY} there, 0{{12}} here \(depth: - there, 2 here, width: 8 there"
    with pytest.raises(RunError, match=words):
        recorded(gather([other], [], []), tmp_path)


def test_a_record_of_another_default_is_not_joined(tmp_path: Path) -> None:
    save_record(gather([made(0)], [], []), tmp_path)
    other = replace(made(1), config=CONFIG | {"width": 9, "depth": 2})
    with pytest.raises(RunError, match=r"here \(width: 8 there, 9 here\); give"):
        recorded(gather([other], [], []), tmp_path)


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


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, by a name that it needs for a commit."""
    person = ("-c", "user.name=a", "-c", "user.email=a@b")
    done = subprocess.run(
        ["git", *person, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_the_commit_is_that_of_the_librarys_own_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    around, root = tmp_path, tmp_path / "unpacked"
    (root / "lib" / "rederived").mkdir(parents=True)
    (root / "pyproject.toml").touch()
    monkeypatch.setattr(checkout, "PACKAGE", root / "lib" / "rederived")
    git(around, "init")
    git(around, "commit", "--allow-empty", "-m", "around")
    assert provenance()["commit"] == "unknown"  # not that of the folder around

    git(root, "init")
    assert provenance()["commit"] == "unknown"  # git answers HEAD, with an error
    git(root, "add", "pyproject.toml")
    git(root, "commit", "-m", "own")
    own = git(root, "rev-parse", "HEAD")
    git(root, "config", "status.showUntrackedFiles", "no")  # a user's own setting
    monkeypatch.setenv("GIT_DIR", str(around / ".git"))  # as in a hook
    found = provenance()
    assert (found["commit"], found["dirty"]) == (own, False)

    (root / "notes.txt").touch()  # beside the code
    assert provenance()["dirty"] is False
    (root / "lib" / "rederived" / "study_new.py").touch()  # code of no commit
    assert provenance()["dirty"] is True


def test_steps_that_another_machine_took_are_said() -> None:
    leg = {"from_step": 0, "to_step": 9, "began": "12:00", "seconds": 3.0}
    there = leg | {"device": "a card", "trained_on": "cuda", "commit": "c0ffee"}
    here = leg | {"from_step": 9, "device": "two cores"}  # measured only
    found = provenance_of_legs([there, here], {"device": "two cores"})
    assert found == {
        "leg 1": "steps 0 to 9, began 12:00, 3.0 s, commit c0ffee, device a card, "
        "trained_on cuda"
    }
    # the leg that only measured wrote no checkpoint
    assert provenance_of_legs([there], {"device": "two cores"}) == found
    assert provenance_of_legs([there], {"device": "a card"}) == {}


def test_a_module_is_called_by_its_package_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "argv", ["/a/rederived/__main__.py", "run", "a b"])
    assert provenance()["command"] == "rederived run 'a b'"


def test_a_program_is_called_by_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/a/tools/recheck.py", "1"])
    assert provenance()["command"] == "recheck.py 1"


def test_a_processor_has_its_whole_name(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["processor : 0", "model name : Core: 7: a", "flags : x"]
    module = sys.modules["rederived.records.provenance"]
    monkeypatch.setattr(module, "_lines", lambda _: lines)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert module.device_name().startswith("Core: 7: a, ")


def test_a_damaged_run_stands_beside_the_others(runs: Path) -> None:
    folder = runs / "toss" / "c0ffee" / "seed-0"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text("{", encoding="utf-8")
    ((found, error),) = finished_runs()
    assert found == folder
    assert isinstance(error, RunError)
