"""The command line ``rederived``: its commands, and how they fail."""

from __future__ import annotations

import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rederived import __version__
from rederived.records import (
    PROFILES,
    Record,
    Run,
    RunError,
    apart,
    as_dict,
    find_run,
    finished_runs,
    gather,
    joined,
    joined_logs,
    load_record,
    record_names,
    recorded,
    run_directory,
    run_log,
    runs_root,
    save_record,
    writable_root,
)
from rederived.study import AnyStudy, run_or_load, studies, studies_of, study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# What one command needs is imported there: --help and show wait for nothing slow.
# ruff: noqa: PLC0415

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False
)
_SHOWN = 12  # metrics on a line about a run
_INTERRUPTED = 130  # the status of a program that Ctrl-C ended
Profile = Annotated[str, typer.Option(help="quick or full")]
Presets = Annotated[
    list[str] | None, typer.Option("--preset", help="which presets; all if none")
]
Seeds = Annotated[list[int] | None, typer.Option("--seed", min=0, help="which seeds")]


def _print_version(wanted: bool) -> None:
    """Print the version and stop."""
    if wanted:
        typer.echo(f"rederived {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="the version"
        ),
    ] = False,
) -> None:
    """Run, find and record the studies of the book."""


@app.command()
def run(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="studies or chapters; with --plan, rows of the plan"),
    ] = None,
    *,
    profile: Profile = "quick",
    preset: Presets = None,
    seed: Seeds = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="run rows of the plan; all if none is named")
    ] = False,
    minutes: Annotated[float, typer.Option(help="with --plan: stop in time")] = 9.0,
    side_by_side: Annotated[int, typer.Option(help="with --plan: processes")] = 1,
) -> None:
    """Run the presets of a study or of a chapter, or find their finished runs.

    Processes that torchrun or accelerate launch started together share the runs out.
    """
    if plan:
        if preset or seed or profile != "quick":
            raise ValueError("--plan says itself which profile, presets and seeds")
        _run_plan(names or [], minutes, side_by_side)
        return
    if not names:
        raise ValueError("name a study or a chapter, or give --plan")
    asked = [
        (one, each, number)
        for name in names
        for one in studies_of(name)
        for each in preset or list(one.presets(profile))
        for number in seed or [0]
    ]
    # two presets may be one configuration, and then one run in one folder
    runs = [
        (one.name, one.identity(one.config(each, profile)), number)
        for one, each, number in asked
    ]
    with apart() as process:
        distinct = len(set(runs))
        if process.number == 0 and distinct < process.count:
            typer.echo(
                f"rederived: {process.count} processes, runs: {distinct}; "
                "a run is the work of one process",
                err=True,
            )
        try:
            for one, each, number in process.share(asked, runs):
                typer.echo(_line(run_or_load(one.name, each, profile, number)))
        except KeyboardInterrupt:
            typer.echo(
                "rederived: stopped; the same command goes on from here", err=True
            )
            raise typer.Exit(_INTERRUPTED) from None


@app.command("plan")
def show_plan(
    rows: Annotated[list[str] | None, typer.Argument(help="all if none")] = None,
    speed: Annotated[
        bool, typer.Option("--speed", help="how fast the finished runs were")
    ] = False,
    judge: Annotated[
        bool, typer.Option("--judge", help="what the rules say of the records")
    ] = False,
) -> None:
    """List the long runs: what each row decides, its cost, what is done and missing."""
    from rederived import plan

    named = plan.rows_named(plan.load_plan(), rows or [])
    if speed:
        runs = plan.finished_runs(job for row in named for job in row.jobs())
        for line in plan.describe_speeds(runs) or ["no finished run"]:
            typer.echo(line)
    elif judge:
        for difference in (one for row in named for one in row.differences):
            for line in difference.judged():
                typer.echo(line)
    else:
        for row in named:
            typer.echo(plan.describe(row))


@app.command("list")
def list_all() -> None:
    """List studies, finished runs and records."""
    for one in studies().values():
        for profile in PROFILES:
            known = ", ".join(one.presets(profile))
            typer.echo(f"{one.name} --profile {profile}: {known}")
    for folder, result in finished_runs():
        text = str(result) if isinstance(result, RunError) else _line(result)
        typer.echo(f"{folder}: {text}")
    for name in record_names():
        typer.echo(f"record {name}")


@app.command()
def show(name: str) -> None:
    """Show a record: our numbers beside the sources', deviations, provenance."""
    typer.echo(describe(load_record(name)))


@app.command()
def record(
    name: Annotated[str | None, typer.Argument(help="a study or a chapter")] = None,
    *,
    profile: Profile = "full",
    preset: Presets = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="all that the plan names, its seeds alone")
    ] = False,
    allow_dirty: Annotated[
        bool, typer.Option(help="record runs made with uncommitted changes")
    ] = False,
) -> None:
    """Gather the finished runs of a study or of a chapter into records."""
    if plan:
        if name or preset or profile != "full":
            raise ValueError("--plan says itself which studies, presets and seeds")
        _record_plan(allow_dirty)
        return
    if name is None:
        raise ValueError("name a study or a chapter, or give --plan")
    found = False
    for one in studies_of(name):
        for each in preset or list(one.presets(profile)):
            runs = _finished(one, each, profile)
            if runs or preset is not None:
                found = True
                typer.echo(_record(one, each, runs, allow_dirty))
    if not found:
        raise RunError(
            f"no {profile} preset of {name} has a finished run in {runs_root()}: run "
            "one, or name the profile of those that `rederived list` shows"
        )


