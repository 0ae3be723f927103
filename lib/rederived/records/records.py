"""Records: finished runs of several seeds, kept in the project with their sources.

A record is a folder ``results/<study>-<preset>/`` with ``record.json`` (all
that was measured, beside what the sources report), ``arrays.npz``, and the runs' own
``log.txt`` where they wrote one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path
from statistics import fmean, stdev

from rederived.records.checkout import PACKAGE, checkout
from rederived.records.provenance import Provenance
from rederived.records.reading import (
    read_json,
    require_numbers,
    require_provenance,
    require_rows,
    require_seed,
    require_texts,
)
from rederived.records.rounding import rounded
from rederived.records.runs import (
    UNREADABLE,
    Arrays,
    Config,
    Run,
    RunError,
    arrays_writer,
    differences,
    json_writer,
    load_arrays,
    replace_together,
    text_writer,
)
from rederived.records.sources import Published

_NEAR = 6  # names of records that an error lists


@dataclass(frozen=True)
class SeedResult:
    """What one seed of a record measured, and on what.

    >>> SeedResult(0, {"loss": 1.5}, [{"epoch": 1.0, "loss": 1.7}], {}).seed
    0
    """

    seed: int
    metrics: dict[str, float]  # single numbers by name
    history: list[dict[str, float]]  # one row of metrics an epoch
    provenance: Provenance  # code, versions, machine, command


@dataclass(frozen=True)
class Summary:
    """Mean, sample standard deviation and number of seeds of one metric.

    >>> print(Summary(97.314, 0.126, 3), Summary(12345.0, 0.0, 3), sep="; ")
    97.31 ± 0.13 (n = 3); 12,345 (n = 3)
    """

    mean: float  # over the seeds
    sd: float  # with n - 1 in the denominator; 0 for one seed
    n: int  # how many seeds have the metric

    @property
    def value(self) -> str:
        """Mean and deviation, with as many digits as the deviation allows."""
        return rounded(self.mean, self.sd)

    def __str__(self) -> str:
        if self.sd == 0 and self.mean >= 1000 and self.mean.is_integer():
            return f"{self.mean:,.0f} (n = {self.n})"  # a count
        if 0 < abs(self.mean) < 0.1 or 0 < self.sd < 0.005:  # two decimals hide it
            return f"{self.value} (n = {self.n})"
        if self.n == 1:
            return f"{self.mean:.2f} (n = 1)"
        return f"{self.mean:.2f} ± {self.sd:.2f} (n = {self.n})"


@dataclass(frozen=True)
class Record:
    """A configuration's finished seeds, beside what the sources report.

    >>> runs = [Run("toss", "few", seed, "c0ffee", {}, {"heads": heads}, [], [], {})
    ...         for seed, heads in enumerate([0.4, 0.7])]
    >>> record = gather(runs, published=[], deviations=["A made-up coin."])
    >>> record.name, record.values("heads"), str(record.summary("heads"))
    ('toss-few', [0.4, 0.7], '0.55 ± 0.21 (n = 2)')
    """

    study: str
    preset: str  # the name of the configuration
    identity: str  # the hash of what was asked for, see ``Study``
    config: Config  # the configuration, less the seed
    published: list[Published]  # the sources' numbers
    deviations: list[str]  # how the run differs from its source, one sentence each
    data: list[str]  # the data sets' sources, with fingerprints
    seeds: list[SeedResult]  # the measurements, one entry a seed
    arrays: Arrays  # arrays of the first seed, for figures

    @property
    def name(self) -> str:
        """The folder's name."""
        return f"{self.study}-{self.preset}"

    def values(self, metric: str) -> list[float]:
        """Return one metric of every seed that has it."""
        return [s.metrics[metric] for s in self.seeds if metric in s.metrics]

    def summary(self, metric: str) -> Summary:
        """Return mean, standard deviation and n of a metric over the seeds.

        Raises:
            RunError: if no seed has the metric.
        """
        values = self.values(metric)
        if not values:
            known = ", ".join(sorted(self.seeds[0].metrics))
            raise RunError(f"record {self.name} has no {metric!r}; it has {known}")
        spread = stdev(values) if len(values) > 1 else 0.0
        return Summary(fmean(values), spread, len(values))


def records_root() -> Path:
    """Return the folder of records: the checkout's, else the installed ones."""
    root = checkout()
    return PACKAGE / "recorded" if root is None else root / "results"


def writable_root() -> Path:
    """Return the folder into which records are written: the checkout's.

    Raises:
        RunError: if the library is installed: its own records are not to be changed.
    """
    root = checkout()
    if root is None:
        raise RunError(
            f"records are written into results/ of a checkout, and this library is "
            f"installed in {PACKAGE}: clone the repository, install it with "
            "`pip install --editable .`, and record there"
        )
    return root / "results"


def gather(
    runs: list[Run], published: list[Published], deviations: list[str]
) -> Record:
    """Join runs of one configuration that differ in the seed only.

    Raises:
        RunError: if there is no run, a seed twice, more than one configuration, two
            versions of a data set, or a metric that is NaN or infinite.
    """
    if not runs:
        raise RunError("nothing to record: run the preset first")
    runs = sorted(runs, key=lambda run: run.seed)
    first = runs[0]
    for run in runs:
        what = f"{run.study} {run.preset}, seed {run.seed}"
        try:
            require_numbers(what, run.metrics, finite=True)
        except ValueError as error:
            raise RunError(f"{error}: a record holds finite numbers") from error
        # an identity leaves defaults out: one of them may have changed
        changed = differences(
            first.config, run.config, first.config.keys() & run.config.keys()
        )
        if _which(run) != _which(first) or changed:
            raise RunError(
                f"a record joins different seeds of one configuration only, and "
                f"{what}, is {run.identity} ({changed or 'equal fields'})"
            )
    if len({run.seed for run in runs}) < len(runs):
        raise RunError("a record joins different seeds of one configuration only")
    return Record(
        study=first.study,
        preset=first.preset,
        identity=first.identity,
        config=first.config,
        published=published,
        deviations=deviations,
        data=joined_data(*(run.data for run in runs)),
        seeds=[SeedResult(r.seed, r.metrics, r.history, r.provenance) for r in runs],
        arrays=first.arrays,
    )


