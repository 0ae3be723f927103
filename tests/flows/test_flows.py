"""The contract of every bijection, and what each split keeps and changes."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from bijections import CASES, IMAGE, Case, dense
from hypothesis import given
from hypothesis import strategies as st
from rederived import flows
from rederived.chapters.fvae.glow_layers import ChannelPermutation, Channels
from rederived.chapters.nice.model import nice, nice_as_article
from rederived.flows import (
    AdditiveCoupling,
    AffineCoupling,
    Bijection,
    Composition,
    DiagonalScale,
    Inverse,
    OddEven,
    Prefix,
    Reverse,
    Split,
    StandardLogistic,
)
from rederived.networks import initialize, mlp
from rederived.training import read_tensors, write_tensors
from torch import Tensor, nn
from torch.func import functional_call

every_bijection = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def log_abs_det(bijection: Bijection, x: Tensor) -> Tensor:
    """Return log|det| of each row's Jacobian by automatic differentiation."""

    def flat(event: Tensor) -> Tensor:
        return bijection(event.view(1, *x.shape[1:]))[0].flatten()

    jacobians = [torch.autograd.functional.jacobian(flat, row.flatten()) for row in x]
    return torch.linalg.slogdet(torch.stack(jacobians)).logabsdet


@every_bijection
def test_shapes_and_dtype_are_kept(case: Case) -> None:
    x = case.events()
    for direction in (case.build(), Inverse(case.build())):
        z, log_det = direction(x)
        assert z.shape == x.shape
        assert log_det.shape == (len(x),)
        assert z.dtype == log_det.dtype == torch.float64


@every_bijection
def test_round_trip_and_its_log_determinants(case: Case) -> None:
    bijection, x = case.build(), case.events()
    for there in (bijection, Inverse(bijection)):
        z, out = there(x)
        again, back = there.inverse(z)
        torch.testing.assert_close(again, x, atol=1e-10, rtol=0)
        torch.testing.assert_close(
            out + back, torch.zeros_like(out), atol=1e-10, rtol=0
        )


@every_bijection
def test_log_determinant_is_that_of_the_jacobian(case: Case) -> None:
    bijection, x = case.build(), case.events()
    for direction in (bijection, Inverse(bijection)):
        _, log_det = direction(x)
        expected = log_abs_det(direction, x)
        torch.testing.assert_close(log_det, expected, atol=1e-10, rtol=0)


@every_bijection
def test_rows_do_not_see_each_other(case: Case) -> None:
    bijection, x, others = case.build(), case.events(), case.events(seed=2)
    others[0] = x[0]
    for direction in (bijection, Inverse(bijection)):
        z, log_det = direction(x)
        for batch in (others, x[:1]):
            same, same_log_det = direction(batch)
            torch.testing.assert_close(same[0], z[0], atol=1e-13, rtol=0)
            torch.testing.assert_close(same_log_det[0], log_det[0], atol=1e-13, rtol=0)


@every_bijection
def test_gradients_to_events_and_parameters(case: Case) -> None:
    bijection = case.build()
    names = [name for name, _ in bijection.named_parameters()]
    values = [value.detach().requires_grad_() for value in bijection.parameters()]

    def outputs(x: Tensor, *parameters: Tensor) -> tuple[Tensor, ...]:
        return functional_call(
            bijection, dict(zip(names, parameters, strict=True)), (x,)
        )

    x = case.events(rows=2).requires_grad_()
    assert torch.autograd.gradcheck(outputs, (x, *values), fast_mode=True)


@every_bijection
def test_saved_and_loaded_it_maps_the_same(case: Case, tmp_path: Path) -> None:
    saved, other, x = case.build(seed=0), case.build(seed=9), case.events()
    write_tensors(tmp_path / "bijection.safetensors", saved.state_dict(), "header")
    tensors, header = read_tensors(tmp_path / "bijection.safetensors")
    other.load_state_dict(tensors)
    assert header == "header"
    for first, second in zip(saved(x), other(x), strict=True):
        assert torch.equal(first, second)


