"""Deep InfoMax: estimators against known truth, the split form against joining."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import Literal

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rederived import evaluation, probability
from rederived.chapters import infomax
from rederived.chapters.infomax import (
    ConvDecoder,
    ConvEncoder,
    DeepInfoMax,
    InfoMaxWeights,
    PairDiscriminator,
)
from rederived.networks import initialize
from rederived.probability import (
    joint,
    js,
    kl,
    mutual_information,
    random_distribution,
)
from rederived.training import TrainConfig, fit, generator
from scipy import integrate
from scipy.stats import norm
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from torch import Tensor, nn
from torch.nn import functional

seeds = st.integers(0, 10_000)


def table(seed: int) -> Tensor:
    """Return a random joint distribution, 5 by 4."""
    draw = generator(seed)
    return joint(random_distribution((5,), draw), random_distribution((5, 4), draw, -1))


# Tables


@given(seed=seeds)
def test_pointwise_information_averages_to_mutual_information(seed: int) -> None:
    distribution = table(seed)
    mean = (distribution * probability.pointwise_information(distribution)).sum()
    torch.testing.assert_close(
        mean, mutual_information(distribution), atol=1e-12, rtol=0
    )
    first, second = distribution.sum(1), distribution.sum(0)
    by_loops = [[float(a * b) for b in second] for a in first]
    assert np.allclose(
        probability.product_of_marginals(distribution), by_loops, atol=1e-15
    )


@given(seed=seeds, negatives=st.sampled_from([1.0, 5.0]))
def test_negative_sampling_is_highest_at_the_shifted_information(
    seed: int, negatives: float
) -> None:
    distribution = table(seed)
    best = probability.pointwise_information(distribution) - math.log(negatives)
    best.requires_grad_(True)
    value = probability.negative_sampling(distribution, best, negatives)
    (slope,) = torch.autograd.grad(value, best)
    assert float(slope.abs().max()) < 1e-12
    other = best.detach() + torch.randn(best.shape, generator=generator(seed))
    assert probability.negative_sampling(distribution, other, negatives) < value


@given(seed=seeds)
def test_the_maximum_is_twice_js_less_two_log_two(seed: int) -> None:
    distribution = table(seed)
    best = probability.negative_sampling(
        distribution, probability.pointwise_information(distribution)
    )
    divergence = js(distribution, probability.product_of_marginals(distribution))
    torch.testing.assert_close(
        best, 2 * divergence - 2 * math.log(2), atol=1e-12, rtol=0
    )
    torch.testing.assert_close(probability.js_information(distribution), divergence)


@pytest.mark.parametrize("count", [2, 8, 64, 1000])
def test_the_ceiling_is_the_divergence_of_the_pairs(count: int) -> None:
    own = torch.eye(count, dtype=torch.float64) / count
    all_pairs = torch.full((count, count), 1 / count**2, dtype=torch.float64)
    assert probability.self_pair_ceiling(count) == pytest.approx(
        float(js(own, all_pairs)), abs=1e-12
    )
    with pytest.raises(ValueError, match="at least 2"):
        probability.self_pair_ceiling(1)


def test_cooccurrence_counts_by_hand() -> None:
    found = probability.cooccurrence([0, 1, 0, 2], 3, 1)
    assert torch.equal(
        found * 6, torch.tensor([[0, 2, 1], [2, 0, 0], [1, 0, 0.0]]).double()
    )
    wider = probability.cooccurrence([0, 1, 2], 3, 5) * 6
    assert torch.equal(wider, 1.0 - torch.eye(3, dtype=torch.float64))
    for words, window in (([0], 1), ([0, 1], 0)):
        with pytest.raises(ValueError, match="holds no pair"):
            probability.cooccurrence(words, 2, window)


# Normal pairs


@pytest.mark.parametrize("rho", [-0.6, 0.1, 0.5, 0.9, 0.99])
def test_normal_pairs_against_closed_form_and_scipy(rho: float) -> None:
    exact = -0.5 * np.linalg.slogdet([[1, rho], [rho, 1]])[1]  # of unit variances
    assert infomax.information_of_pair(rho) == pytest.approx(exact, rel=1e-12)
    x, z = torch.randn(2, 50, dtype=torch.float64, generator=generator(1))
    ratio = norm.logpdf(z, rho * x, math.sqrt(1 - rho**2)) - norm.logpdf(z)
    assert np.allclose(infomax.log_ratio(x, z, rho), ratio)


@pytest.mark.parametrize("rho", [1e-9, 1 - 1e-9, -(1 - 2**-50)])
def test_information_keeps_its_digits_at_both_ends(rho: float) -> None:
    exact = float(-(1 - Fraction(rho) ** 2 - 1))  # rho squared
    if abs(rho) > 0.5:
        exact = -math.log(float(1 - Fraction(rho) ** 2))
    assert infomax.information_of_pair(rho) == pytest.approx(exact / 2, rel=1e-14)


def test_js_of_a_pair_against_adaptive_quadrature() -> None:
    rho = 0.7
    distribution = norm(0, math.sqrt(1 - rho**2))

    def inside(z: float, x: float) -> float:
        p, q = norm.pdf(x) * distribution.pdf(z - rho * x), norm.pdf(x) * norm.pdf(z)
        middle = (p + q) / 2
        return 0.5 * float(p * np.log(p / middle) + q * np.log(q / middle))

    found, _ = integrate.dblquad(inside, -5, 5, -5, 5, epsabs=1e-3, epsrel=1e-3)
    assert infomax.js_of_pair(rho) == pytest.approx(found, abs=1e-4)
    assert infomax.js_of_pair(0.0) == pytest.approx(0.0, abs=1e-12)
    assert infomax.js_of_pair(0.7) == pytest.approx(infomax.js_of_pair(-0.7), abs=1e-12)


def test_draws_have_their_correlation_and_bad_ones_are_refused() -> None:
    x, z = infomax.draw_pair(20_000, 0.8, generator(2))
    assert x.shape == z.shape == (20_000, 1)
    assert float(torch.corrcoef(torch.cat([x, z], 1).T)[0, 1]) == pytest.approx(
        0.8, abs=0.02
    )
    for call in (
        infomax.information_of_pair,
        infomax.js_of_pair,
        lambda rho: infomax.log_ratio(x, z, rho),
        lambda rho: infomax.draw_pair(2, rho, generator(2)),
    ):
        with pytest.raises(ValueError, match="inside"):
            call(1.0)


# Estimates


@pytest.mark.parametrize(
    "estimate",
    [
        *(infomax.discrimination, infomax.softplus_form),
        *(infomax.js_estimate, infomax.donsker_varadhan),
    ],
    ids=lambda estimate: estimate.__name__,
)
def test_no_estimate_is_made_of_nothing(estimate) -> None:
    some, none = torch.ones(2), torch.ones(0)
    for pair in ((some, none), (none, some)):
        with pytest.raises(ValueError, match="a batch needs at least 2 rows"):
            estimate(*pair)


@given(seed=seeds)
def test_the_softplus_form_is_the_same_number(seed: int) -> None:
    own, other = torch.randn(2, 30, dtype=torch.float64, generator=generator(seed)) * 9
    torch.testing.assert_close(
        infomax.discrimination(own, other),
        infomax.softplus_form(own, other),
        atol=1e-12,
        rtol=0,
    )
    by_hand = torch.sigmoid(own).log().mean() + (1 - torch.sigmoid(other)).log().mean()
    assert float(infomax.js_estimate(own, other)) == pytest.approx(
        float(by_hand) / 2 + math.log(2), abs=1e-6
    )


@pytest.mark.parametrize("rho", [0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_estimates_at_the_best_scores_of_a_normal_pair(rho: float) -> None:
    count = 100_000
    x, z = infomax.draw_pair(count, rho, generator(3))
    own = infomax.log_ratio(x, z, rho)
    other = infomax.log_ratio(x, z.roll(1, 0), rho)
    truth = infomax.information_of_pair(rho)
    assert float(infomax.js_estimate(own, other)) == pytest.approx(
        infomax.js_of_pair(rho), abs=0.005
    )
    assert float(infomax.donsker_varadhan(own, other)) == pytest.approx(truth, abs=0.02)
    few = x[:2000], z[:2000]
    scores = infomax.log_ratio(few[0], few[1].T, rho)
    assert float(infomax.info_nce(scores)) == pytest.approx(truth, abs=0.06)


@given(seed=seeds, count=st.integers(2, 20), scale=st.floats(0.1, 100))
def test_info_nce_is_cross_entropy_and_at_most_log_k(
    seed: int, count: int, scale: float
) -> None:
    scores = scale * torch.randn(count, count, generator=generator(seed)).double()
    loss = functional.cross_entropy(scores, torch.arange(count))
    found = float(infomax.info_nce(scores))
    assert found == pytest.approx(math.log(count) - float(loss), abs=1e-9)
    assert found <= math.log(count)
    with pytest.raises(ValueError, match="all pairs"):
        infomax.info_nce(scores[:, :1].expand(-1, count + 1))


@pytest.mark.parametrize(
    ("kind", "exact"),
    [
        ("js", infomax.js_of_pair),
        ("dv", infomax.information_of_pair),
    ],
)
def test_a_trained_discriminator_finds_the_dependence(
    kind: Literal["js", "dv"], exact: Callable[[float], float]
) -> None:
    rho = 0.8
    estimator = infomax.PairEstimator(PairDiscriminator(1, 1, 16), kind)
    initialize(estimator, "glorot", generator(4))
    adam = torch.optim.Adam(estimator.parameters(), 1e-2)
    config = TrainConfig(epochs=3, batch_size=100, precision="float32")
    seen = infomax.draw_pair(5_000, rho, generator(5))
    fit(estimator, seen, adam, config, label=kind)
    fresh = infomax.draw_pair(20_000, rho, generator(6))
    with torch.no_grad():
        found = float(estimator.estimate(*fresh, generator(7)))
    assert found == pytest.approx(exact(rho), rel=0.15)
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        loss = float(estimator(*fresh))
        torch.manual_seed(0)
        assert loss == -float(estimator.estimate(*fresh))


def test_donsker_varadhan_is_exact_on_a_table() -> None:
    distribution = table(5)
    ratio = probability.pointwise_information(distribution)
    weights = (distribution * 1e6).round().long().flatten()
    own = ratio.flatten().repeat_interleave(weights)
    product = (
        (probability.product_of_marginals(distribution) * 1e6).round().long().flatten()
    )
    other = ratio.flatten().repeat_interleave(product)
    truth = float(kl(distribution, probability.product_of_marginals(distribution)))
    assert float(infomax.donsker_varadhan(own, other)) == pytest.approx(truth, abs=1e-4)


@given(seed=seeds, count=st.integers(2, 40))
def test_partners_are_permutations_and_deranged_ones_are_strangers(
    seed: int, count: int
) -> None:
    rows = torch.arange(count)
    for draw in (infomax.deranged, infomax.shuffled):
        partner = draw(count, generator(seed))
        assert torch.equal(partner.sort().values, rows)
    strangers = infomax.deranged(count, generator(seed))
    assert not bool((strangers == rows).any())


def test_a_shuffle_has_one_fixed_point_on_average() -> None:
    rows, draw = torch.arange(64), generator(4)
    fixed = [int((infomax.shuffled(64, draw) == rows).sum()) for _ in range(2000)]
    assert np.mean(fixed) == pytest.approx(1.0, abs=0.12)
    with pytest.raises(ValueError, match="at least 2 rows"):
        infomax.deranged(1)


# Networks


def test_the_articles_encoder_has_the_articles_parameters() -> None:
    encoder = ConvEncoder((64, 128, 256), 256)
    discriminator = PairDiscriminator(512 - 256, 256, 256)
    counts = [
        sum(p.numel() for p in part.parameters()) for part in (encoder, discriminator)
    ]
    assert counts == [1_684_480, 263_169]


def plain_encoder(encoder: ConvEncoder, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return map and mean with the ReLU before the pooling, as the article has it."""
    parts = list(encoder.local)
    for conv, norm_, pool, relu in zip(*[iter(parts)] * 4, strict=True):
        x = pool(relu(norm_(conv(x))))
    return x, encoder.mean(encoder.body(x).flatten(2).max(2).values)


