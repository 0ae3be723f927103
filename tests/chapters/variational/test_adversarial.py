"""The exact adversarial games, the losses, and networks trained side by side."""

from __future__ import annotations

import math
from typing import get_args

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rederived.chapters.variational import ensembles
from rederived.chapters.variational.ensembles import BatchNorm, Linear, mlp
from rederived.chapters.variational.inference import (
    LOSSES,
    Rule,
    TabularAli,
    ali_loss,
    labelled_kl,
    linearised,
    loss_derivatives,
    train_ali,
)
from rederived.chapters.variational.losses import (
    discriminator_loss,
    generator_loss,
    proximity,
)
from rederived.chapters.variational.tables import (
    alternate,
    best_response,
    damped,
    discriminator_risk,
    generator_risk,
    joint_kl,
    labelled_joint,
    optimal_discriminator,
    proximal_response,
    proximal_risk,
    simplified_kl,
    weighted_response,
)
from rederived.probability import js, kl, marginal, random_distribution
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

seeds = st.integers(0, 2**32 - 1)


def source(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def laws(seed: int, count: int, size: int = 6) -> list[Tensor]:
    rng = source(seed)
    return [random_distribution((size,), rng) for _ in range(count)]


@given(seeds, st.floats(0.1, 0.9))
def test_the_joint_kl_is_its_sum_by_hand(seed: int, weight: float) -> None:
    p, q, other = laws(seed, 3)
    d = 0.05 + 0.9 * other / other.max()
    by_hand = sum(
        float(
            weight * a * math.log(weight / c)
            + (1 - weight) * b * math.log((1 - weight) * b / ((1 - c) * a))
        )
        for a, b, c in zip(p.tolist(), q.tolist(), d.tolist(), strict=True)
    )
    assert float(joint_kl(p, q, d, weight)) == pytest.approx(by_hand, abs=1e-12)
    half = 0.5 * float(simplified_kl(p, q, d)) - math.log(2)
    assert float(joint_kl(p, q, d)) == pytest.approx(half, abs=1e-12)
    assert float(labelled_joint(p, q, weight).sum()) == pytest.approx(1)


@given(seeds, st.floats(0.1, 0.9))
def test_the_optimal_discriminator_has_no_gradient_and_beats_others(
    seed: int, weight: float
) -> None:
    p, q, other = laws(seed, 3)
    best = optimal_discriminator(p, q, weight).requires_grad_()
    risk = discriminator_risk(p, q, best, weight)
    (slope,) = torch.autograd.grad(risk, best)
    assert float(slope.abs().max()) < 1e-12
    d = 0.05 + 0.9 * other / other.max()
    assert float(discriminator_risk(p, q, d, weight)) >= float(risk.detach()) - 1e-12
    mixture = weight * p + (1 - weight) * q
    least = joint_kl(p, q, best.detach(), weight)
    assert float(least) == pytest.approx(float(kl(mixture, p)), abs=1e-12)


@given(seeds)
def test_the_proximal_response_beats_every_other_law(seed: int) -> None:
    p, old, other = laws(seed, 3)
    d = optimal_discriminator(p, old)
    best = proximal_response(old, d)
    assert float(best.sum()) == pytest.approx(1)
    for rival in (other, old, p, 0.99 * best + 0.01 * other):
        assert float(proximal_risk(rival, old, d)) >= float(proximal_risk(best, old, d))


@given(seeds, st.floats(0.2, 3.0))
def test_the_weighted_response_beats_every_other_law(seed: int, weight: float) -> None:
    p, old, other = laws(seed, 3)
    d = optimal_discriminator(p, old)

    def risk(model: Tensor) -> float:
        return float(generator_risk(model, d) + weight * kl(model, old))

    best = weighted_response(weight)(old, d)
    assert risk(best) <= min(risk(other), risk(0.99 * best + 0.01 * other)) + 1e-12


@given(seeds)
def test_the_best_response_beats_every_other_law(seed: int) -> None:
    p, old, other = laws(seed, 3)
    d = optimal_discriminator(p, old)
    best = best_response(old, d)
    assert sorted(best.tolist())[-2:] == [0.0, 1.0]
    assert float(generator_risk(best, d)) <= float(generator_risk(other, d))


def test_the_game_goes_on_from_round_to_round() -> None:
    p, start = laws(1, 2)
    models = alternate(p, start, proximal_response, 3)
    expected = start
    for model in models[1:]:
        expected = p * expected / (p + expected)
        expected = expected / expected.sum()
        torch.testing.assert_close(model, expected)
    floored = alternate(p, start, best_response, 4, floor=0.1)
    torch.testing.assert_close(floored.sum(1), torch.ones(5).double())
    assert float(floored[1:].min()) == pytest.approx(0.1 / 6)
    lazy = alternate(p, start, proximal_response, 1, discriminator_share=0.5)
    halfway = 0.25 + 0.5 * optimal_discriminator(p, start)
    torch.testing.assert_close(lazy[1], proximal_response(start, halfway))
    slow = alternate(p, start, damped(best_response, 0.25), 1)
    top = int(optimal_discriminator(p, start).argmax())
    expected = 0.75 * start
    expected[top] += 0.25
    torch.testing.assert_close(slow[1], expected)


def test_bad_games_are_refused() -> None:
    hole = torch.tensor([0.0, 1.0]).double()
    with pytest.raises(
        ValueError, match="both distributions give a point probability 0"
    ):
        optimal_discriminator(hole, hole)
    for share in (0, math.nextafter(1, 2)):
        with pytest.raises(ValueError, match=f"share is {share}; give more than 0"):
            damped(best_response, share)
    p = torch.full((2, 2), 0.25, dtype=torch.float64)
    with pytest.raises(ValueError, match="weight is 0; give more than 0, or use best"):
        weighted_response(0)
    with pytest.raises(ValueError, match="no loss 'wasserstein'; there are complete"):
        ali_loss("wasserstein", (p, p), p, (p, p))  # type: ignore[arg-type]


def test_losses_are_cross_entropies(rng: torch.Generator) -> None:
    real, fake = torch.randn(2, 3, 7, generator=rng)
    one, zero = torch.ones(3, 7), torch.zeros(3, 7)

    def entropy(logits: Tensor, target: Tensor) -> Tensor:
        each = binary_cross_entropy_with_logits(logits, target, reduction="none")
        return each.mean(1)

    expected = 0.5 * (entropy(real, one) + entropy(fake, zero))
    torch.testing.assert_close(discriminator_loss(real, fake), expected)
    torch.testing.assert_close(generator_loss(fake), entropy(fake, one))


def test_proximity_is_a_mean_square_that_only_moves_the_new(
    rng: torch.Generator,
) -> None:
    new, old = torch.randn(2, 3, 7, 2, generator=rng)
    new.requires_grad_()
    old.requires_grad_()
    distance = proximity(new, old)
    by_hand = ((new - old) ** 2).sum((1, 2)) / 7
    torch.testing.assert_close(distance, by_hand)
    distance.sum().backward()
    assert old.grad is None
    assert new.grad is not None


def tables(
    seed: int, shape: tuple[int, ...] = (3, 4)
) -> tuple[Tensor, Tensor, TabularAli]:
    rng = source(seed)
    data, prior = (
        random_distribution(shape[:1], rng),
        random_distribution(shape[1:], rng),
    )
    encoder, decoder = torch.randn(2, *shape, generator=rng, dtype=torch.float64)
    return data, prior, TabularAli(data, prior, encoder, decoder)


@given(seeds)
def test_the_joints_have_the_right_marginals(seed: int) -> None:
    data, prior, game = tables(seed)
    p, q = game.joints()
    torch.testing.assert_close(marginal(p, 0), data)
    torch.testing.assert_close(marginal(q, 1), prior)


@given(seeds)
def test_the_complete_loss_is_the_labelled_kl(seed: int) -> None:
    _, _, game = tables(seed)
    old = game.joints()
    _, _, other = tables(seed)
    other.encoder += 0.3 * torch.randn(3, 4, generator=source(seed)).double()
    other.decoder *= 0.7
    p, q = other.joints()
    d = optimal_discriminator(*old)
    torch.testing.assert_close(
        labelled_kl(p, q, d), ali_loss("complete", (p, q), d, old), atol=1e-12, rtol=0
    )


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("natural", [False, True])
def test_directions_are_gradients_of_the_losses(name: str, natural: bool) -> None:
    _, _, game = tables(5)
    old = game.joints()
    d = optimal_discriminator(*old)
    game.encoder.requires_grad_()
    game.decoder.requires_grad_()
    value = ali_loss(name, game.joints(), d, old)  # type: ignore[arg-type]
    by_autograd = torch.autograd.grad(value, [game.encoder, game.decoder])
    with torch.no_grad():
        found = game.directions(name, natural=natural)  # type: ignore[arg-type]
    for direction, slope, law in zip(found, by_autograd, old, strict=True):
        factor = law if natural else torch.ones_like(law)
        expected = (slope / factor).clamp(-5, 5)
        torch.testing.assert_close(-direction, expected, atol=1e-10, rtol=1e-8)


def test_the_fourth_term_can_be_weighted(rng: torch.Generator) -> None:
    s = torch.randn(3, 4, generator=rng, dtype=torch.float64)
    without, full = (
        loss_derivatives("complete", s, 0.0),
        loss_derivatives("complete", s),
    )
    torch.testing.assert_close(without[0], loss_derivatives("reduced", s)[0])
    torch.testing.assert_close(full[0], without[0] - s.exp())


@pytest.mark.parametrize("name", LOSSES)
def test_the_linearisation_is_how_small_steps_move(name: str) -> None:
    """Near agreement the log-ratio moves by the matrix, whatever the direction."""
    rng = source(9)
    joint = random_distribution((3, 4), rng)
    data, prior = joint.sum(1), joint.sum(0)
    shift = 1e-5 * torch.randn(3, 4, generator=rng, dtype=torch.float64)
    game = TabularAli(data, prior, joint.log() + shift, joint.log() - shift.flip(0))
    log_p, log_q = game.log_joints()
    before = log_q - log_p
    step = 1e-4
    train_ali(game, name, "natural", 1, rate=step, encoder_factor=3.0)  # type: ignore[arg-type]
    log_p, log_q = game.log_joints()
    moved = ((log_q - log_p) - before) / step
    matrix = linearised(joint, 1.0 if name == "reduced" else -1.0, 1.0, 3.0)
    root = joint.sqrt()
    expected = (matrix @ (before * root).flatten()).reshape(3, 4) / root
    torch.testing.assert_close(moved, expected, atol=1e-8, rtol=1e-2)
    torch.testing.assert_close(matrix, matrix.T)


@pytest.mark.parametrize("factor", [0.25, 10.0])
def test_only_the_reduced_loss_leaves_the_solution(factor: float) -> None:
    rng = source(17)
    law = random_distribution((6, 3, 4), rng, axes=(1, 2))
    near = 0.01 * torch.randn(2, 6, 3, 4, generator=rng, dtype=torch.float64)
    for name in LOSSES:
        game = TabularAli(law.sum(2), law.sum(1), *(law.log() + near))
        start = js(*game.joints(), (1, 2))
        rate = 0.4 if factor < 1 else 0.1
        train_ali(game, name, "natural", 300, rate=rate, encoder_factor=factor)
        p, q = (joint.clamp(min=1e-300) for joint in game.joints())
        if name == "reduced":
            assert bool((js(p, q, (1, 2)) > 20 * start).all())
        else:
            assert bool((js(p, q, (1, 2)) < 0.1 * start).all())


@pytest.mark.parametrize("rule", get_args(Rule))
def test_a_frozen_encoder_stays_and_the_decoder_learns_it(rule: Rule) -> None:
    _, _, game = tables(3)
    before = game.encoder.clone()
    p, q = game.joints()
    rate = {"gradient": 1.0, "natural": 0.1, "adam": 0.02}[rule]
    train_ali(game, "reduced", rule, 300, rate=rate, train_encoder=False)
    assert torch.equal(game.encoder, before)
    new_p, new_q = game.joints()
    assert float(js(new_p, new_q)) < float(js(p, q))


def test_layers_are_those_of_torch_network_by_network(rng: torch.Generator) -> None:
    layer, norm = Linear(3, 3, 4, 5, rng), BatchNorm(3, 5)
    x = torch.randn(3, 8, 4, generator=rng)
    peers = [nn.BatchNorm1d(5, momentum=0.1) for _ in range(3)]
    hidden = layer(x)
    found = norm(hidden)
    for k, peer in enumerate(peers):
        affine = x[k] @ layer.weight[k] + layer.bias[k]
        torch.testing.assert_close(hidden[k], affine)
        torch.testing.assert_close(found[k], peer(affine), atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(norm.mean[k, 0], peer.running_mean)
    norm.eval()
    expected = (hidden - norm.mean) / (norm.variance + 1e-5).sqrt()
    torch.testing.assert_close(norm(hidden), expected)


def test_networks_do_not_see_one_another() -> None:
    both = mlp(2, 2, (3, 8, 1), source(0), leak=0.2, normalized=(True,))
    x = torch.randn(2, 16, 3, generator=source(1))
    optimizer = torch.optim.Adam(both.parameters(), lr=0.01)
    alone = mlp(2, 2, (3, 8, 1), source(0), leak=0.2, normalized=(True,))
    single = torch.optim.Adam(alone.parameters(), lr=0.01)
    for _ in range(3):
        for net, rule, factor in ((both, optimizer, 1.0), (alone, single, 0.0)):
            rule.zero_grad()
            values = net(x).square().mean((1, 2))
            (values[0] + factor * values[1]).backward()
            rule.step()
    for left, right in zip(both.parameters(), alone.parameters(), strict=True):
        torch.testing.assert_close(left[0], right[0])


def test_starts_are_shared_and_scaled() -> None:
    layer = Linear(6, 2, 400, 50, source(0))
    assert torch.equal(layer.weight[0], layer.weight[4])
    assert not torch.equal(layer.weight[0], layer.weight[1])
    assert float(layer.weight.detach().std()) == pytest.approx(
        math.sqrt(2 / 400), rel=0.02
    )
    with pytest.raises(ValueError, match="5 networks cannot share 2 starts"):
        Linear(5, 2, 3, 3, source(0))
    with pytest.raises(ValueError, match="1 flags for 2 hidden layers"):
        mlp(2, 2, (1, 2, 2, 1), source(0), normalized=(True,))


def test_batch_normalisation_of_one_row_is_refused() -> None:
    with pytest.raises(ValueError, match="1 rows have no variance"):
        ensembles.BatchNorm(2, 3)(torch.zeros(2, 1, 3))
