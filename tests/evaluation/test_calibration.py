"""Temperatures of classifiers that leave nothing to choose."""

from __future__ import annotations

import math

import pytest
import torch
from rederived.evaluation import fit_temperature


@pytest.mark.parametrize("size", [1.0, 30.0, 800.0, 1e30])
def test_a_classifier_that_is_always_right_is_too_modest(size: float) -> None:
    logits = torch.tensor([[size, 0.0, 0.0], [-size, size, 0.0]])
    found = fit_temperature(logits, torch.tensor([0, 1], dtype=torch.uint8))
    assert found == pytest.approx(math.exp(-4.0))
