"""The models that runs train: a study returns what it measured, not what it trained."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest


def keep_models(patch: pytest.MonkeyPatch, module: ModuleType) -> list[Any]:
    """Return a list that grows by what a module's ``build`` returns.

    A run trains that very object, so afterwards it has the trained weights.
    """
    genuine, built = module.build, []

    def build(*arguments: object) -> Any:
        built.append(genuine(*arguments))
        return built[-1]

    patch.setattr(module, "build", build)
    return built