def test_exchanging_pooling_and_relu_changes_nothing() -> None:
    encoder = ConvEncoder((4, 8), 5)
    initialize(encoder, "glorot", generator(0))
    x = torch.randn(6, 3, 16, 16, generator=generator(1))
    seen = encoder(x)
    grid, mean = plain_encoder(encoder, x)
    torch.testing.assert_close(seen.map.mT.reshape(grid.shape), grid)
    torch.testing.assert_close(seen.mean, mean)
    assert seen.map.shape == (6, 16, 8)


@given(seed=seeds)
def test_the_split_layer_is_the_joined_one(seed: int) -> None:
    draw = generator(seed)
    discriminator = PairDiscriminator(3, 4, 6)
    initialize(discriminator, "glorot", draw)
    discriminator.double()
    first = torch.randn(5, 7, 3, generator=draw, dtype=torch.float64)
    second = torch.randn(5, 1, 4, generator=draw, dtype=torch.float64)
    partner = infomax.deranged(5, draw)
    own, other = discriminator.pairs(first, second, partner)
    wide = second.expand(5, 7, 4)
    torch.testing.assert_close(own, discriminator(first, wide))
    torch.testing.assert_close(other, discriminator(first, wide[partner]))


def test_the_decoder_returns_flat_pictures() -> None:
    for channels in ((4, 8), (4, 8, 16)):
        decoder = ConvDecoder(channels, 5, (3, 16, 8))
        assert decoder(torch.zeros(2, 5)).shape == (2, 3 * 16 * 8)


