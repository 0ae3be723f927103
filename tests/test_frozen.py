"""What the library hands out cannot be changed afterwards."""

import pkgutil
from dataclasses import is_dataclass
from importlib import import_module

import rederived

STATE = {"Position", "_Meter", "_Running"}  # how far something has come


def test_dataclasses_are_frozen_but_for_what_counts_progress():
    found = {
        value
        for info in pkgutil.walk_packages(rederived.__path__, "rederived.")
        if not info.name.endswith("__main__")
        for value in vars(import_module(info.name)).values()
        if isinstance(value, type) and value.__module__ == info.name
    }
    made = [one for one in found if is_dataclass(one)]
    thawed = {one.__name__ for one in made if not one.__dataclass_params__.frozen}
    assert len(made) > 50
    assert thawed == STATE
