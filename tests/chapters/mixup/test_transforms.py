"""Batch transforms, schedules, augmentation, measures and objectives of chapter 1."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rederived.chapters import mixup
from rederived.chapters.mixup import (
    PAPER_CIFAR,
    LinearityPenalty,
    PairingSchedule,
    WhitenedNet,
)
from rederived.chapters.mixup.networks import PreActBlock
from rederived.evaluation import calibration_error, fit_temperature
from rederived.networks import initialize
from scipy import stats
from torch import nn
from torch.nn import functional

ALPHAS = (0.2, 0.5, 1.0, 2.0, 8.0)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def batch(rows: int = 6, classes: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.randn(rows, 2, 4, 4, dtype=torch.float64, generator=seeded(1))
    labels = torch.arange(rows) % classes
    return x, functional.one_hot(labels, classes).double()


def test_partners_are_a_random_permutation() -> None:
    draw = seeded()
    found = torch.stack([mixup.partners(4, draw) for _ in range(4000)])
    assert torch.equal(found.sort(1).values, torch.arange(4).expand(4000, -1))
    for place in range(4):
        counts = torch.bincount(found[:, place], minlength=4)
        assert stats.chisquare(counts.numpy()).pvalue > 1e-4


@pytest.mark.parametrize("alpha", ALPHAS)
def test_weights_follow_their_law(alpha: float) -> None:
    weights = mixup.beta_weights(alpha, 4000, seeded(3))
    assert weights.dtype == torch.float64
    assert 0 <= weights.min() <= weights.max() <= 1
    assert stats.kstest(weights.numpy(), stats.beta(alpha, alpha).cdf).pvalue > 1e-4


def test_tiny_alpha_gives_numbers_near_the_ends() -> None:
    weights = mixup.beta_weights(1e-3, 1000, seeded())
    assert bool(weights.isfinite().all())
    assert float(((weights < 1e-6) | (weights > 1 - 1e-6)).double().mean()) > 0.95
    assert 0.4 < float(weights.mean()) < 0.6


def test_the_least_alpha_tosses_a_coin() -> None:
    weights = mixup.beta_weights(1e-310, 1000, seeded())
    assert set(weights.tolist()) == {0.0, 1.0}
    assert 0.4 < float(weights.mean()) < 0.6


@pytest.mark.parametrize("alpha", [0.0, -1.0, math.inf, math.nan])
def test_alpha_must_be_positive(alpha: float) -> None:
    with pytest.raises(ValueError, match="alpha is"):
        mixup.beta_weights(alpha, 3, seeded())


def test_mixing_by_hand() -> None:
    x = torch.tensor([[1.0, 2.0], [3.0, 6.0], [5.0, 10.0]])
    partner = torch.tensor([1, 2, 0])
    whole = mixup.mix(x, partner, 0.25)
    assert torch.allclose(whole, torch.tensor([[2.5, 5.0], [4.5, 9.0], [2.0, 4.0]]))
    each = mixup.mix(x, partner, torch.tensor([1.0, 0.0, 0.5]))
    assert torch.allclose(each, torch.tensor([[1.0, 2.0], [5.0, 10.0], [3.0, 6.0]]))
    assert torch.equal(x[0], torch.tensor([1.0, 2.0]))  # the batch is left alone


def test_mixing_refuses_what_it_cannot_mix() -> None:
    partner = torch.tensor([1, 0])
    with pytest.raises(ValueError, match="only floating point"):
        mixup.mix(torch.ones(2, 3, dtype=torch.uint8), partner, 0.5)
    with pytest.raises(ValueError, match="one for each of the 2 rows"):
        mixup.mix(torch.ones(2, 3), partner, torch.ones(3))


@given(st.integers(0, 10_000), st.sampled_from(["batch", "sample"]))
def test_mixup_mixes_inputs_and_targets_alike(
    seed: int, per: mixup.transforms.Per
) -> None:
    x, targets = batch()
    both = torch.cat([x.flatten(1), targets], 1)
    mixed, labels = mixup.mixup(x, targets, seeded(seed), alpha=0.7, per=per)
    again, _ = mixup.mixup(both, targets, seeded(seed), alpha=0.7, per=per)
    assert torch.allclose(torch.cat([mixed.flatten(1), labels], 1), again)
    assert torch.allclose(labels.sum(1), torch.ones(6).double())
    assert torch.allclose(mixed.sum(0), x.sum(0)) or per == "sample"


def test_one_weight_a_batch_or_one_a_sample() -> None:
    x = torch.eye(64)  # a mixed row shows its weight and its partner
    for per, most in (("batch", 2), ("sample", 128)):
        mixed, _ = mixup.mixup(x, x, seeded(5), per=per)  # type: ignore[arg-type]
        values = mixed[(mixed > 0) & (mixed < 1)]
        count = len(values.unique())
        assert count <= most
        assert count >= most // 2


def test_pairing_keeps_the_label_of_the_first() -> None:
    x, targets = batch()
    mixed, kept = mixup.sample_pairing(x, targets, seeded(2))
    partner = mixup.partners(6, seeded(2))
    assert torch.allclose(mixed, (x + x[partner]) / 2)
    assert torch.equal(kept, targets)


def test_a_seed_repeats_and_gradients_pass() -> None:
    x, targets = batch()
    x.requires_grad_(True)
    first, _ = mixup.mixup(x, targets, seeded(4))
    second, _ = mixup.mixup(x, targets, seeded(4))
    assert torch.equal(first, second)
    first.sum().backward()
    assert x.grad is not None
    assert torch.allclose(x.grad, torch.ones_like(x))


def test_targets_must_belong_to_the_inputs() -> None:
    x, targets = batch()
    with pytest.raises(ValueError, match="one_hot"):
        mixup.mixup(x, targets.argmax(1), seeded())
    with pytest.raises(ValueError, match="beside 6 inputs"):
        mixup.sample_pairing(x, targets[:4], seeded())
    with pytest.raises(ValueError, match="batch or sample"):
        mixup.mixup(x, targets, seeded(), per="pixel")  # type: ignore[arg-type]


def test_smoothing_is_torchs() -> None:
    _, targets = batch()
    logits = torch.randn(6, 3, dtype=torch.float64, generator=seeded())
    ours = mixup.soft_cross_entropy(logits, mixup.smooth(targets, 0.2)).mean()
    theirs = functional.cross_entropy(logits, targets.argmax(1), label_smoothing=0.2)
    assert float(ours) == pytest.approx(float(theirs))
    with pytest.raises(ValueError, match="share from 0 to 1"):
        mixup.smooth(targets, 1.5)


def test_the_papers_schedule() -> None:
    active = [PAPER_CIFAR.active(epoch) for epoch in range(1000)]
    assert not any(active[:100]) and not any(active[800:])
    assert active[100:110] == [True] * 8 + [False] * 2
    assert sum(active) == 70 * 8
    assert PairingSchedule.for_epochs(1000) == PAPER_CIFAR
    for wrong in ((-1, 8, 2, 10), (5, 0, 2, 10), (5, 8, -1, 10), (5, 8, 2, 4)):
        with pytest.raises(ValueError, match="cannot be followed"):
            PairingSchedule(*wrong)


def test_flips_mirror_half_of_the_pictures() -> None:
    x = torch.rand(2000, 1, 2, 3, generator=seeded())
    flipped = mixup.random_flip(x, seeded(1))
    mirrored = (flipped == x.flip(-1)).flatten(1).all(1)
    same = (flipped == x).flatten(1).all(1)
    assert bool((mirrored ^ same).all())
    assert 0.45 < float(mirrored.float().mean()) < 0.55


def test_crops_are_cut_from_the_padded_picture() -> None:
    x = torch.arange(1.0, 1 + 200 * 2 * 3 * 4).reshape(200, 2, 3, 4)
    cropped = mixup.random_crop(x, 1, seeded())
    padded = functional.pad(x, [1] * 4)
    seen = set()
    for index in range(200):
        places = [
            (row, column)
            for row in range(3)
            for column in range(3)
            if torch.equal(
                cropped[index], padded[index, :, row : row + 3, column : column + 4]
            )
        ]
        assert len(places) == 1
        seen |= set(places)
    assert len(seen) == 9
    assert mixup.random_crop(x, 0, seeded()) is x


def test_calibration_by_hand() -> None:
    probabilities = torch.tensor([[0.9, 0.1], [0.8, 0.2], [0.35, 0.65], [0.4, 0.6]])
    labels = torch.tensor([0, 1, 1, 1])
    # two bins of (1/2, 3/4] and (3/4, 1] among four: |2 - 1.25| + |1 - 1.7|
    expected = (abs(2 - 1.25) + abs(1 - 1.7)) / 4
    assert calibration_error(probabilities, labels, bins=4) == pytest.approx(expected)
    sure = torch.tensor([[1.0, 0.0]])
    assert calibration_error(sure, torch.tensor([0])) == 0.0
    # of two bins (0, 1/2] and (1/2, 1]: |1 - 0.4| + |0 - 0.6|
    low = torch.tensor([[0.4, 0.3, 0.3], [0.6, 0.2, 0.2]])
    found = calibration_error(low, torch.tensor([0, 1]), bins=2)
    assert found == pytest.approx((0.6 + 0.6) / 2)


@pytest.mark.parametrize("label", [-1, 2])
def test_a_label_of_no_column_is_refused(label: int) -> None:
    rows, labels = torch.full((2, 2), 0.5), torch.tensor([0, label])
    with pytest.raises(ValueError, match=f"labels must be 0 to 1, got {label}"):
        calibration_error(rows, labels)


def test_a_calibrated_law_has_no_calibration_error(rng: torch.Generator) -> None:
    probabilities = torch.randn(20_000, 3, generator=rng).softmax(1)
    labels = torch.multinomial(probabilities, 1, generator=rng)[:, 0]
    assert calibration_error(probabilities, labels) < 0.02


def test_the_temperature_of_scaled_logits(rng: torch.Generator) -> None:
    logits = 2 * torch.randn(20_000, 4, generator=rng)
    labels = torch.multinomial(logits.softmax(1), 1, generator=rng)[:, 0]
    assert fit_temperature(logits, labels) == pytest.approx(1.0, abs=0.03)
    sure = fit_temperature(5 * logits, labels)
    assert sure == pytest.approx(5 * fit_temperature(logits, labels), rel=1e-3)


def test_a_temperature_without_optimum_ends_at_the_bounds() -> None:
    sure = torch.tensor([[8.0, 0.0], [8.0, 0.0]])
    wrong_half_the_time = fit_temperature(sure, torch.tensor([0, 1]))
    assert wrong_half_the_time == pytest.approx(math.exp(4.0), rel=1e-3)
    modest = fit_temperature(sure / 100, torch.tensor([0, 0]))
    assert modest == pytest.approx(math.exp(-4.0), rel=1e-3)


def test_the_gap_of_a_square_by_hand() -> None:
    # f(x) = x^2: the residual is -w (1 - w) (a - b)^2
    x = torch.randn(500, 1, dtype=torch.float64, generator=seeded(7))
    found = mixup.linearity_gaps(lambda x: x.square(), x, seeded(8))["logits"]
    draw = seeded(8)
    partner = mixup.partners(500, draw)
    weight = torch.rand(500, generator=draw).double()
    residual = weight * (1 - weight) * (x - x[partner])[:, 0].square()
    assert found.absolute == pytest.approx(float(residual.square().mean()), rel=1e-6)
    spread = float(torch.var(x.square(), correction=0))
    assert found.relative == pytest.approx(found.absolute / spread, rel=1e-6)


def test_affine_logits_have_no_gap_but_their_probabilities_have() -> None:
    layer = nn.Linear(5, 3).double()
    x = torch.randn(50, 5, dtype=torch.float64, generator=seeded())
    gaps = mixup.linearity_gaps(layer, x, seeded())
    assert gaps["logits"].absolute < 1e-12  # weights are float32
    assert gaps["probabilities"].absolute > 1e-6


def test_the_residual_of_a_square() -> None:
    a, b, w = (torch.tensor(value).double() for value in (2.0, -1.0, 0.3))
    found = mixup.mixing_residual(lambda x: x * x, a, b, w)
    assert float(found) == pytest.approx(-0.3 * 0.7 * 9)


def test_the_penalty_by_hand() -> None:
    network = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3)).double()
    x = torch.randn(6, 4, dtype=torch.float64, generator=seeded())
    targets = functional.one_hot(torch.arange(6) % 3, 3).double()
    weight = torch.rand(6, dtype=torch.float64, generator=seeded(1))
    other, w = x.roll(1, 0), weight[:, None]
    gap = network(w * x + (1 - w) * other).softmax(1) - w * network(x).softmax(1)
    gap = gap - (1 - w) * network(other).softmax(1)
    plain = functional.cross_entropy(network(x), targets).item()
    expected = plain + 2.5 * gap.square().sum(1).mean().item()
    found = LinearityPenalty(2.5)(network, x, targets, weight).item()
    assert found == pytest.approx(expected)
    unpunished = LinearityPenalty(0.0)(network, x, targets, weight).item()
    assert unpunished == pytest.approx(plain)
    found = mixup.mean_soft_cross_entropy(network, x, targets).item()
    assert found == pytest.approx(plain)
    for strength in (-1.0, math.inf):
        with pytest.raises(ValueError, match=f"finite, got {strength}"):
            LinearityPenalty(strength)


def test_soft_cross_entropy_is_torchs() -> None:
    logits = torch.randn(7, 4, dtype=torch.float64, generator=seeded())
    targets = torch.rand(7, 4, dtype=torch.float64, generator=seeded(1)).softmax(1)
    theirs = functional.cross_entropy(logits, targets, reduction="none")
    assert torch.allclose(mixup.soft_cross_entropy(logits, targets), theirs)


def test_the_papers_network_has_its_size_and_depth() -> None:
    network = mixup.preact_resnet18()
    assert sum(p.numel() for p in network.parameters()) == 11_172_170
    layers = [
        part
        for name, part in network.named_modules()
        if isinstance(part, nn.Conv2d | nn.Linear) and "shortcut" not in name
    ]
    assert len(layers) == 18
    initialize(network, "he", seeded())
    assert network(torch.rand(2, 3, 8, 8)).shape == (2, 10)


def test_the_whitened_network_has_its_size_and_depth() -> None:
    network = mixup.WhitenedNet(64)
    convolutions = [24 * 64 + 64**2, 64 * 256 + 256**2, 2 * 256**2]
    learned = 9 * sum(convolutions) + 2 * 2 * (64 + 2 * 256) + 256 * 10
    sizes = {True: 0, False: 0}
    for p in network.parameters():
        sizes[p.requires_grad] += p.numel()
    assert sizes == {True: learned, False: 24 * 12}
    layers = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert len(layers) == 8


def test_the_whitened_network_is_its_layers_in_turn() -> None:
    network = mixup.WhitenedNet(4).eval()
    initialize(network, "he", seeded())
    x = torch.rand(2, 3, 32, 32, generator=seeded(1))
    kernel = {n: m.weight for n, m in network.named_modules() if hasattr(m, "weight")}
    scale = (1 + 1e-5) ** -0.5  # batch normalisation before any training

    def active(x: torch.Tensor) -> torch.Tensor:
        return x * (1 + torch.erf(x / 2**0.5)) / 2

    y = active(functional.conv2d(x, kernel["patches"]))  # 31 x 31
    for pair in range(3):
        y = functional.conv2d(y, kernel[f"pairs.{pair}.0"], padding=1)
        even = y[..., : y.shape[-2] // 2 * 2, : y.shape[-1] // 2 * 2]
        y = even.unflatten(-1, (-1, 2)).unflatten(-3, (-1, 2)).amax((-1, -3))
        y = active(scale * y)
        y = functional.conv2d(y, kernel[f"pairs.{pair}.4"], padding=1)
        y = active(scale * y)
    assert y.shape == (2, 16, 3, 3)
    expected = y.flatten(2).amax(2) @ kernel["head"].T / 9
    assert torch.allclose(network(x), expected, atol=1e-6)


def test_the_first_layer_whitens_and_does_not_learn() -> None:
    smooth = functional.avg_pool2d(torch.randn(200, 3, 10, 10, generator=seeded()), 3)
    smooth = smooth * torch.tensor([3.0, 1.0, 0.5])[:, None, None] + 0.2
    network = mixup.WhitenedNet(4)
    network.prepare(smooth)
    found = network.patches(smooth)
    assert torch.equal(found[:, 12:], -found[:, :12])
    outputs = found[:, :12].transpose(0, 1).flatten(1).numpy()
    patches = np.lib.stride_tricks.sliding_window_view(smooth.numpy(), (2, 2), (2, 3))
    spread = np.cov(patches.transpose(0, 2, 3, 1, 4, 5).reshape(-1, 12).T)
    shrunk = np.linalg.eigvalsh(spread)
    shrunk = shrunk / (shrunk + 5e-4)
    np.testing.assert_allclose(np.cov(outputs), np.diag(shrunk), atol=1e-4)
    assert not network.patches.weight.requires_grad


@pytest.mark.parametrize(
    "pictures",
    [
        torch.zeros(0, 3, 8, 8),
        torch.zeros(9, 3, 1, 8),
        torch.zeros(1, 3, 2, 2),
        torch.full((2, 3, 8, 8), torch.nan),
    ],
    ids=["none", "no patch", "one patch", "no number"],
)
def test_nothing_is_fixed_by_what_has_no_spread(pictures: torch.Tensor) -> None:
    network = mixup.WhitenedNet(4)
    before = network.patches.weight.clone()
    with pytest.raises(ValueError, match="two patches of 2 x 2 pixels or more"):
        network.prepare(pictures)
    assert torch.equal(network.patches.weight, before)


def test_convolutions_begin_as_copies_of_what_comes_in() -> None:
    network = mixup.WhitenedNet(32)
    initialize(network, "he", seeded())
    before = network.pairs[1][0].weight.detach().clone()
    network.prepare(torch.rand(8, 3, 8, 8, generator=seeded(1)))
    first, second = network.pairs[1][0], network.pairs[1][4]
    x = torch.rand(2, 32, 6, 6, generator=seeded(2))
    assert torch.equal(first(x)[:, :32], x)
    assert torch.equal(first.weight[32:], before[32:])
    y = torch.rand(2, 128, 6, 6, generator=seeded(3))
    assert torch.equal(second(y), y)


@pytest.mark.parametrize(
    ("inputs", "outputs", "stride", "bare"),
    [(8, 8, 1, True), (8, 16, 1, False), (8, 8, 2, False), (8, 16, 2, False)],
)
def test_a_shortcut_is_bare_where_nothing_changes_size(
    inputs: int, outputs: int, stride: int, *, bare: bool
) -> None:
    block = PreActBlock(inputs, outputs, stride)
    assert (block.shortcut is None) == bare
    found = block(torch.zeros(2, inputs, 4, 4))
    assert found.shape == (2, outputs, 4 // stride, 4 // stride)


def test_stages_halve_the_picture_and_weights_are_hes() -> None:
    network = mixup.ResidualNet((8, 16, 32), 1, classes=4, channels=1, stem_stride=2)
    initialize(network, "he", seeded())
    shapes = []
    for block in network.blocks:
        block.register_forward_hook(lambda _, __, out: shapes.append(tuple(out.shape)))
    logits = network(torch.rand(5, 1, 16, 16))
    assert logits.shape == (5, 4)
    assert shapes == [(5, 8, 8, 8), (5, 16, 4, 4), (5, 32, 2, 2)]
    last = network.blocks[-1].second.weight
    assert last.std().item() == pytest.approx(np.sqrt(2 / (9 * 32)), rel=0.05)
    assert not network.head.bias.any()


def test_the_first_layer_is_finite_on_grey_pictures_of_any_scale() -> None:
    grey = 255.0 * torch.rand(20, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    network = WhitenedNet(4)
    network.prepare(grey.expand(-1, 3, -1, -1))
    assert bool(network.patches.weight.isfinite().all())
