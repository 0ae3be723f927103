"""The command line: run, list, show, record, data, and how they fail."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest
import rederived
import tiny_nice
from rederived import __version__, cli, plan, study
from rederived.chapters.nice.study import STUDY as NICE
from rederived.chapters.nice.study import NiceConfig
from rederived.records import (
    Run,
    as_dict,
    load_record,
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


def known(
    monkeypatch: pytest.MonkeyPatch, **fields: dict[str, NiceConfig] | None
) -> None:
    """Give the study of NICE other presets, or no sources."""
    found = study.studies() | {"nice": replace(NICE, **fields)}
    for module in (study, cli):
        monkeypatch.setattr(module, "studies", lambda: found)


@pytest.fixture
def tiny(runs: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the quick presets tiny; return the folder of runs."""
    other = replace(TINY, noise="centred", form="article")
    known(monkeypatch, quick={"tiny": TINY, "other": other})
    return runs


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder that takes the place of the records."""
    folder = tmp_path / "records"
    monkeypatch.setattr(records, "records_root", lambda: folder)
    monkeypatch.setattr(cli, "writable_root", lambda: folder)
    return folder


def finish(seed: int, *, dirty: bool = False, score: float = 10.0) -> Run:
    """Put a finished run of the tiny preset where it is looked for."""
    run = Run(
        study="nice",
        preset="tiny",
        seed=seed,
        identity=NICE.identity(TINY),
        config=as_dict(TINY),
        metrics={"test_log_likelihood": score, "frechet@0.5": 1.0},
        history=[],
        data=["digits/test abc"],
        provenance={"commit": "c0ffee", "dirty": dirty},
    )
    save_run(run, run_directory("nice", run.identity, seed))
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


def test_a_folder_of_runs_that_cannot_be_made_is_an_expected_failure(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny.write_text("a file")
    assert fail(monkeypatch, "run", "nice", "--preset", "tiny") == 1
    message = capsys.readouterr().err
    assert message.startswith(f"rederived: runs cannot be kept in {tiny} (")
    assert "let REDERIVED_RUNS name a folder" in message


def test_ctrl_c_says_that_the_run_goes_on(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "run_or_load", interrupted)
    assert fail(monkeypatch, "run", "nice", "--preset", "tiny") == 130
    message = capsys.readouterr().err
    assert message == "rederived: stopped; the same command goes on from here\n"


SLOW = ("torch", "scipy", "sklearn", "matplotlib", "pyarrow", "accelerate")


@pytest.mark.parametrize(
    ("arguments", "slow"),
    [
        (("--help",), set()),
        (("--version",), set()),
        (("show", "nice-modern"), set()),
        (("list",), {"torch"}),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_command_loads_only_what_it_needs(
    arguments: tuple[str, ...], slow: set[str]
) -> None:
    script = (
        "import sys\nfrom rederived import cli\n"
        f"sys.argv = ['rederived', *{arguments}]\n"
        "try:\n    cli.main()\nexcept SystemExit:\n    pass\n"
        f"print('loaded', *sorted(set({SLOW}) & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert set(done.stdout.splitlines()[-1].split()) - {"loaded"} <= slow


def test_run_without_a_seed_means_seed_zero(tiny: Path) -> None:
    finish(0, score=42.0)
    result = call("run", "nice", "--preset", "tiny")
    assert "seed 0" in result.output
    assert "test_log_likelihood 42" in result.output
    assert "frechet@0.5 1" in result.output


def test_a_line_shows_plain_metrics_first_and_says_what_it_leaves_out(
    tiny: Path,
) -> None:
    metrics = {f"error@{i}": float(i) for i in range(12)} | {"loss": 0.5, "gap": 2.0}
    run = replace(finish(0), metrics=metrics)
    save_run(run, run_directory("nice", run.identity, 0))
    line = call("run", "nice", "--preset", "tiny").output.strip()
    assert "]: loss 0.5, gap 2, error@0 0, " in line
    assert "error@9 9, and 2 more" in line
    assert "error@10" not in line


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


def test_record_says_that_it_found_nothing(
    tiny: Path,
    recorded: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    finish(0)  # of the quick profile, and record looks for the full one
    assert fail(monkeypatch, "record", "nice") == 1
    assert "no full preset of nice has a finished run in" in capsys.readouterr().err
    assert not recorded.exists()


def test_record_takes_the_plans_seeds_and_goes_on_past_a_refusal(
    runs: Path, recorded: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    other = replace(TINY, noise="centred", form="article")
    presets = {"tiny": TINY, "again": TINY, "other": other}
    known(monkeypatch, full=presets, sources=None)
    batches = (
        plan.Batch("nice", ("other", "tiny"), 1),
        plan.Batch("nice", ("again",), 2, first=1),
    )
    row = plan.Row("1", decides="", rules=(), runs=batches, missing=())
    monkeypatch.setattr(plan, "load_plan", lambda: [row])
    assert fail(monkeypatch, "record", "--plan") == 1
    assert "no run of the plan is finished" in capsys.readouterr().err
    finish(0)
    finish(2)
    finish(7)  # in no row
    dirty = replace(finish(0), identity=NICE.identity(other), config=as_dict(other))
    stained = replace(dirty, provenance={"commit": "c0ffee", "dirty": True})
    save_run(stained, run_directory("nice", stained.identity, 0))
    assert fail(monkeypatch, "record", "--plan") == 1
    told = capsys.readouterr()
    assert "rederived: nice other: " in told.err
    assert "recorded: 2, refused: 1" in told.err
    seeds = {
        name: [one.seed for one in load_record(name, recorded).seeds]
        for name in ("nice-tiny", "nice-again")
    }
    assert seeds == {"nice-tiny": [0], "nice-again": [2]}
    assert not (recorded / "nice-other").exists()


def test_record_wants_a_name_or_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fail(monkeypatch, "record") == 1
    assert fail(monkeypatch, "record", "nice", "--plan") == 1
    assert fail(monkeypatch, "record", "--plan", "--profile", "quick") == 1


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


def test_another_configuration_does_not_replace_the_record(
    tiny: Path,
    recorded: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = finish(0)
    call("record", "nice", "--profile", "quick", "--preset", "tiny")
    longer = replace(TINY, epochs=TINY.epochs + 1)
    known(monkeypatch, quick={"tiny": longer})
    identity = NICE.identity(longer)
    other = replace(run, seed=3, identity=identity, config=as_dict(longer))
    save_run(other, run_directory("nice", identity, 3))
    assert fail(monkeypatch, "record", "nice", "--profile", "quick") == 1
    message = capsys.readouterr().err
    assert f"{run.identity} there, {identity} here" in message
    assert f"(epochs: {TINY.epochs} there, {longer.epochs} here)" in message
    assert f"remove {recorded / 'nice-tiny'}" in message
    assert [e.seed for e in load_record("nice-tiny", recorded).seeds] == [0]


def test_a_record_made_before_a_default_changed_is_not_joined(
    tiny: Path, recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = finish(0)
    call("record", "nice", "--profile", "quick", "--preset", "tiny")
    path = recorded / "nice-tiny" / "record.json"
    text = path.read_text(encoding="utf-8")
    assert text.count('"learning_rate": 0.001') == 1
    before = text.replace('"learning_rate": 0.001', '"learning_rate": 0.01')
    path.write_text(before, encoding="utf-8")
    result = call("record", "nice", "--profile", "quick")
    assert "(learning_rate: 0.01 there, 0.001 here)" in str(result.exception)
    assert f"{run.identity} there, {run.identity} here" in str(result.exception)


def test_a_run_made_before_a_default_changed_is_refused(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = finish(0)
    folder = run_directory("nice", run.identity, 0)
    save_run(replace(run, config=run.config | {"learning_rate": 0.01}), folder)
    for command in ("run", "record"):
        assert fail(monkeypatch, command, "nice", "--profile", "quick") == 1
        message = capsys.readouterr().err
        assert "(learning_rate: 0.01 there, 0.001 here)" in message
        assert f"{folder}" in message


def test_a_run_made_before_a_field_was_added_is_found(tiny: Path) -> None:
    run = finish(0)
    config = {key: value for key, value in run.config.items() if key != "betas"}
    save_run(replace(run, config=config), run_directory("nice", run.identity, 0))
    assert "seed 0 [" in call("run", "nice", "--preset", "tiny").output


def test_code_of_an_unknown_commit_is_not_recorded(
    tiny: Path, recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = {"commit": "unknown", "dirty": False}
    run = replace(finish(5), provenance=origin)
    save_run(run, run_directory("nice", run.identity, 5))
    result = call("record", "nice", "--profile", "quick", "--allow-dirty")
    assert "seeds [5] ran from code of an unknown commit" in str(result.exception)
    assert not recorded.exists()


def test_an_installed_library_does_not_record_into_itself(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish(0)
    monkeypatch.setattr(records, "checkout", lambda: None)
    result = call("record", "nice", "--profile", "quick")
    assert "results/ of a checkout" in str(result.exception)


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
    known(monkeypatch, full={**NICE.full, "paper": TINY})
    finish(0)
    assert call("record", "nice").exit_code == 0
    record = load_record("nice-paper", recorded)
    reported = NICE.reported()
    assert record.published == reported.published["paper"] != []
    assert record.deviations == reported.deviations["paper"] != []


def test_show_prints_ours_beside_the_sources(
    recorded: Path, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(monkeypatch, full={**NICE.full, "paper": TINY})
    finish(0, score=1990.0)
    finish(1, score=1992.0)
    call("record", "nice")
    output = call("show", "nice-paper").output
    assert "test_log_likelihood: 1991.00 ± 1.41 (n = 2)" in output
    assert "published test_log_likelihood: 1980.5 (Dinh" in output
    assert f"deviation: {NICE.reported().deviations['paper'][0]}\n" in output
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
        (("run", "glow"), "no study 'glow'"),
        (("run", "nice", "--profile", "fast"), "quick or full, got 'fast'"),
        (("record", "nice", "--profile", "fast"), "quick or full, got 'fast'"),
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
    folder = run_directory("nice", NICE.identity(TINY), 0)
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


@pytest.mark.parametrize("module", ["rederived", "rederived.cli"])
def test_the_package_can_be_called_as_a_module(module: str) -> None:
    arguments = [sys.executable, "-m", module, "run", "nice", "--profile", "nonsense"]
    found = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert found.stderr == "rederived: profile must be quick or full, got 'nonsense'\n"


def test_the_version_is_that_of_the_package() -> None:
    assert call("--version").output == f"rederived {__version__}\n"


def test_a_checkout_that_is_not_installed_has_a_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    with monkeypatch.context() as patch:
        patch.setattr(metadata, "version", missing)
        assert importlib.reload(rederived).__version__ == "0+unknown"
    assert importlib.reload(rederived).__version__ == __version__


def test_the_plan_is_listed_and_its_rows_are_run(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del runs
    from rederived import plan

    told: list[plan.Job] = []

    def run_jobs(
        jobs: list[plan.Job], *, minutes: float, side_by_side: int
    ) -> list[plan.Outcome]:
        assert (minutes, side_by_side) == (9.0, 2)
        told.extend(jobs)
        return [plan.Outcome(jobs[0], "failed", Path("printed.txt"))]

    monkeypatch.setattr(plan, "run_jobs", run_jobs)
    assert call("plan", "6").stdout.startswith("6: 3.21")
    result = call("run", "--plan", "6", "--side-by-side", "2")
    assert f"failed: {told[0]} (printed.txt)" in result.stdout
    assert "1 jobs failed" in str(result.exception)
    recorded = sum(
        len(load_record(path.parent.name).seeds)
        for path in (Path(__file__).parents[1] / "results").glob(
            "nice-paper-[lw]*/record.json"
        )
    )
    assert len(told) == 5 + 3 - recorded
    assert "no row '9'" in str(call("plan", "9").exception)
    assert "--plan says itself" in str(call("run", "--plan", "--seed", "0").exception)
    assert "name a study" in str(call("run").exception)


def test_a_run_that_was_asked_to_stop_ends_as_by_its_signal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from rederived.training import TrainingStoppedError

    def stop(*_: object) -> None:
        raise TrainingStoppedError("stopped as asked")

    monkeypatch.setattr(cli, "run_or_load", stop)
    assert fail(monkeypatch, "run", "nice", "--preset", "modern") == 143


def test_pictures_are_packed_and_texts_are_not(tmp_path: Path) -> None:
    assert "piece-000" in call("data", "digits", "--pack", str(tmp_path)).stdout
    result = call("data", "title-grammar", "--pack", str(tmp_path))
    assert "only pictures are packed" in str(result.exception)


@pytest.mark.parametrize(("count", "end"), [(3, "2"), (12, "11"), (13, "and 1 more")])
def test_a_line_about_a_run_counts_the_metrics_that_it_leaves_out(
    count: int, end: str
) -> None:
    metrics = {f"m{number:02d}": float(number) for number in range(count)}
    run = Run("nice", "few", 0, "c0ffee", {}, metrics, [], [], {})
    assert cli._line(run).endswith(f" {end}")