# The objective


def model(weights: InfoMaxWeights, **options: str) -> DeepInfoMax:
    """Return a small objective for pictures of 8 by 8 pixels."""
    encoder = ConvEncoder((4,), 5, 1)
    built = DeepInfoMax(encoder, 5, (16, 4), weights, width=6, **options)  # type: ignore[arg-type]
    initialize(built, "glorot", generator(7))
    return built


def test_the_loss_is_the_weighted_sum_of_its_terms() -> None:
    weights = InfoMaxWeights(
        global_weight=0.5,
        local_weight=1.5,
        inter_location_weight=0.3,
        prior_weight=0.01,
    )
    objective = model(weights)
    x = torch.randn(6, 1, 8, 8, generator=generator(8))
    terms = objective.terms(x, generator(9))
    assert terms.global_score is not None
    assert terms.local_score is not None
    assert terms.inter_location_score is not None
    expected = (
        -0.5 * terms.global_score
        - 1.5 * terms.local_score
        - 0.3 * terms.inter_location_score
        + 0.01 * terms.rate
    )
    torch.testing.assert_close(objective.loss(terms), expected)


def test_terms_by_hand() -> None:
    objective = model(InfoMaxWeights())
    x = torch.randn(6, 1, 8, 8, generator=generator(8))
    terms = objective.terms(x, generator(9))
    draw = generator(9)
    seen = objective.encoder(x)
    noise = torch.randn(6, 5, generator=draw)
    z = seen.mean + (seen.log_variance / 2).exp() * noise
    partner = infomax.deranged(6, draw)
    discriminator = objective.discriminator("local")
    own, other = [], []
    for i in range(6):
        for place in seen.map[i]:
            own.append(torch.sigmoid(discriminator(place, z[i])).log())
            other.append((1 - torch.sigmoid(discriminator(place, z[partner[i]]))).log())
    expected = torch.stack(own).mean() + torch.stack(other).mean()
    torch.testing.assert_close(terms.local_score, expected)
    distribution = torch.distributions.Normal(seen.mean, (seen.log_variance / 2).exp())
    prior = torch.distributions.Normal(0.0, 1.0)
    rate = torch.distributions.kl_divergence(distribution, prior).mean()
    torch.testing.assert_close(terms.rate, rate)


