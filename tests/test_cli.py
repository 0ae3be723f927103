"""The command line: run, list, show, record, data, and how they fail."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import tiny_nice
from rederived import cli
from rederived.chapters.nice import study as nice
from rederived.chapters.nice.study import config
from rederived.records import (
    Run,
    load_record,
    load_run,
    records,
    run_directory,
    save_run,
)
from typer.testing import CliRunner, Result

TINY = replace(tiny_nice.PAPER, epochs=1)


def call(*arguments: str) -> Result:
    """Call the command line in this process."""
    return CliRunner().invoke(cli.app, list(arguments))


def fail(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Call ``main`` as the shell does; return the status with which it ends."""
    monkeypatch.setattr(sys, "argv", ["rederived", *arguments])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert isinstance(caught.value.code, int)
    return caught.value.code


@pytest.fixture
def tiny(runs: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the quick presets tiny; return the folder of runs."""
    other = replace(TINY, noise="centred", form="article")
    monkeypatch.setattr(config, "QUICK", {"tiny": TINY, "other": other})
    return runs


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder that takes the place of the records."""
    folder = tmp_path / "records"
    monkeypatch.setattr(records, "records_root", lambda: folder)
    monkeypatch.setattr(cli, "records_root", lambda: folder)
    return folder


def finish(seed: int, *, dirty: bool = False, score: float = 10.0) -> Run:
    """Put a finished run of the tiny preset where it is looked for."""
    plain = nice.plain(TINY)
    run = Run(
        experiment="nice",
        preset="tiny",
        seed=seed,
        config=plain,
        metrics={"test_log_likelihood": score, "frechet@0.5": 1.0},
        history=[],
        data=["digits/test abc"],
        provenance={"commit": "c0ffee", "dirty": dirty},
    )
    save_run(run, run_directory("nice", plain, seed))
    return run


def test_run_trains_and_then_finds(tiny: Path) -> None:
    first = call("run", "nice", "--preset", "tiny", "--seed", "3")
    assert first.exit_code == 0
    assert first.output.startswith("nice tiny seed 3 [")
    assert "test_bits_per_dim" in first.output
    (path,) = tiny.glob("nice/*/seed-3/run.json")
    written = path.stat().st_mtime_ns
    assert call("run", "nice", "--preset", "tiny", "--seed", "3").output == first.output
    assert path.stat().st_mtime_ns == written


def test_run_takes_all_presets_and_several_seeds(tiny: Path) -> None:
    for seed in (0, 1):
        finish(seed)
    result = call("run", "nice", "--seed", "0", "--seed", "1", "--profile", "quick")
    assert result.exit_code == 0
    starts = [line.split(" [")[0] for line in result.output.splitlines()]
    assert starts == [
        *("nice tiny seed 0", "nice tiny seed 1"),
        *("nice other seed 0", "nice other seed 1"),
    ]


def test_run_and_record_take_a_chapter(tiny: Path, recorded: Path) -> None:
    for seed in (0, 1):
        finish(seed)
    result = call("run", "3", "--preset", "tiny", "--seed", "0", "--seed", "1")
    assert "blank-pixels has no quick preset 'tiny'" in str(result.exception)
    assert call("record", "03", "--profile", "quick").exit_code == 0
    assert [path.name for path in recorded.iterdir()] == ["nice-tiny"]
    assert "chapter 99 has no" in str(call("run", "99").exception)


def test_run_without_a_seed_means_seed_zero(tiny: Path) -> None:
    finish(0, score=42.0)
    result = call("run", "nice", "--preset", "tiny")
    assert "seed 0" in result.output
    assert "test_log_likelihood 42" in result.output
    assert "frechet" not in result.output


def test_list_shows_presets_runs_and_records(tiny: Path, recorded: Path) -> None:
    finish(7)
    assert call("record", "nice", "--profile", "quick").exit_code == 0
    result = call("list")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert "nice --profile quick: tiny, other" in lines
    assert any("full: modern, more-dropout, identity-start" in line for line in lines)
    assert any("seed-7: nice tiny seed 7 [" in line for line in lines)
    assert lines[-1] == "record nice-tiny"


def test_record_gathers_the_seeds_that_are_finished(tiny: Path, recorded: Path) -> None:
    for seed, score in ((0, 10.0), (10, 14.0), (2, 12.0)):
        finish(seed, score=score)
    result = call("record", "nice", "--profile", "quick")
    assert result.exit_code == 0
    assert result.output.strip() == str(recorded / "nice-tiny")
    record = load_record("nice-tiny", recorded)
    assert [entry.seed for entry in record.seeds] == [0, 2, 10]
    assert record.summary("test_log_likelihood").mean == 12.0


def test_a_later_seed_joins_the_record(tiny: Path, recorded: Path) -> None:
    for seed, score in ((2, 12.0), (1, 9.0)):
        finish(seed, score=score)
    call("record", "nice", "--profile", "quick")
    shutil.rmtree(tiny)
    for seed, score in ((0, 10.0), (1, 11.0)):
        finish(seed, score=score)
    (folder,) = tiny.glob("nice/*/seed-1")
    (folder / "log.txt").write_text("told\n")
    (recorded / "nice-tiny" / "log.txt").write_text("# seed 1\nold\n# seed 2\nkept\n")
    assert call("record", "nice", "--profile", "quick").exit_code == 0
    record = load_record("nice-tiny", recorded)
    assert [entry.seed for entry in record.seeds] == [0, 1, 2]
    assert record.values("test_log_likelihood") == [10.0, 11.0, 12.0]
    log = (recorded / "nice-tiny" / "log.txt").read_text()
    assert log == "# seed 1\ntold\n# seed 2\nkept\n"


def test_another_configuration_replaces_the_record(
    tiny: Path, recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish(0)
    call("record", "nice", "--profile", "quick", "--preset", "tiny")
    monkeypatch.setattr(
        config, "QUICK", {"tiny": replace(TINY, epochs=TINY.epochs + 1)}
    )
    (old,) = tiny.glob("nice/*")
    run = load_run(old / "seed-0")
    plain = nice.plain(config.QUICK["tiny"])
    save_run(replace(run, seed=3, config=plain), run_directory("nice", plain, 3))
    call("record", "nice", "--profile", "quick", "--preset", "tiny")
    assert [e.seed for e in load_record("nice-tiny", recorded).seeds] == [3]


def test_a_record_keeps_the_log_and_draws_the_history(
    tiny: Path, recorded: Path
) -> None:
    assert call("run", "nice", "--preset", "tiny", "--seed", "3").exit_code == 0
    assert call("record", "nice", "--profile", "quick", "--allow-dirty").exit_code == 0
    lines = (recorded / "nice-tiny" / "log.txt").read_text().splitlines()
    assert lines[0] == "# seed 3"
    assert "nice tiny seed 3: step 0 of" in lines[1]
    assert "held_out" in lines[2]
    assert (recorded / "nice-tiny" / "curves.png").read_bytes()[1:4] == b"PNG"


def test_record_carries_what_the_sources_report(
    recorded: Path, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "FULL", {"paper": TINY})
    finish(0)
    assert call("record", "nice").exit_code == 0
    record = load_record("nice-paper", recorded)
    assert record.published == nice.PUBLISHED["paper"]
    assert record.deviations == nice.DEVIATIONS["paper"]


def test_show_prints_ours_beside_the_sources(
    recorded: Path, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "FULL", {"paper": TINY})
    finish(0, score=1990.0)
    finish(1, score=1992.0)
    call("record", "nice")
    output = call("show", "nice-paper").output
    assert "test_log_likelihood: 1991.00 ± 1.41 (n = 2)" in output
    assert "published test_log_likelihood: 1980.5 (Dinh" in output
    assert f"deviation: {nice.DEVIATIONS['paper'][0]}\n" in output
    assert "data: digits/test abc" in output
    assert "seed 1: commit c0ffee, dirty False" in output


def test_data_lists_the_names_and_verifies_one() -> None:
    listed = call("data").output
    assert "digits: train, test" in listed
    assert "mnist: train, test" in listed
    verified = call("data", "digits", "--split", "test")
    assert verified.exit_code == 0
    assert verified.output.startswith("digits/test [")


FAILURES = pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "glow"), "no experiment 'glow'"),
        (("run", "nice", "--profile", "fast"), "quick or full, got 'fast'"),
        (("run", "nice", "--preset", "huge"), "no quick preset 'huge'"),
        (("show", "nice-none"), "no record 'nice-none'"),
        (
            ("record", "nice", "--profile", "quick", "--preset", "tiny"),
            "run the preset first",
        ),
        (("data", "nonesuch"), "'nonesuch'"),
        (("data", "digits", "--split", "valid"), "'valid'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)


@FAILURES
@pytest.mark.usefixtures("tiny", "recorded")
def test_expected_failures_are_one_line_and_status_one(
    arguments: tuple[str, ...],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert fail(monkeypatch, *arguments) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("rederived: ")
    assert words in captured.err
    assert len(captured.err.strip().splitlines()) == 1


def test_a_damaged_run_is_an_expected_failure(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    finish(0)
    (path,) = tiny.glob("nice/*/seed-0/run.json")
    path.write_text("{", encoding="utf-8")
    assert fail(monkeypatch, "run", "nice", "--preset", "tiny") == 1
    assert "delete that folder and run it again" in capsys.readouterr().err


def test_a_damaged_checkpoint_is_an_expected_failure(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = run_directory("nice", nice.plain(TINY), 0)
    folder.mkdir(parents=True)
    (folder / "checkpoint.safetensors").write_bytes(b"damaged")
    assert fail(monkeypatch, "run", "nice", "--preset", "tiny") == 1
    assert "delete it to start afresh" in capsys.readouterr().err


def test_uncommitted_code_is_recorded_on_request_only(
    tiny: Path,
    recorded: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    finish(0, dirty=True)
    assert fail(monkeypatch, "record", "nice", "--profile", "quick") == 1
    assert "seeds [0] ran with uncommitted changes" in capsys.readouterr().err
    assert not recorded.exists()
    assert call("record", "nice", "--profile", "quick", "--allow-dirty").exit_code == 0


def test_help_needs_no_arguments() -> None:
    output = call("--help").output
    for command in ("run", "list", "show", "record", "data"):
        assert command in output
