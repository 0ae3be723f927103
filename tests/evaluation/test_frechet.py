"""The Frechet distance in the precision in which features come."""

from __future__ import annotations

import numpy as np
import torch
from rederived.evaluation import frechet_distance, moments
from scipy.linalg import sqrtm


def test_few_features_in_single_precision() -> None:
    draw = torch.Generator().manual_seed(0)
    one, other = (moments(torch.randn(20, 64, generator=draw)) for _ in range(2))
    apart = np.square(one[0].numpy() - other[0].numpy()).sum()
    root = sqrtm(one[1].numpy() @ other[1].numpy())
    right = apart + np.trace(one[1].numpy() + other[1].numpy() - 2 * root.real)
    single = [part.float() for part in (*one, *other)]
    for parts in ((*one, *other), single, (*one, *single[2:])):
        assert abs(float(frechet_distance(*parts)) - right) < 1e-4 * right
