"""Measures refuse what they would answer with a wrong number."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from rederived import evaluation
from rederived.evaluation import frechet_distance
from rederived.evaluation.probes import accuracy, standardized

PROBABILITIES = torch.tensor([[0.5, 0.5], [0.25, 0.75]])
LABELS = torch.tensor([0, 1])
X = torch.tensor([[0.0, 1.0], [2.0, 3.0], [4.0, -1.0]])


@pytest.mark.parametrize(
    "call",
    [
        lambda: evaluation.calibration_error(PROBABILITIES, LABELS, bins=0),
        lambda: evaluation.calibration_error(2 * PROBABILITIES, LABELS),
        lambda: evaluation.calibration_error(PROBABILITIES * math.nan, LABELS),
        lambda: evaluation.calibration_error(PROBABILITIES, LABELS + 1),
        lambda: evaluation.calibration_error(PROBABILITIES, LABELS[:, None]),
        lambda: evaluation.fit_temperature(PROBABILITIES * math.nan, LABELS),
        lambda: evaluation.fit_temperature(PROBABILITIES, LABELS - 100),
        lambda: accuracy(PROBABILITIES, LABELS),
        lambda: accuracy(LABELS, LABELS[:, None]),
        lambda: standardized(X[:1], X),
        lambda: evaluation.nearest(X * math.nan, X, 1),
        lambda: evaluation.nearest(X, X / 0.0, 1),
        lambda: evaluation.nearest(X, X, 1, "manhattan"),  # type: ignore[arg-type]
    ],
)
def test_no_wrong_number(call: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"bins|row|NaN|labels|shape|needs 2|metric"):
        call()


@pytest.mark.parametrize("metric", ["cosine", "euclid"])
@pytest.mark.parametrize("scale", [1e-40, 1e-30, 1e25, 1e38])
def test_neighbours_do_not_depend_on_the_scale(scale: float, metric: str) -> None:
    x = torch.rand(20, 3, generator=torch.Generator().manual_seed(0)) - 0.5
    right = evaluation.nearest(x, x, 3, metric)
    found = evaluation.nearest(x * scale, x * scale, 3, metric)
    assert torch.equal(found[:, 0], torch.arange(20))
    if scale != 1e-40:  # so small that few digits are left
        assert torch.equal(found, right)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.int64])
def test_neighbours_of_any_numbers(dtype: torch.dtype) -> None:
    found = evaluation.nearest(X.to(dtype), X.to(dtype), 2, "euclid")
    assert found.tolist() == evaluation.nearest(X, X, 2, "euclid").tolist()


def test_a_distance_is_not_negative() -> None:
    x = torch.rand(50, 8, generator=torch.Generator().manual_seed(0)) * 1e6
    mean, covariance = evaluation.moments(x)
    same = evaluation.frechet_distance(mean, covariance, mean, covariance)
    assert same.item() >= 0


@pytest.mark.parametrize("pairs", [1, 3])
def test_frechet_distances_of_pairs_of_normals(pairs: int) -> None:
    """As many pairs as coordinates fitted as well, and gave other numbers."""
    draw = torch.Generator().manual_seed(0)
    roots = torch.randn(2, pairs, 3, 3, dtype=torch.float64, generator=draw)
    first, other = roots @ roots.mT
    means = torch.randn(2, pairs, 3, dtype=torch.float64, generator=draw)
    found = frechet_distance(means[0], first, means[1], other)
    each = [
        frechet_distance(means[0, k], first[k], means[1, k], other[k])
        for k in range(pairs)
    ]
    torch.testing.assert_close(found, torch.stack(each))