@given(st.integers(1, 12), st.integers(0, 2**31))
def test_any_permutation_is_undone_and_keeps_volume(size: int, seed: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    order = torch.randperm(size, generator=rng)
    x = torch.randn(2, size, generator=rng)
    z, log_det = ChannelPermutation(order)(x)
    assert all(torch.equal(z[:, i], x[:, order[i]]) for i in range(size))
    assert torch.equal(ChannelPermutation(order).inverse(z)[0], x)
    assert torch.equal(log_det, torch.zeros(2))


@pytest.mark.parametrize("order", [[0, 0], [1, 2], [0, 2, 1, 1]])
def test_a_list_that_is_no_permutation_is_refused(order: list[int]) -> None:
    with pytest.raises(ValueError, match=r"each of 0\.\.\d+ once.*randperm"):
        ChannelPermutation(torch.tensor(order))


@given(st.integers(1, 20))
def test_reversal_has_the_determinant_of_its_sign(size: int) -> None:
    matrix = Reverse()(torch.eye(size, dtype=torch.float64))[0]
    assert round(float(torch.linalg.det(matrix))) == (-1) ** (size // 2)


@given(
    st.integers(1, 4), st.integers(1, 4), st.integers(1, 4), st.booleans(), st.data()
)
def test_any_split_is_undone_by_its_merge(
    batch: int, half: int, rows: int, swap: bool, data: st.DataObject
) -> None:
    vector = torch.arange(batch * 2 * half).view(batch, 2 * half)
    image = torch.arange(batch * 2 * half * rows * 6).view(batch, 2 * half, rows, 6)
    size = data.draw(st.integers(1, 2 * half - 1))
    for split, x in (
        (OddEven(swap), vector),
        (Prefix(size, swap), vector),
        (Channels(swap), image),
    ):
        assert torch.equal(split.merge(*split.split(x)), x)


def kept_by_definition(kind: type, shape: tuple[int, ...]) -> np.ndarray:
    """Return the mask of what is kept without a swap, place by place."""
    mask = np.zeros(shape, dtype=bool)
    for place in np.ndindex(*shape):
        if kind is OddEven:
            mask[place] = (place[-1] + 1) % 2 == 1  # 1st, 3rd, 5th ...
        elif kind is Prefix:
            mask[place] = place[-1] < 2
        else:
            mask[place] = place[0] < shape[0] / 2
    return mask


@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize(
    ("kind", "shape"),
    [(OddEven, (8,)), (Prefix, (8,)), (Channels, (4, 3, 4))],
)
def test_splits_keep_the_places_they_say(
    kind: type, shape: tuple[int, ...], swap: bool
) -> None:
    split: Split = Prefix(2, swap) if kind is Prefix else kind(swap)
    index = torch.arange(int(np.prod(shape))).view(1, *shape)
    kept, changed = split.split(index)
    mask = kept_by_definition(kind, shape) ^ swap
    assert np.array_equal(kept.flatten().numpy(), index.numpy()[0][mask])
    assert np.array_equal(changed.flatten().numpy(), index.numpy()[0][~mask])


@pytest.mark.parametrize("swap", [False, True])
def test_a_coupling_moves_the_changed_part_only(swap: bool) -> None:
    x = torch.zeros(1, *IMAGE, dtype=torch.float64)
    z, _ = AdditiveCoupling(Channels(swap), torch.ones_like)(x)
    moved = ~(kept_by_definition(Channels, IMAGE) ^ swap)
    assert np.array_equal(z[0].numpy() == 1.0, moved)


@pytest.mark.parametrize(
    ("split", "shape", "words"),
    [
        (OddEven(), (1, 7), "even number of coordinates, got 7: pad"),
        (Channels(), (1, 3, 4, 4), "even number of channels, got 3: squeeze"),
    ],
)
def test_odd_sizes_are_refused(
    split: Split, shape: tuple[int, ...], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        split.split(torch.zeros(shape))


def test_the_affine_scale_stays_within_its_limit(rng: torch.Generator) -> None:
    coupling = AffineCoupling(OddEven(), lambda kept: 1e6 * kept.repeat(1, 2), 1.5)
    x = torch.randn(50, 8, generator=rng)
    _, log_det = coupling(x)
    assert float(log_det.abs().max()) <= 4 * 1.5 + 1e-5
    torch.testing.assert_close(log_det, 1.5 * x[:, ::2].sign().sum(1))


def test_the_affine_network_gives_the_log_scale_first() -> None:
    def net(kept: Tensor) -> Tensor:
        return torch.cat([torch.full_like(kept, 0.1), torch.full_like(kept, 7.0)], 1)

    x = torch.ones(1, 4, dtype=torch.float64)
    z, _ = AffineCoupling(Prefix(2), net, limit=100.0)(x)
    scale = np.exp(100.0 * np.tanh(0.1 / 100.0))
    np.testing.assert_allclose(z[0], [1.0, 1.0, scale + 7.0, scale + 7.0], atol=1e-12)


@pytest.mark.parametrize("limit", [0.0, -1.0])
def test_the_affine_limit_must_be_positive(limit: float) -> None:
    with pytest.raises(ValueError, match=f"limit must be positive, got {limit}"):
        AffineCoupling(OddEven(), dense(2, 4), limit)


def test_a_new_scale_layer_is_the_identity(rng: torch.Generator) -> None:
    x = torch.randn(4, 5, generator=rng)
    z, log_det = DiagonalScale((5,))(x)
    assert torch.equal(z, x)
    assert torch.equal(log_det, torch.zeros(4))


def test_a_composition_applies_the_first_step_first() -> None:
    scale, shift = DiagonalScale((2,)), AdditiveCoupling(Prefix(1), torch.ones_like)
    with torch.no_grad():
        scale.log_scale.fill_(np.log(3.0))
    z, _ = Composition(shift, scale)(torch.tensor([[1.0, 1.0]]))
    torch.testing.assert_close(z, torch.tensor([[3.0, 6.0]]))


def changed_places(bijection: Bijection, size: int) -> list[int]:
    """Return which coordinates a layer's output does not simply copy."""
    rng = torch.Generator().manual_seed(5)
    x = torch.randn(1, size, generator=rng, dtype=torch.float64)
    z = bijection(x)[0][0]
    return [i for i in range(size) if not bool((x[0] == z[i]).any())]


def test_nice_alternates_the_halves() -> None:
    flow = nice(6, prior=StandardLogistic(), width=5, depth=1, couplings=4).double()
    initialize(flow, "he", torch.Generator().manual_seed(1))
    steps = list(flow.bijection.steps)
    changed = [changed_places(step, 6) for step in steps[:4]]
    assert changed == [[1, 3, 5], [0, 2, 4], [1, 3, 5], [0, 2, 4]]
    assert isinstance(steps[4], DiagonalScale)


def test_the_article_reverses_before_each_coupling(rng: torch.Generator) -> None:
    flow = nice_as_article(6, width=5, depth=1, couplings=3).double()
    kinds = [type(step) for step in flow.bijection.steps]
    assert kinds == [Reverse, Inverse] * 3 + [DiagonalScale]
    x = torch.randn(1, 6, generator=rng, dtype=torch.float64)
    z = flow.bijection.steps[1](flow.bijection.steps[0](x)[0])[0]
    assert torch.equal(z[0, ::2], x[0].flip(0)[::2])


@pytest.mark.parametrize("subtract", [True, False])
def test_the_articles_networks_push_one_way(
    subtract: bool, rng: torch.Generator
) -> None:
    flow = nice_as_article(8, width=9, depth=1, couplings=1, subtract=subtract)
    initialize(flow, "he", rng)
    x = torch.randn(200, 8, generator=rng)
    moved = (flow.bijection(x)[0] - x.flip(1)).detach()
    assert float(moved.abs().max()) > 0.05
    assert bool(((moved <= 0) if subtract else (moved >= 0)).all())


def test_the_paper_model_reaches_negative_shifts(rng: torch.Generator) -> None:
    flow = nice(8, prior=StandardLogistic(), width=9, depth=1, couplings=1)
    initialize(flow, "he", rng)
    x = torch.randn(200, 8, generator=rng)
    moved = (flow.bijection(x)[0] - x).detach()
    assert float(moved.min()) < 0 < float(moved.max())


def test_a_perceptron_is_what_it_says() -> None:
    network = mlp([3, 5, 5, 4], end=torch.nn.ReLU, dropout=0.25)
    kinds = [type(layer).__name__ for layer in network]
    block = ["Linear", "ReLU", "Dropout"]
    assert kinds == [*block, *block, "Linear", "ReLU"]
    sizes = [(m.in_features, m.out_features) for m in network if hasattr(m, "weight")]
    assert sizes == [(3, 5), (5, 5), (5, 4)]
    assert network[2].p == 0.25
    plain = mlp([3, 5, 5, 4])
    assert [type(m).__name__ for m in plain] == ["Linear", "ReLU"] * 2 + ["Linear"]


def bf16_flows() -> list[Bijection]:
    """Return one bijection for each way in which a network acts on an event."""
    return [
        nice(8, prior=StandardLogistic(), width=5, depth=1).bijection,
        nice_as_article(8, width=5, depth=1).bijection,
        nice_as_article(8, width=5, depth=1, subtract=False).bijection,
        AffineCoupling(OddEven(), mlp([4, 5, 8])),
        AffineCoupling(Prefix(4), mlp([4, 5, 8])),
    ]


@pytest.mark.parametrize("bijection", bf16_flows())
def test_networks_in_bf16_do_not_round_the_event(
    bijection: Bijection, rng: torch.Generator
) -> None:
    for module in bijection.modules():
        if isinstance(module, torch.nn.Linear):
            torch.nn.init.zeros_(module.weight)
            torch.nn.init.zeros_(module.bias)
    x = torch.randn(20, 8, generator=rng)
    for direction in (bijection, Inverse(bijection)):
        expected = direction(x)
        with torch.autocast("cpu", torch.bfloat16):
            found = direction(x)
        for value, exact in zip(found, expected, strict=True):
            assert value.dtype == torch.float32
            assert torch.equal(value, exact)


def test_the_last_coordinates_of_tables_are_joined() -> None:
    x = torch.arange(24.0).reshape(2, 3, 4)
    split = Prefix(1)
    assert torch.equal(split.merge(*split.split(x)), x)


def test_a_shift_does_not_enlarge_an_event() -> None:
    coupling = flows.AdditiveCoupling(flows.Prefix(1), nn.Linear(1, 2))
    flow = flows.Flow(coupling, flows.StandardNormal(), (2,))
    with pytest.raises(ValueError, match=r"become codes of \(4, 3\)"):
        flow.log_prob(torch.ones(4, 2))


class Doubled(flows.Bijection):
    """Twice the event, its log-determinant as a column."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return 2 * x, x.new_full((len(x), 1), math.log(4.0))


def test_log_determinants_as_a_column_are_no_density() -> None:
    with pytest.raises(ValueError, match=r"log-determinants of \(3, 1\)"):
        flows.Flow(Doubled(), flows.StandardNormal(), (2,)).log_prob(torch.zeros(3, 2))