def _which(run: Run) -> tuple[str, str, str]:
    return run.study, run.preset, run.identity


def joined_data(*lists: Iterable[str]) -> list[str]:
    """Join the data sets of several runs, each ``name/split fingerprint note``.

    >>> joined_data(["digits/test aa"], ["digits/test aa", "digits/train bb"])
    ['digits/test aa', 'digits/train bb']

    Raises:
        RunError: if a split has two fingerprints: its seeds cannot be compared.
    """
    found = sorted({source for some in lists for source in some})
    seen: dict[str, str] = {}
    for source in found:
        split, *rest = source.split(" ", 2)
        if "/" in split and rest and seen.setdefault(split, rest[0]) != rest[0]:
            raise RunError(
                f"seeds saw two versions of {split}, {seen[split]} and {rest[0]}: "
                "remove the runs of one and run their seeds again"
            )
    return found


def save_record(
    record: Record, root: Path, *, log: str = "", allow_dirty: bool = False
) -> Path:
    """Write a record and return its folder.

    Args:
        record: what is written.
        root: the folder of records.
        log: what the runs logged; nothing is written if it is empty.
        allow_dirty: whether runs with uncommitted changes may be recorded.

    Raises:
        RunError: if a run's commit is unknown, or if it was made with uncommitted
            changes and ``allow_dirty`` is not given: such a number cannot be traced to
            the code that made it.
        ValueError: if a field has not its type; what is in place stays.
    """
    _require_sound(record, record.name)
    unknown = [
        result.seed
        for result in record.seeds
        if result.provenance.get("commit", "unknown") in ("unknown", "")
    ]
    if unknown:
        raise RunError(
            f"seeds {unknown} ran from code of an unknown commit: run them again from "
            "a checkout that git can read"
        )
    unclean = [s.seed for s in record.seeds if s.provenance.get("dirty", True)]
    if unclean and not allow_dirty:
        raise RunError(
            f"seeds {unclean} ran with uncommitted changes: commit and run them "
            "again, or allow it explicitly"
        )
    folder = root / record.name
    folder.mkdir(parents=True, exist_ok=True)
    fields = asdict(record)
    del fields["arrays"]
    writers = {
        folder / "arrays.npz": arrays_writer(record.arrays),
        folder / "record.json": json_writer(fields),
    }
    if log:
        writers[folder / "log.txt"] = text_writer(log)
    replace_together(writers)
    return folder


def _like(name: str, root: Path | None) -> str:
    """Say which records have names like the one given; all, if they are few."""
    known = record_names(root)
    if len(known) <= _NEAR:
        return f"there are: {', '.join(known) or 'none'}"
    near = [one for one in known if one.startswith(f"{name}-")]
    near = near or get_close_matches(name, known, n=_NEAR, cutoff=0.5)
    if not near:
        return f"there are {len(known)}, which `rederived list` names"
    return f"names like it: {', '.join(near)}; `rederived list` has all"


def load_record(name: str, root: Path | None = None) -> Record:
    """Read a record by its folder's name, such as ``"nice-modern"``.

    Raises:
        RunError: if there is no such record, or a damaged one.
    """
    place = root or records_root()
    folder = place / name
    path = folder / "record.json"
    if not name or Path(name).name != name or "\0" in name or not path.exists():
        raise RunError(f"no record {name!r} in {place}; {_like(name, root)}")
    try:
        fields = read_json(path)
        fields["published"] = [Published(**entry) for entry in fields["published"]]
        fields["seeds"] = [SeedResult(**entry) for entry in fields["seeds"]]
        found = Record(**fields, arrays=load_arrays(folder / "arrays.npz"))
        _require_sound(found, name)
        return found
    except UNREADABLE as error:
        raise RunError(
            f"record {folder} cannot be read ({error!r}): restore it from the "
            "repository, or record the runs again"
        ) from error


def _require_sound(record: Record, name: str) -> None:
    """Raise ``ValueError`` if a field has not its type, or the record another name."""
    if record.name != name:
        raise ValueError(f"it is the record {record.name!r:.80}")
    require_texts("identity", [record.identity])
    if not isinstance(record.config, dict):
        raise ValueError(f"config must be values by name, not {record.config!r:.40}")
    require_texts("deviations", record.deviations)
    require_texts("data", record.data)
    for result in record.seeds:
        require_seed(result.seed)
        require_numbers("metrics", result.metrics, finite=True)
        require_rows("history", result.history)
        require_provenance(result.provenance)
    if not record.seeds or len({r.seed for r in record.seeds}) < len(record.seeds):
        raise ValueError("it has no seed, or one of them twice")


def record_names(root: Path | None = None) -> list[str]:
    """Return the names of all records, sorted."""
    paths = (root or records_root()).glob("*/record.json")
    return sorted(path.parent.name for path in paths)
