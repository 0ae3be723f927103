"""A run: one configuration, one seed, what it measured; found again by its hash."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from rederived.records.checkout import checkout
from rederived.records.provenance import Provenance
from rederived.records.reading import (
    read_json,
    require_numbers,
    require_provenance,
    require_rows,
    require_seed,
    require_texts,
)

Config = dict[str, Any]
Arrays = dict[str, NDArray[Any]]


UNREADABLE = (
    *(ValueError, TypeError, KeyError, OSError, AttributeError),
    *(EOFError, BadZipFile, zlib.error, RecursionError, MemoryError),
)
"""What reading a damaged JSON or NumPy file raises."""


class RunError(RuntimeError):
    """A run or a record that is missing, unreadable, or not what was asked for."""


@dataclass(frozen=True)
class Run:
    """What one seed of one configuration measured.

    >>> from tempfile import TemporaryDirectory
    >>> run = Run("toss", "few", seed=0, identity="c0ffee", config={"coins": 10},
    ...           metrics={"heads": 0.4}, history=[], data=[], provenance={})
    >>> with TemporaryDirectory() as folder:
    ...     save_run(run, Path(folder))
    ...     load_run(Path(folder)) == run
    True
    """

    study: str  # the study's name, such as ``"nice"``
    preset: str  # the name of the configuration
    seed: int
    identity: str  # the hash of what was asked for, the seed left out, see ``Study``
    config: Config  # the configuration, less the seed, as plain values
    metrics: dict[str, float]  # single numbers by name; the study documents their units
    history: list[dict[str, float]]  # one row of metrics an epoch
    data: list[str]  # the sources of the data sets, with fingerprints
    provenance: Provenance  # code, versions, machine, command
    arrays: Arrays = field(default_factory=dict)
    """What figures need (spectra, samples), small."""


def runs_root() -> Path:
    """Return the folder of unrecorded runs.

    ``REDERIVED_RUNS`` names it; else it is ``runs`` in the checkout, whatever the
    working folder, so that a notebook and the command line find each other's runs; and
    ``runs`` in the working folder where the library is installed without a checkout.
    """
    named = os.environ.get("REDERIVED_RUNS", "")
    if named:
        return Path(os.path.expanduser(named))  # noqa: PTH111 - an unknown ~user stays
    return (checkout() or Path()) / "runs"


def run_directory(study: str, identity: str, seed: int) -> Path:
    """Return the folder in which this run's checkpoints and results belong."""
    return runs_root() / study / identity / f"seed-{seed}"


def save_run(run: Run, directory: Path) -> None:
    """Write ``arrays.npz`` and then ``run.json``, whose presence means finished.

    Raises:
        ValueError: if a field has not its type, so that it could not be read again.
    """
    _require_sound(run)
    directory.mkdir(parents=True, exist_ok=True)
    fields = asdict(run)
    del fields["arrays"]
    replace_together(
        {
            directory / "arrays.npz": arrays_writer(run.arrays),
            directory / "run.json": json_writer(fields),
        }
    )


def load_run(directory: Path) -> Run:
    """Read a finished run.

    Raises:
        RunError: if the folder holds no finished run, or a damaged one.
    """
    path = directory / "run.json"
    if not path.exists():
        raise RunError(f"no finished run in {directory}: start it, or let it go on")
    try:
        found = Run(**read_json(path), arrays=load_arrays(directory / "arrays.npz"))
        _require_sound(found)
        return found
    except UNREADABLE as error:
        raise RunError(
            f"the run in {directory} cannot be read ({error}): delete that folder "
            "and run it again"
        ) from error


def find_run(study: str, identity: str, seed: int, config: Config) -> Run | None:
    """Return the finished run of this identity and seed, if there is one.

    Args:
        study: the study's name.
        identity: the hash of what is asked for, see ``Study``.
        seed: the seed.
        config: what is asked for, as plain values.

    Raises:
        RunError: if the folder holds another run, or one with other values: the
            identity leaves defaults out, so it stays the same when a default is
            changed.
    """
    directory = run_directory(study, identity, seed)
    if not (directory / "run.json").exists():
        return None
    found = load_run(directory)
    if (found.study, found.identity, found.seed) != (study, identity, seed):
        raise RunError(
            f"the run in {directory} is that of {found.study} {found.identity} seed "
            f"{found.seed}: put the folder back where it belongs, or delete it"
        )
    changed = differences(found.config, config, found.config.keys() & config.keys())
    if changed:
        raise RunError(
            f"the run in {directory} was made before a default changed ({changed}): "
            "delete that folder and run it again"
        )
    return found


