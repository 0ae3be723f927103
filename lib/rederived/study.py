"""The studies of all chapters, found by scanning the wings; and how one is run.

A study is a module or package of a wing whose name begins with ``study``, and which has
a :class:`~rederived.records.Study` called ``STUDY``.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import Any

from rederived import chapters
from rederived.records import (
    Run,
    RunError,
    Study,
    as_dict,
    find_run,
    run_directory,
    runs_root,
    save_run,
)

AnyStudy = Study[Any]
"""A study whose configuration only the study itself looks into."""


@cache
def studies() -> dict[str, AnyStudy]:
    """Return every study by name, in the order of chapters and names."""
    found: list[AnyStudy] = []
    for wing in pkgutil.iter_modules(chapters.__path__):
        package = import_module(f"{chapters.__name__}.{wing.name}")
        found += [
            import_module(f"{package.__name__}.{module.name}").STUDY
            for module in pkgutil.iter_modules(package.__path__)
            if module.name.startswith("study")
        ]
    found.sort(key=lambda one: (one.chapter, one.name))
    return {one.name: one for one in found}


def study(name: str) -> AnyStudy:
    """Return a study by name.

    Raises:
        ValueError: if there is none of that name.
    """
    if name not in studies():
        raise ValueError(f"no study {name!r}; there are {', '.join(studies())}")
    return studies()[name]


def studies_of(name: str) -> list[AnyStudy]:
    """Return the study of a name, or those of a chapter.

    Args:
        name: a study's name, or a chapter's number such as ``"03"``.

    Raises:
        ValueError: if there is no such study, or none in that chapter.
    """
    if not name.isdecimal():
        return [study(name)]
    found = [one for one in studies().values() if one.chapter == int(name)]
    if not found:
        raise ValueError(f"chapter {int(name)} has no study")
    return found


def run_study(name: str, preset: str, profile: str, seed: int = 0) -> Run:
    """Return one seed of a preset, for a page.

    ``quick`` runs are computed afresh each time and kept nowhere, so that a page's
    regression really computes; ``full`` runs are found or kept, see
    :func:`run_or_load`.

    Args:
        name: the study.
        preset: which of its presets.
        profile: ``quick`` or ``full``.
        seed: the seed.
    """
    if profile == "full":
        return run_or_load(name, preset, profile, seed)
    return study(name).run(preset, profile, seed)


def run_or_load(name: str, preset: str, profile: str, seed: int = 0) -> Run:
    """Return the run of a preset and seed, computing it only if it is not there.

    An interrupted run goes on from its last checkpoint.  The folder is a function of
    the configuration's identity and the seed, so the command line and a notebook find
    each other's runs.

    Args:
        name: the study.
        preset: which of its presets.
        profile: ``quick`` or ``full``.
        seed: the seed.

    Raises:
        RunError: if nothing can be kept where the runs belong.
    """
    chosen = study(name)
    config = chosen.config(preset, profile)
    identity = chosen.identity(config)
    found = find_run(name, identity, seed, as_dict(config))
    if found is not None:
        return found
    directory = run_directory(name, identity, seed)
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(
            f"runs cannot be kept in {runs_root()} ({error.strerror}): let "
            "REDERIVED_RUNS name a folder that can be written"
        ) from error
    result = chosen.run(preset, profile, seed, directory)
    save_run(result, directory)
    return result
