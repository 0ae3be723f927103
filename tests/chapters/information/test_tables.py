"""The VAE's loss on tables and the InfoMax loss: identities on random laws."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rederived.chapters.information import InfoMax
from rederived.chapters.information.tables import (
    LossDecomposition,
    bayes_decoder,
    best_encoder,
    product_decoder,
    split_loss,
)
from rederived.networks import initialize, mlp
from rederived.probability import (
    infomax_loss,
    joint,
    js_information,
    mutual_information,
    random_distribution,
)
from rederived.training import generator
from rederived.vae import NormalEncoder
from torch import Tensor

seeds = st.integers(0, 10_000)


def problem(seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return data law, encoder, prior and decoder at random, 5 by 4."""
    draw = generator(seed)
    data, prior = random_distribution((5,), draw), random_distribution((4,), draw)
    return (
        data,
        random_distribution((5, 4), draw, -1),
        prior,
        random_distribution((5, 4), draw, 0),
    )


def by_loops(seed: int) -> LossDecomposition:
    """Return the parts by plain sums over single entries."""
    data, encoder, prior, decoder = (t.tolist() for t in problem(seed))
    cells = [(x, z) for x in range(5) for z in range(4)]
    weight = {(x, z): data[x] * encoder[x][z] for x, z in cells}
    aggregate = [sum(weight[x, z] for x in range(5)) for z in range(4)]

    def mean(term: dict[tuple[int, int], float]) -> Tensor:
        total = sum(weight[cell] * math.log(term[cell]) for cell in cells)
        return torch.tensor(total, dtype=torch.float64)

    return LossDecomposition(
        loss=mean({c: weight[c] / (prior[c[1]] * decoder[c[0]][c[1]]) for c in cells}),
        rate=mean({(x, z): encoder[x][z] / prior[z] for x, z in cells}),
        fit=mean({(x, z): decoder[x][z] / data[x] for x, z in cells}),
        information=mean({(x, z): encoder[x][z] / aggregate[z] for x, z in cells}),
        aggregate_kl=mean({(x, z): aggregate[z] / prior[z] for x, z in cells}),
        decoder_gap=mean(
            {(x, z): weight[x, z] / aggregate[z] / decoder[x][z] for x, z in cells}
        ),
    )


@given(seed=seeds)
def test_every_part_is_its_definition(seed: int) -> None:
    found, expected = split_loss(*problem(seed)), by_loops(seed)
    for name in vars(expected):
        value = getattr(expected, name)
        torch.testing.assert_close(getattr(found, name), value, atol=1e-12, rtol=1e-12)


@given(seed=seeds)
def test_the_identities_hold(seed: int) -> None:
    s = split_loss(*problem(seed))
    for left, right in (
        (s.loss, s.rate - s.fit),
        (s.fit, s.information - s.decoder_gap),
        (s.rate, s.information + s.aggregate_kl),
        (s.loss, s.aggregate_kl + s.decoder_gap),
    ):
        torch.testing.assert_close(left, right, atol=1e-12, rtol=0)


@given(seed=seeds)
def test_with_the_bayes_decoder_information_cancels(seed: int) -> None:
    data, encoder, prior, decoder = problem(seed)
    s = split_loss(data, encoder, prior, bayes_decoder(data, encoder))
    torch.testing.assert_close(s.loss, s.aggregate_kl, atol=1e-12, rtol=0)
    torch.testing.assert_close(s.fit, s.information, atol=1e-12, rtol=0)
    assert float(s.loss) <= float(split_loss(data, encoder, prior, decoder).loss)


@given(seed=seeds, first=st.floats(0, 3), second=st.floats(0, 3))
def test_the_net_weight_of_information(seed: int, first: float, second: float) -> None:
    data, encoder, prior, decoder = problem(seed)
    s = split_loss(data, encoder, prior, decoder)
    loss = infomax_loss(joint(data, encoder), s.rate, first, second)
    net = loss - second * s.aggregate_kl
    torch.testing.assert_close(net, (second - first) * s.information, atol=1e-12,
                               rtol=0)  # fmt: skip


@given(seed=seeds)
def test_js_information_lies_between_zero_and_its_bounds(seed: int) -> None:
    data, encoder, _, _ = problem(seed)
    table = joint(data, encoder)
    value = float(js_information(table))
    assert 0 <= value <= min(math.log(2), float(mutual_information(table)))


