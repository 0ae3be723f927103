"""How fast finished runs were, beside what this machine can do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from rederived.plan.rows import Job
from rederived.records import Run, load_run, run_directory
from rederived.study import study


@dataclass(frozen=True)
class Speed:
    """The speed of a run, by the median of its epochs, without what measures it.

    >>> print(Speed(rows=50_000.0, flops=3.1e13, megabytes=850).beside(5e14))
    50,000 rows a second, 31.0 TFLOP/s, 6.2 % of 500, 850 MB
    >>> print(Speed(rows=700.0, flops=None, megabytes=None).beside(None))
    700 rows a second
    """

    rows: float  # a second
    flops: float | None  # a second, of matrix products and convolutions
    megabytes: int | None  # the most memory on the GPU, 10^6 bytes

    def beside(self, rate: float | None) -> str:
        """Describe it beside the rate of matrix products, FLOP a second."""
        parts = [f"{self.rows:,.0f} rows a second"]
        if self.flops is not None:
            parts.append(f"{self.flops / 1e12:.1f} TFLOP/s")
            if rate is not None:
                parts.append(f"{self.flops / rate:.1%} of {rate / 1e12:.0f}")
        if self.megabytes is not None:
            parts.append(f"{self.megabytes:,} MB")
        return ", ".join(parts).replace("%", " %")


def speed_of(run: Run) -> Speed | None:
    """Return the speed of a run, None if it had no epochs.

    >>> history = [{"step": 10.0, "seconds": 2.0}, {"step": 20.0, "seconds": 4.0}]
    >>> run = Run("toss", "few", seed=0, identity="c0ffee", config={"batch_size": 6},
    ...           metrics={}, history=history, data=[], provenance={})
    >>> speed_of(run)
    Speed(rows=20.0, flops=None, megabytes=None)
    """
    ends = [row["step"] for row in run.history if "step" in row and "seconds" in row]
    if not ends or "batch_size" not in run.config:
        return None
    seconds = median(row["seconds"] for row in run.history)
    steps = ends[0] / seconds  # a second; all epochs are equally long
    flops, megabytes = (
        run.provenance.get(name) for name in ("flops_per_step", "peak_megabytes")
    )
    return Speed(
        rows=steps * run.config["batch_size"],
        flops=None if flops is None else steps * float(flops),
        megabytes=None if megabytes is None else int(megabytes),
    )


def finished_runs(jobs: Iterable[Job]) -> dict[Job, Run]:
    """Return the finished runs in the folder of runs."""
    found = {}
    for job in dict.fromkeys(jobs):
        chosen = study(job.study)
        identity = chosen.identity(chosen.config(job.preset, "full"))
        folder = run_directory(job.study, identity, job.seed)
        if (folder / "run.json").exists():
            found[job] = load_run(folder)
    return found


def describe_speeds(runs: Mapping[Job, Run]) -> list[str]:
    """Return a line for each run; shares are of what the present GPU reaches alone.

    A run that shared its GPU with others had less of it.
    """
    rates = _rates({str(run.provenance.get("precision")) for run in runs.values()})
    lines = []
    for job, run in runs.items():
        speed = speed_of(run)
        if speed is not None:
            rate = rates.get(str(run.provenance.get("precision")))
            lines.append(f"{job}: {speed.beside(rate)}")
    return lines


def _rates(precisions: Iterable[str]) -> dict[str, float]:
    """Return the rates of matrix products by precision; none without a GPU."""
    import torch  # noqa: PLC0415 - slow to import

    from rederived.training import matrix_rate  # noqa: PLC0415 - the same

    types = {"bf16": torch.bfloat16, "float32": torch.float32}
    if not torch.cuda.is_available():
        return {}
    gpu = torch.device("cuda")
    return {name: matrix_rate(gpu, types[name]) for name in precisions if name in types}
