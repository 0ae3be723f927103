"""How fast finished runs were."""

from dataclasses import replace
from pathlib import Path

import pytest
from rederived.plan import Job, describe_speeds, load_plan, speed, speed_of
from rederived.records import Run, run_directory
from rederived.records.runs import save_run
from rederived.study import study
from typer.testing import CliRunner

RUN = Run(
    "nice",
    "paper-long",
    seed=1,
    identity="c0ffee",
    config={"batch_size": 200},
    metrics={},
    history=[
        {"epoch": 1.0, "step": 250.0, "seconds": 9.0},
        {"epoch": 2.0, "step": 500.0, "seconds": 2.0},
        {"epoch": 3.0, "step": 750.0, "seconds": 2.5},
    ],
    data=[],
    provenance={"precision": "bf16"},
)
ON_GPU = replace(
    RUN,
    provenance={
        "precision": "bf16",
        "flops_per_step": 40_000_000_000,
        "peak_megabytes": 900,
    },
)
JOB = Job("nice", "paper-long", 1)


def test_the_median_epoch_decides() -> None:
    found = speed_of(ON_GPU)
    assert found is not None
    assert found.rows == pytest.approx(250 * 200 / 2.5)
    assert found.flops == pytest.approx(100 * 4e10)
    assert found.megabytes == 900


@pytest.mark.parametrize(
    "run", [replace(RUN, history=[]), replace(RUN, config={"updates": 3})]
)
def test_what_has_no_epochs_has_no_speed(run: Run) -> None:
    assert speed_of(run) is None
    assert describe_speeds({JOB: run}) == []


def test_a_share_is_of_the_rate_of_its_precision(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(speed, "_rates", lambda precisions: {"bf16": 8e13})
    assert describe_speeds({JOB: ON_GPU}) == [
        "nice paper-long seed 1: 20,000 rows a second, 4.0 TFLOP/s, 5.0 % of 80, 900 MB"
    ]
    other = replace(ON_GPU, provenance=ON_GPU.provenance | {"precision": "float32"})
    (line,) = describe_speeds({JOB: other})
    assert "%" not in line


def test_without_a_gpu_rows_are_told_alone() -> None:
    (line,) = describe_speeds({JOB: RUN})
    assert line.endswith("seed 1: 20,000 rows a second")


def test_the_command_tells_the_finished_runs_of_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rederived.cli import app

    monkeypatch.setenv("REDERIVED_RUNS", str(tmp_path))
    said = CliRunner().invoke(app, ["plan", "6", "--speed"])
    assert said.output == "no finished run\n"
    (row,) = [one for one in load_plan() if one.name == "6"]
    assert JOB in row.jobs()
    nice = study("nice")
    identity = nice.identity(nice.config("paper-long", "full"))
    save_run(RUN, run_directory("nice", identity, 1))
    said = CliRunner().invoke(app, ["plan", "6", "--speed"])
    assert said.output == "nice paper-long seed 1: 20,000 rows a second\n"