def differences(there: Config, here: Config, names: Iterable[str]) -> str:
    """Say which fields of two configurations differ.

    Args:
        there: the stored configuration.
        here: the one at hand.
        names: which fields are compared.
    """
    pairs = {name: (there.get(name, "-"), here.get(name, "-")) for name in names}
    return ", ".join(
        f"{name}: {old} there, {new} here"
        for name, (old, new) in sorted(pairs.items())
        if old != new
    )


def finished_runs() -> list[tuple[Path, Run | RunError]]:
    """Return every finished run below ``runs_root()``, with its folder.

    In the place of a run that is damaged stands the error that says so.
    """
    found: list[tuple[Path, Run | RunError]] = []
    for path in sorted(runs_root().glob("*/*/seed-*/run.json")):
        try:
            found.append((path.parent, load_run(path.parent)))
        except RunError as error:
            found.append((path.parent, error))
    return found


def run_log(run: Run) -> str:
    """Return what a finished run logged, under a line with its seed, or nothing."""
    path = run_directory(run.study, run.identity, run.seed) / "log.txt"
    if not path.exists():
        return ""
    return f"# seed {run.seed}\n{path.read_text(encoding='utf-8')}"


def replace_together(writers: Mapping[Path, Callable[[Path], object]]) -> None:
    """Write several files to temporary ones, and move them in place if all are whole.

    Args:
        writers: the file's place -> what writes it under the name that it is given.
    """
    temporaries = {path: _beside(path) for path in writers}
    try:
        for path, write in writers.items():
            write(temporaries[path])
        for path, temporary in temporaries.items():
            temporary.replace(path)
    finally:
        for temporary in temporaries.values():
            temporary.unlink(missing_ok=True)


def json_writer(value: object) -> Callable[[Path], object]:
    """Return what writes a value as JSON."""
    return text_writer(json.dumps(value, indent=1) + "\n")


def text_writer(text: str) -> Callable[[Path], object]:
    """Return what writes a text."""
    return lambda path: path.write_text(text, encoding="utf-8")


def arrays_writer(arrays: Arrays) -> Callable[[Path], object]:
    """Return what writes arrays, compressed.

    Raises:
        ValueError: if an array holds Python objects, which only pickle could store.
    """
    objects = [name for name, array in arrays.items() if array.dtype.hasobject]
    if objects:
        raise ValueError(f"arrays of objects cannot be stored: {', '.join(objects)}")

    def write(path: Path) -> None:
        with path.open("wb") as file:
            # numpy 1 would store an argument allow_pickle as one more array
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]

    return write


def save_arrays(path: Path, arrays: Arrays) -> None:
    """Write arrays, compressed, to a temporary file and move it in place.

    Raises:
        ValueError: if an array holds Python objects, which only pickle could store.
    """
    replace_together({path: arrays_writer(arrays)})


def write_json(path: Path, value: object) -> None:
    """Write JSON to a temporary file and move it in place."""
    replace_together({path: json_writer(value)})


def _require_sound(run: Run) -> None:
    """Raise ``ValueError`` if a field has not its type."""
    require_texts("study, preset, identity", [run.study, run.preset, run.identity])
    require_seed(run.seed)
    if not isinstance(run.config, dict):
        raise ValueError(f"config must be values by name, not {run.config!r:.40}")
    require_numbers("metrics", run.metrics)
    require_rows("history", run.history)
    require_texts("data", run.data)
    require_provenance(run.provenance)


def _beside(path: Path) -> Path:
    """Return a temporary name in the same folder, this process's own."""
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def load_arrays(path: Path) -> Arrays:
    """Read what ``save_arrays`` wrote."""
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}