@app.command()
def data(
    name: Annotated[str | None, typer.Argument()] = None,
    split: str = "train",
    pack: Annotated[
        Path | None, typer.Option(help="write the split's pixels in pieces here")
    ] = None,
) -> None:
    """List the data sets, or load one, from pieces too, and print where it came from.

    On the other side the folder of pieces belongs into the one that REDERIVED_DATA
    names; loading joins and verifies them.
    """
    from rederived import datasets
    from rederived.datasets import pieces

    if name is None:
        for entry in datasets.describe():
            typer.echo(f"{entry.name}: {', '.join(entry.rows)}")
        return
    typer.echo(datasets.verify(name, split))
    if pack is not None:
        found = datasets.load(name, split)
        if not isinstance(found, datasets.Images):
            raise ValueError(f"{name} holds texts; only pictures are packed")
        for file in pieces.pack(found, pack):
            typer.echo(f"{file}: {file.stat().st_size:,} bytes")


@app.command()
def corpus(
    name: Annotated[str, typer.Argument(help="lctt-titles or msdocs-titles")],
    clones: Annotated[list[Path], typer.Argument(help="folders made by git clone")],
    *,
    into: Annotated[Path, typer.Option(help="the folder that REDERIVED_DATA names")],
    held_out: Annotated[
        int | None,
        typer.Option(min=1, help="titles for test, and for validation; else as here"),
    ] = None,
) -> None:
    """Make a corpus of titles from clones of the repositories that it comes from."""
    import hashlib

    from rederived.datasets import title_pages

    for file in title_pages.write_corpus(name, clones, into, held_out):
        typer.echo(f"{file}: SHA-256 {hashlib.sha256(file.read_bytes()).hexdigest()}")


@app.command()
def title(
    file: Annotated[
        Path | None, typer.Argument(help="a Chinese text; standard input if none")
    ] = None,
    *,
    record: Annotated[
        str, typer.Option(help="whose model writes the title")
    ] = "titles-grammar",
    preset: Annotated[
        str | None, typer.Option(help="train this preset of titles, or find its run")
    ] = None,
    profile: Profile = "quick",
    beams: Annotated[int, typer.Option(max=1_000, help="hypotheses kept")] = 3,
    score: Annotated[
        str | None, typer.Option(help="title this data set's test split and score it")
    ] = None,
) -> None:
    """Title a Chinese text by a recorded model, or by one that is trained first."""
    from rederived.chapters.titles.study import titling

    text = "" if score else _text_of(file)
    source: Run | Record = (
        load_record(record) if preset is None else _writer(preset, profile)
    )
    if score:
        found_ = titling.score(score, source.config, source.arrays, beams)
        for name, value in found_.items():
            typer.echo(f"{name}: {value:.5g}")
        return
    found = titling.title(text, source.config, source.arrays, beams)
    typer.echo(found.title)
    for note in found.notes:
        typer.echo(f"rederived: {note}", err=True)


def describe(record: Record) -> str:
    """Return a record as lines of text."""
    metrics = {metric for seed in record.seeds for metric in seed.metrics}
    lines = [f"{record.name} [{record.identity}]"]
    lines += [f"  {metric}: {record.summary(metric)}" for metric in sorted(metrics)]
    lines += [
        f"  published {entry.metric}: {entry.value} ({entry.source})"
        for entry in record.published
    ]
    lines += [f"  deviation: {sentence}" for sentence in record.deviations]
    lines += [f"  data: {source}" for source in record.data]
    for seed in record.seeds:
        origin = ", ".join(f"{k} {v}" for k, v in seed.provenance.items())
        lines.append(f"  seed {seed.seed}: {origin}")
    return "\n".join(lines)


def main() -> None:
    """Run the command line; expected failures end with one line and status 1."""
    try:
        app()
    except SystemExit:  # the usual end; what follows loads torch
        raise
    except _expected() as error:
        typer.echo(f"rederived: {error}", err=True)
        raise SystemExit(_status(error)) from error


def _status(error: Exception) -> int:
    """Return 1, or what a shell reports of a process that SIGTERM ended."""
    from rederived.training import TrainingStoppedError

    return 128 + signal.SIGTERM if isinstance(error, TrainingStoppedError) else 1


def _run_plan(names: list[str], minutes: float, side_by_side: int) -> None:
    """Run what the rows still lack, then say how far they are."""
    from rederived import plan

    rows = plan.rows_named(plan.load_plan(), names)
    jobs = plan.waiting(job for row in rows for job in row.jobs())
    failed = 0
    for outcome in plan.run_jobs(jobs, minutes=minutes, side_by_side=side_by_side):
        typer.echo(outcome)
        failed += outcome.state == "failed"
    for row in rows:
        typer.echo(f"{row.name}: {plan.progress_of(row.jobs())}")
    if failed:
        raise RunError(f"{failed} jobs failed: see what they printed")