def test_js_information_of_independent_and_of_disjoint() -> None:
    independent = torch.full((3, 2), 1 / 6, dtype=torch.float64)
    assert float(js_information(independent)) == pytest.approx(0, abs=1e-15)
    many = torch.eye(1000, dtype=torch.float64) / 1000
    assert float(js_information(many)) == pytest.approx(math.log(2), abs=0.01)


def test_a_blind_discriminator_scores_nothing_and_its_loss_is_the_sum() -> None:
    encoder = NormalEncoder(mlp([3, 4]))
    judge = mlp([5, 1])
    for weight in judge.parameters():
        torch.nn.init.zeros_(weight)
    initialize(encoder, "glorot", generator(0))
    objective = InfoMax(encoder, judge, 2.0, 0.3)
    x = torch.randn(6, 3, generator=generator(1))
    terms = objective.terms(x, generator(2))
    assert terms.js.item() == pytest.approx(0, abs=1e-6)
    expected = 4 * math.log(2) + 0.3 * float(terms.rate.mean().detach())
    assert float(objective(x).detach()) == pytest.approx(expected, rel=1e-5)


def test_mismatched_pairs_have_another_rows_data() -> None:
    seen = []

    class Spy(torch.nn.Module):
        def forward(self, pair: Tensor) -> Tensor:
            seen.append(pair)
            return pair[:, :1]

    x = torch.arange(4.0)[:, None]
    encoder = NormalEncoder(torch.nn.Linear(1, 4))
    InfoMax(encoder, Spy()).terms(x, generator(0))
    own, other = seen
    assert torch.equal(own[:, 1:], other[:, 1:])
    assert torch.equal(own[:, 0], x[:, 0])
    assert not (own[:, 0] == other[:, 0]).any()
    with pytest.raises(ValueError, match="at least 2 rows"):
        InfoMax(encoder, Spy()).terms(x[:1])


@given(seed=seeds, beta=st.floats(0.2, 5))
def test_no_encoder_is_better_than_the_best(seed: int, beta: float) -> None:
    _, other, prior, decoder = problem(seed)

    def loss(encoder: Tensor) -> Tensor:
        """Distortion plus beta times rate of every picture."""
        rate = torch.xlogy(encoder, encoder / prior).sum(1)
        return beta * rate - (encoder * decoder.log()).sum(1)

    best = best_encoder(prior, decoder, beta)
    torch.testing.assert_close(best.sum(1), torch.ones(5).double())
    for share in (0.01, 0.1, 1.0):
        assert (loss((1 - share) * best + share * other) > loss(best) - 1e-12).all()


def test_a_weight_of_one_gives_bayes_rule_and_none_is_refused() -> None:
    _, _, prior, decoder = problem(0)
    posterior = prior * decoder / (prior * decoder).sum(1, keepdim=True)
    torch.testing.assert_close(best_encoder(prior, decoder, 1.0), posterior)
    with pytest.raises(ValueError, match="beta must be positive, got 0"):
        best_encoder(prior, decoder, 0)


@given(seed=seeds)
def test_no_decoder_of_independent_pixels_beats_the_product(seed: int) -> None:
    draw = generator(seed)
    data = random_distribution((6,), draw)
    encoder = random_distribution((6, 4), draw, -1)
    prior = random_distribution((4,), draw)
    decoder = product_decoder(data, encoder, (2, 3))
    first = random_distribution((2, 1, 4), draw, 0)
    second = random_distribution((1, 3, 4), draw, 1)
    rival = (first * second).reshape(6, 4)
    torch.testing.assert_close(decoder.sum(0), torch.ones(4).double())
    least = split_loss(data, encoder, prior, decoder).loss
    assert float(least) <= float(split_loss(data, encoder, prior, rival).loss)
    table = joint(data, encoder).tolist()
    for z in range(4):
        mass = sum(row[z] for row in table)
        for x in range(6):
            rows = sum(table[3 * (x // 3) + j][z] for j in range(3)) / mass
            columns = sum(table[3 * i + x % 3][z] for i in range(2)) / mass
            assert float(decoder[x, z]) == pytest.approx(rows * columns)


def test_an_infinite_rate_of_a_value_without_probability_counts_nothing() -> None:
    data = torch.tensor([0.0, 0.5, 0.5], dtype=torch.float64)
    prior = torch.tensor([1.0, 0.0], dtype=torch.float64)
    encoder = torch.tensor([[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]]).double()
    parts = split_loss(data, encoder, prior, torch.full_like(encoder, 1 / 3))
    assert parts.loss.item() == parts.rate.item() == math.inf
