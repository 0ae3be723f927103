"""What chapter 1 derives, against enumeration, Monte Carlo, SciPy and autograd."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
import torch
from rederived.chapters import mixup
from rederived.chapters.mixup import (
    coin_label_loss,
    mean_label_loss,
    own_label_loss,
    second_order,
)
from scipy import stats
from sklearn.linear_model import LinearRegression
from torch import Tensor, nn


def points(count: int = 5, dimensions: int = 2) -> torch.Tensor:
    draw = torch.Generator().manual_seed(count)
    return torch.randn(count, dimensions, dtype=torch.float64, generator=draw)


def square_loss(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return (x.sum(1).sin() - y).square()


def test_both_distributions_of_pairs_by_enumeration() -> None:
    x = torch.tensor([[0.0], [2.0], [5.0]])
    labels = torch.tensor([0, 1, 0])
    distribution = mixup.pairing_distribution(x, labels)
    expected: dict[tuple[tuple[float, ...], int], Fraction] = {}
    for a in range(3):
        for b in range(3):
            case = ((float(x[a] + x[b]) / 2,), int(labels[a]))
            expected[case] = expected.get(case, Fraction(0)) + Fraction(1, 9)
    assert distribution == expected
    assert mixup.coin_distribution(x, labels) == distribution
    assert sum(distribution.values()) == 1


@pytest.mark.parametrize(("first", "second"), [(0.2, 0.2), (1.0, 1.0), (2.5, 0.7)])
def test_quadrature_has_the_moments_of_the_distribution(
    first: float, second: float
) -> None:
    nodes, weights = mixup.beta_quadrature(first, second, 5)
    assert float(weights.sum()) == pytest.approx(1.0)
    for power in range(10):
        found = float((weights * nodes**power).sum())
        assert found == pytest.approx(
            stats.beta(first, second).moment(power) if power else 1
        )


@pytest.mark.parametrize("alpha", [0.2, 1.0, 2.0])
def test_expected_losses_by_monte_carlo(alpha: float) -> None:
    x, y = points(), torch.tensor([0.0, 1.0, 0.0, 2.0, -1.0]).double()
    rng = np.random.default_rng(1)
    n = 200_000
    a, b = (torch.from_numpy(rng.integers(5, size=n)) for _ in range(2))

    def check(exact: torch.Tensor, draws: torch.Tensor) -> None:
        error = float(draws.std()) / math.sqrt(n)
        assert abs(float(draws.mean() - exact)) < 5 * error

    e = torch.from_numpy(rng.beta(alpha, alpha, n))
    mixed = e[:, None] * x[a] + (1 - e[:, None]) * x[b]
    both = e * square_loss(mixed, y[a]) + (1 - e) * square_loss(mixed, y[b])
    check(mixup.coin_label_loss(square_loss, x, y, alpha), both)
    label = square_loss(mixed, e * y[a] + (1 - e) * y[b])
    check(mixup.mean_label_loss(square_loss, x, y, alpha), label)
    e = torch.from_numpy(rng.beta(alpha + 1, alpha, n))
    mixed = e[:, None] * x[a] + (1 - e[:, None]) * x[b]
    check(mixup.own_label_loss(square_loss, x, y, alpha), square_loss(mixed, y[a]))


@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("alpha", [0.3, 1.0, 5.0])
def test_least_squares_minimises_the_expected_loss(
    alpha: float, intercept: bool
) -> None:
    x, y = points(7, 2), points(7, 1)[:, 0]
    start = mixup.mixup_least_squares(x, y, alpha, intercept=intercept)
    coefficients = start.clone().requires_grad_(True)

    def loss(z: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        constant = coefficients[0] if intercept else 0.0
        slopes = coefficients[1:] if intercept else coefficients
        return (z @ slopes + constant - label).square()

    mixup.mean_label_loss(loss, x, y, alpha, nodes=4).backward()
    assert coefficients.grad is not None
    assert float(coefficients.grad.abs().max()) < 1e-12


def test_of_a_vast_alpha_least_squares_fits_the_midpoints() -> None:
    x, y = points(7, 2), points(7, 1)[:, 0]
    pairs = [(i, j) for i in range(7) for j in range(7)]
    middles = np.array([(x[i] + x[j]).numpy() / 2 for i, j in pairs])
    labels = np.array([float(y[i] + y[j]) / 2 for i, j in pairs])
    expected = np.linalg.lstsq(middles, labels, rcond=None)[0]
    found = mixup.mixup_least_squares(x, y, 1e17, intercept=False)
    assert found.tolist() == pytest.approx(expected.tolist())


def test_with_an_intercept_it_is_ordinary_least_squares() -> None:
    x, y = points(9, 3), points(9, 1)[:, 0] + 2
    ordinary = LinearRegression().fit(x.numpy(), y.numpy())
    found = mixup.mixup_least_squares(x, y, 0.4, intercept=True)
    assert float(found[0]) == pytest.approx(ordinary.intercept_)
    assert found[1:].tolist() == pytest.approx(ordinary.coef_.tolist())


def test_the_floor_of_three_points_is_known() -> None:
    where, labels = torch.tensor([0.0, 1.0, 2.0]).double(), torch.eye(3).double()[1]
    floor = mixup.irreducible_error(where, labels)
    assert float(floor) == pytest.approx(4 / 81, rel=1e-12)
    floor = mixup.irreducible_error(where, labels, distinct=True)
    assert float(floor) == pytest.approx(2 / 27, rel=1e-12)


def test_the_floor_by_simulation() -> None:
    where = torch.tensor([0.3, -1.0, 2.0, 0.9]).double()
    labels = torch.tensor([1.0, -1.0, 0.5, 2.0]).double()
    rng = np.random.default_rng(0)
    n, bins = 400_000, 400
    a, b = (rng.integers(4, size=n) for _ in range(2))
    a, b = a[a != b], b[a != b]
    e = rng.random(len(a))
    x = e * where.numpy()[a] + (1 - e) * where.numpy()[b]
    y = e * labels.numpy()[a] + (1 - e) * labels.numpy()[b]
    place = ((x + 1) / 3 * bins).astype(int).clip(0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    means = np.bincount(place, y, bins) / counts.clip(1)
    spread = ((y - means[place]) ** 2).mean()
    found = float(mixup.irreducible_error(where, labels, distinct=True))
    assert spread == pytest.approx(found, rel=0.03)
    ratio = float(mixup.irreducible_error(where, labels)) / found
    assert ratio == pytest.approx(12 / 16)


def test_an_affine_interpolant_leaves_no_floor() -> None:
    where = torch.tensor([0.0, 1.0, 3.0]).double()
    assert float(mixup.irreducible_error(where, 2 * where - 1)) < 1e-28
    with pytest.raises(ValueError, match="coincide"):
        mixup.irreducible_error(torch.zeros(2).double(), torch.zeros(2).double())


@pytest.mark.parametrize("alpha", [0.2, 1.0, 3.0])
def test_the_expansion_of_a_quadratic_loss_is_exact(alpha: float) -> None:
    x, y = points(6, 2), points(6, 1)[:, 0]

    def loss(z: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        return (z[:, 0] - 2 * z[:, 1] - label).square() + 0.3 * z[:, 0] * z[:, 1]

    exact = mixup.own_label_loss(loss, x, y, alpha)
    found = mixup.second_order(loss, x, y, alpha)
    assert float(found.loss) == pytest.approx(float(exact), rel=1e-12)
    assert float(found.penalty) != pytest.approx(0.0, abs=1e-3)


def test_the_expansions_error_is_of_third_order() -> None:
    x, y = points(6, 2), points(6, 1)[:, 0]
    errors = []
    for scale in (0.2, 0.1):
        near = scale * x
        exact = mixup.own_label_loss(square_loss, near, y, 1.0)
        found = mixup.second_order(square_loss, near, y, 1.0).loss
        errors.append(abs(float(exact - found)))
    assert errors[0] / errors[1] > 6


def test_the_least_error_needs_a_jump_at_the_sample_in_the_middle() -> None:
    """0, 1, 0: the mean label between them leaves 5/81, with the jump 4/81."""
    draw = torch.Generator().manual_seed(0)
    first, second = torch.randint(3, (2, 1_000_000), generator=draw)
    share = torch.rand(1_000_000, generator=draw, dtype=torch.float64)
    labels = torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64)
    at = share * first + (1 - share) * second
    label = share * labels[first] + (1 - share) * labels[second]
    tent = (2 / 3) * (1 - (at - 1).abs())
    jump = torch.where((first == 1) & (second == 1), 1.0, tent)
    for function, expected in ((tent, 5 / 81), (jump, 4 / 81)):
        error = (function - label).square()
        assert abs(float(error.mean()) - expected) < 4 * float(error.std()) / 1e3


def test_the_penalty_of_mixup_has_gradients_for_weights_and_inputs() -> None:
    """The second derivatives were constants; differences say what they are."""
    x = points(6)
    y, w = x[:, 0].clone(), torch.tensor([0.3, -0.2], dtype=torch.float64)

    def penalty(w: Tensor, x: Tensor) -> Tensor:
        return second_order(lambda x, _: (x @ w).sigmoid(), x, y, 1.0).penalty

    assert not penalty(w, x).requires_grad
    assert torch.autograd.gradcheck(penalty, (w.requires_grad_(), x.requires_grad_()))


def square_mean(x: Tensor, y: Tensor) -> Tensor:
    return nn.functional.mse_loss(x[:, 0], y)


@pytest.mark.parametrize("loss", [square_mean, lambda x, y: (x - y[:, None]).square()])
@pytest.mark.parametrize(
    "expected", [coin_label_loss, own_label_loss, mean_label_loss, second_order]
)
def test_a_loss_that_is_none_of_each_row_is_refused(
    expected: Callable[..., object], loss: Callable[[Tensor, Tensor], Tensor]
) -> None:
    """Means would be weighted as if each row had the mean's loss."""
    x = torch.linspace(0, 1, 4, dtype=torch.float64)
    with pytest.raises(ValueError, match="reduction='none'"):
        expected(loss, x[:, None], x, 1.0)
