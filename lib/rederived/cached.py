"""Run a preset: afresh, or by finding the finished run of the same configuration."""

from __future__ import annotations

from rederived.records import Run, find_run, run_directory, save_run
from rederived.study import experiment


def run_cached(name: str, preset: str, profile: str, seed: int = 0) -> Run:
    """Return the run of a preset and seed, computing it only if it is not there.

    An interrupted run goes on from its last checkpoint.  The folder is a function of
    the configuration's hash and the seed, so the command line and a notebook find each
    other's runs.

    Args:
        name: the experiment.
        preset: which of its presets.
        profile: ``quick`` or ``full``.
        seed: the seed.
    """
    chosen = experiment(name)
    config = chosen.config(preset, profile)
    values = chosen.plain(config)
    found = find_run(name, values, seed)
    if found is not None:
        return found
    directory = run_directory(name, values, seed)
    run, _ = chosen.run(config, preset, seed, directory)
    save_run(run, directory)
    return run


def run_preset(name: str, preset: str, profile: str, seed: int = 0) -> Run:
    """Return a preset's run for a page.

    ``quick`` runs are computed afresh each time and kept nowhere, so that a page's
    regression really computes; ``full`` runs are found or kept, see ``run_cached``.

    Args:
        name: the experiment.
        preset: which of its presets.
        profile: ``quick`` or ``full``.
        seed: the seed.
    """
    if profile == "full":
        return run_cached(name, preset, profile, seed)
    chosen = experiment(name)
    run, _ = chosen.run(chosen.config(preset, profile), preset, seed, None)
    return run
