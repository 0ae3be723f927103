"""Every study on the pretended GPU, one quick preset that trains, cut short."""

from __future__ import annotations

from typing import Any

import pytest
from pretended_gpu import pretended_gpu
from rederived.records import Study
from rederived.study import studies
from short_studies import shortened

PRESETS = {"deep-infomax": "local", "adaptive-learning-rates": "digits"}
"""Where the first quick preset trains nothing: one that does."""


@pytest.mark.parametrize("one", studies().values(), ids=lambda study: study.name)
def test_a_study_runs_on_a_gpu(one: Study[Any]) -> None:
    preset = PRESETS.get(one.name, next(iter(one.quick)))
    config = shortened(one.quick[preset])
    with pretended_gpu():
        found = one.run_config(config, preset, 0)
    assert found.metrics
