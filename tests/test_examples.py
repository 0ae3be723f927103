"""The examples in the docstrings of the shared rooms give what they say."""

import doctest
import pkgutil
from importlib import import_module

import pytest
import rederived

ROOMS = ("datasets", "evaluation", "networks", "probability", "vae")


def modules():
    found = pkgutil.walk_packages(rederived.__path__, "rederived.")
    return [m.name for m in found if m.name.split(".")[1] in ROOMS]


@pytest.mark.parametrize("name", modules())
def test_examples_give_what_they_say(name):
    assert doctest.testmod(import_module(name)).failed == 0
