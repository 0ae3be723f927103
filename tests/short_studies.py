"""Every study at a size that takes a moment.

As a program, ``torchrun ... short_studies.py SEED ...`` runs the first quick preset of
every study for these seeds, as ``rederived run`` does.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any
from unittest import mock

import torch
from rederived import cli
from rederived.records import Study
from rederived.study import studies

SHORT = {
    "epochs": 1,
    "judge_epochs": 1,
    "updates": 12,
    "rows": 300,
    "test_rows": 100,
    "held_out": 100,
    "samples": 100,
    "decoded": 10,
    "problems": 2,
    "analyse": False,
}
"""What makes a quick preset quicker, of the fields that a configuration has."""


def shortened(config: Any) -> Any:
    """Return a configuration that takes a moment; whole numbers only replace such."""
    return replace(
        config,
        **{
            name: value
            for name, value in SHORT.items()
            if type(getattr(config, name, None)) is type(value)
        },
    )


def first(chosen: Study[Any]) -> tuple[str, Any]:
    """Return the first quick preset of a study, shortened."""
    preset, config = next(iter(chosen.quick.items()))
    return preset, shortened(config)


def main(seeds: list[str]) -> None:
    """Run all studies one after the other."""
    for one in studies().values():
        preset, config = first(one)
        with mock.patch.dict(one.quick, {preset: config}):
            cli.run([one.name], preset=[preset], seed=[int(seed) for seed in seeds])


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(sys.argv[1:])