def test_terms_without_weight_are_left_out() -> None:
    terms = model(InfoMaxWeights(global_weight=0.0)).terms(torch.randn(4, 1, 8, 8))
    assert terms.global_score is None
    assert terms.inter_location_score is None
    assert terms.local_score is not None


@pytest.mark.parametrize("form", ["text", "code"])
def test_only_the_text_form_sees_the_picture(form: str) -> None:
    objective = model(InfoMaxWeights(local_weight=0.0), form=form)
    sizes = {"text": [16 * 4, 5], "code": [5, 5]}
    assert objective.discriminator("global").sizes == sizes[form]
    x = torch.randn(4, 1, 8, 8, generator=generator(1))
    objective.eval()
    with torch.no_grad():
        for layer in (objective.encoder.mean, objective.encoder.log_variance):
            nn.init.zeros_(layer.weight)  # the code is noise, whatever the picture
    first, second = (
        objective.terms(pictures, generator(2)).global_score for pictures in (x, 3 * x)
    )
    assert (first == second) == (form == "code")


# Neighbours


@pytest.mark.parametrize(
    ("metric", "name"), [("cosine", "cosine"), ("euclid", "euclidean")]
)
def test_neighbours_and_votes_are_scikit_learns(
    metric: evaluation.Metric, name: str
) -> None:
    draw = generator(3)
    keys, queries = (torch.randn(n, 4, generator=draw) for n in (200, 30))
    labels = torch.randint(0, 2, (200,), generator=draw)
    found = evaluation.nearest(queries, keys, 5, metric)
    peer = NearestNeighbors(n_neighbors=5, metric=name, algorithm="brute").fit(keys)
    assert np.array_equal(found, peer.kneighbors(queries, return_distance=False))
    discriminator = KNeighborsClassifier(5, metric=name, algorithm="brute").fit(
        keys, labels
    )
    assert np.array_equal(
        evaluation.vote(found, labels), discriminator.predict(queries)
    )
    with pytest.raises(ValueError, match="between 1 and 200"):
        evaluation.nearest(queries, keys, 201)


def test_overlap_counts_common_entries() -> None:
    first = torch.tensor([[1, 2, 3, 4], [5, 6, 7, 8]])
    second = torch.tensor([[4, 9, 1, 0], [6, 5, 8, 7]])
    assert evaluation.overlap(first, second).tolist() == [0.5, 1.0]


def test_js_rises_with_information() -> None:
    rhos = [0.1, 0.3, 0.5, 0.7, 0.9, 0.99]
    for measure in (infomax.information_of_pair, infomax.js_of_pair):
        assert all(a < b for a, b in pairwise(map(measure, rhos)))