def _record_plan(allow_dirty: bool) -> None:
    """Record the finished runs of the plan; what is refused does not stop the rest."""
    from rederived import plan

    seeds: dict[tuple[str, str], set[int]] = {}
    for job in (job for row in plan.load_plan() for job in row.jobs()):
        seeds.setdefault((job.study, job.preset), set()).add(job.seed)
    done = refused = 0
    for (name, preset), wanted in seeds.items():
        try:
            # another preset of the same settings may have other seeds
            found = _finished(study(name), preset, "full")
            runs = [run for run in found if run.seed in wanted]
            if runs:
                typer.echo(_record(study(name), preset, runs, allow_dirty))
                done += 1
        except RunError as error:
            typer.echo(f"rederived: {name} {preset}: {error}", err=True)
            refused += 1
    if refused:
        raise RunError(f"recorded: {done}, refused: {refused}, see above")
    if not done:
        raise RunError(f"no run of the plan is finished in {runs_root()}: run some")


def _expected() -> tuple[type[Exception], ...]:
    """Return the failures that a user can mend; asked for only when there is one."""
    from rederived.datasets import DatasetError
    from rederived.training import (
        CheckpointError,
        TrainingDivergedError,
        TrainingStoppedError,
    )

    return (
        *(CheckpointError, RunError, TrainingDivergedError, TrainingStoppedError),
        *(ValueError, DatasetError, OSError),
    )


def _text_of(file: Path | None) -> str:
    """Read the text that is to be titled, from standard input if no file is named."""
    from rederived.chapters.titles.study import titling

    if file is None:
        return titling.readable(sys.stdin.buffer)
    try:
        with file.open("rb") as stream:
            return titling.readable(stream)
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from error


def _writer(preset: str, profile: str) -> Run:
    """Train a preset of titles, or find its run; refuse one that keeps no weights."""
    if not study("titles").config(preset, profile).keep_weights:
        raise RunError(
            f"the {profile} preset {preset!r} of titles keeps no weights to write "
            "with: choose one whose config has keep, such as prior or grammar"
        )
    return run_or_load("titles", preset, profile)


def _record(chosen: AnyStudy, preset: str, runs: list[Run], allow_dirty: bool) -> Path:
    """Write the record of a preset with its log and curves; return its folder.

    Seeds that the record in place has, and that are not among the runs, stay in it.
    """
    reported = chosen.reported()
    gathered = gather(
        runs,
        reported.published.get(preset, []),
        reported.deviations.get(preset, []),
    )
    root = writable_root()
    old = recorded(gathered, root)
    complete = joined(gathered, old)
    log = "".join(run_log(one) for one in runs)
    before = root / complete.name / "log.txt"
    if old is not None and before.exists():
        log = joined_logs(log, before.read_text(encoding="utf-8"))
    folder = save_record(complete, root, log=log, allow_dirty=allow_dirty)
    if any(seed.history for seed in complete.seeds):
        from rederived import figures

        figures.save(_curves(complete), folder / "curves.png")
    return folder


def _finished(chosen: AnyStudy, preset: str, profile: str) -> list[Run]:
    """Return the finished runs of a preset, whatever their seeds.

    A run is found by its identity, so it takes the preset's present name.
    """
    config = chosen.config(preset, profile)
    identity = chosen.identity(config)
    folder = run_directory(chosen.name, identity, 0).parent
    seeds = sorted(
        int(path.parent.name.removeprefix("seed-"))
        for path in folder.glob("seed-*/run.json")
        if path.parent.name.removeprefix("seed-").isdecimal()
    )
    plain = as_dict(config)
    found = [find_run(chosen.name, identity, seed, plain) for seed in seeds]
    return [replace(result, preset=preset) for result in found if result is not None]


def _curves(record: Record) -> Figure:
    """Return the history of every metric, one panel each, one line a seed."""
    from rederived import figures

    names = set.intersection(
        *(set(row) for seed in record.seeds for row in seed.history)
    ) - {"epoch", "step", "seconds"}
    return figures.line_panels(
        {
            name: {
                f"run {number}": [row[name] for row in seed.history]
                for number, seed in enumerate(record.seeds, 1)
            }
            for name in sorted(names)
        },
        xlabel="epoch",
    )


def _line(run: Run) -> str:
    """Return one line about a run: its first metrics, plain ones before ``name@at``."""
    names = sorted(run.metrics, key=lambda name: "@" in name)
    shown = [f"{name} {run.metrics[name]:.5g}" for name in names[:_SHOWN]]
    if len(names) > _SHOWN:
        shown.append(f"and {len(names) - _SHOWN} more")
    numbers = ", ".join(shown)
    return f"{run.study} {run.preset} seed {run.seed} [{run.identity}]: {numbers}"


if __name__ == "__main__":
    main()
