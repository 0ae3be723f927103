"""Glow's parts against their definitions, its start, its errors, its bf16."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rederived import flows
from rederived.chapters.fvae.glow import coupling_network, glow, glow_bijection
from rederived.chapters.fvae.glow_layers import (
    ActNorm,
    ChannelPermutation,
    Channels,
    FactorOut,
    Squeeze,
    initialize_actnorms,
)
from rederived.flows import Bijection, Composition, Inverse
from rederived.networks import initialize
from torch import Tensor, nn
from torch.distributions import Normal
from torch.nn.utils import prune
from torch.nn.utils.parametrizations import spectral_norm

SMALL = {"levels": 2, "steps": 2, "width": 4}


def images(rng: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=rng, dtype=torch.float64)


def randomized(bijection: Bijection, rng: torch.Generator) -> Bijection:
    bijection = bijection.double()
    with torch.no_grad():
        for one in bijection.parameters():
            one.add_(0.1 * torch.randn(one.shape, generator=rng))
    return bijection


# ActNorm -----------------------------------------------------------------------------


def test_actnorm_starts_as_the_identity(rng: torch.Generator) -> None:
    x = images(rng, 3, 4, 2, 2)
    z, log_det = ActNorm(4).double()(x)
    assert torch.equal(z, x)
    assert torch.equal(log_det, torch.zeros(3, dtype=torch.float64))


def test_actnorm_by_hand() -> None:
    layer = ActNorm(2).double()
    with torch.no_grad():
        layer.log_scale.copy_(torch.tensor([np.log(3.0), np.log(0.5)]))
        layer.shift.copy_(torch.tensor([1.0, -2.0]))
    z, log_det = layer(torch.ones(1, 2, 3, 5, dtype=torch.float64))
    np.testing.assert_allclose(z[0, 0].detach(), 4.0)
    np.testing.assert_allclose(z[0, 1].detach(), -1.5)
    np.testing.assert_allclose(log_det.item(), 15 * np.log(1.5))


@pytest.mark.parametrize("shape", [(500, 3), (20, 3, 4, 6)])
def test_actnorm_normalises_the_data_it_starts_from(
    shape: tuple[int, ...], rng: torch.Generator
) -> None:
    by_channel = torch.tensor([1.0, 20.0, 0.01]).view(-1, *[1] * (len(shape) - 2))
    x = by_channel * images(rng, *shape) + 7.0
    layer = ActNorm(3).double()
    layer.initialize_from(x)
    z = layer(x)[0].detach().numpy()
    axes = tuple(axis for axis in range(z.ndim) if axis != 1)
    np.testing.assert_allclose(z.mean(axes), 0.0, atol=1e-10)
    np.testing.assert_allclose(z.std(axes), 1.0, atol=1e-10)


def test_every_actnorm_of_a_glow_starts_from_what_reaches_it(
    rng: torch.Generator,
) -> None:
    x = 5.0 * images(rng, 16, 3, 8, 8) + 2.0
    bijection = randomized(glow((3, 8, 8), generator=rng, **SMALL).bijection, rng)
    initialize_actnorms(bijection, x)
    seen: list[Tensor] = []
    for layer in bijection.modules():
        if isinstance(layer, ActNorm):
            layer.register_forward_hook(lambda _m, _x, out: seen.append(out[0]))
    bijection(x)
    assert len(seen) == 2 * 2 + 1
    for z in seen:
        flat = z.detach().transpose(0, 1).flatten(1)
        assert float(flat.mean(1).abs().max()) < 1e-10
        assert float((flat.std(1, correction=0) - 1.0).abs().max()) < 1e-10


def test_actnorms_start_once(rng: torch.Generator) -> None:
    bijection = glow((3, 8, 8), generator=rng, **SMALL).bijection.double()
    initialize_actnorms(bijection, images(rng, 16, 3, 8, 8))
    before = {name: value.clone() for name, value in bijection.state_dict().items()}
    bijection(3.0 * images(rng, 16, 3, 8, 8))
    assert all(torch.equal(before[k], v) for k, v in bijection.state_dict().items())


def test_a_recomputing_glow_starts_alike(rng: torch.Generator) -> None:
    x = images(rng, 16, 12, 4, 4)
    found = []
    for recompute in (False, True):
        generator = torch.Generator().manual_seed(4)
        flow = glow_bijection(12, generator=generator, recompute=recompute, **SMALL)
        initialize_actnorms(flow.double(), x)
        found.append(flow.state_dict())
    assert all(torch.equal(found[0][key], value) for key, value in found[1].items())


def test_a_constant_channel_is_refused() -> None:
    x = torch.randn(4, 3, 2, 2)
    x[:, 1] = 5.0
    with pytest.raises(ValueError, match=r"channels \[1\] of the batch are constant"):
        ActNorm(3).initialize_from(x)


def test_an_actnorm_that_is_not_met_is_reported() -> None:
    flow = Composition(ActNorm(3), Inverse(ActNorm(3)))
    with pytest.raises(ValueError, match="1 of 2 ActNorm layers are not met"):
        initialize_actnorms(flow, torch.randn(4, 3))


def test_use_does_not_change_a_glow(rng: torch.Generator) -> None:
    flow = glow((3, 8, 8), generator=rng, **SMALL)
    before = {key: value.clone() for key, value in flow.state_dict().items()}
    flow.train()(torch.randn(5, 3, 8, 8, generator=rng))
    assert all(torch.equal(before[key], one) for key, one in flow.state_dict().items())


# Mixing channels ---------------------------------------------------------------------


@given(st.integers(1, 9), st.integers(0, 2**31))
def test_channels_go_where_the_permutation_says(size: int, seed: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    order = torch.randperm(size, generator=rng)
    x = images(rng, 2, size, 3, 2).requires_grad_()
    z, log_det = ChannelPermutation(order)(x)
    assert torch.equal(z, x[:, order])
    assert not bool(log_det.any())
    weights = images(rng, 2, size, 3, 2)
    (found,) = torch.autograd.grad((weights * z).sum(), x)
    (expected,) = torch.autograd.grad((weights * x[:, order]).sum(), x)
    assert torch.equal(found, expected)


def test_a_shuffle_has_second_derivatives_and_maps_over_rows() -> None:
    layer = ChannelPermutation(torch.tensor([2, 0, 1]))
    x = torch.randn(2, 3, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda v: layer(v)[0] ** 3, x)
    mapped = torch.func.vmap(lambda v: layer(v[None])[0][0])(x)
    assert torch.equal(mapped, layer(x)[0])


# Scales ------------------------------------------------------------------------------


def test_a_squeeze_moves_squares_into_channels(rng: torch.Generator) -> None:
    x = images(rng, 2, 3, 4, 6)
    z, log_det = Squeeze()(x)
    assert z.shape == (2, 12, 2, 3)
    for c, i, j in np.ndindex(3, 2, 2):
        assert torch.equal(z[:, 4 * c + 2 * i + j], x[:, c, i::2, j::2])
    assert not bool(log_det.any())
    back, log_det = Squeeze().inverse(z)
    assert torch.equal(back, x)
    assert not bool(log_det.any())


@pytest.mark.parametrize("shape", [(1, 1, 3, 4), (1, 1, 4, 3)])
def test_an_odd_image_cannot_be_squeezed(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"even height and width, got \d x \d: pad"):
        Squeeze()(torch.zeros(shape))


def test_the_first_half_goes_on(rng: torch.Generator) -> None:
    inner = ActNorm(2).double()
    with torch.no_grad():
        inner.shift.fill_(10.0)
    x = images(rng, 1, 4, 2, 2)
    z, _ = FactorOut(inner, lambda kept: 0 * kept.repeat(1, 2, 1, 1))(x)
    assert torch.equal(z[:, 2:], x[:, 2:])
    torch.testing.assert_close(z[:, :2], x[:, :2] + 10.0)


def test_what_leaves_has_a_conditional_normal_law(rng: torch.Generator) -> None:
    network = randomized(nn.Conv2d(2, 4, 3, padding=1), rng)
    limit = 1.5
    x = images(rng, 3, 4, 2, 2)
    z, log_det = FactorOut(ActNorm(2).double(), network, limit)(x)
    kept, leaving = x[:, :2], x[:, 2:]
    raw, mean = network(kept).chunk(2, dim=1)
    law = Normal(mean, (limit * torch.tanh(raw / limit)).exp())
    expected = law.log_prob(leaving).flatten(1).sum(1)
    standard = Normal(0.0, 1.0).log_prob(z[:, 2:]).flatten(1).sum(1)
    torch.testing.assert_close(standard + log_det, expected)


# Glow --------------------------------------------------------------------------------


def test_a_new_glow_of_shuffles_only_moves_coordinates(rng: torch.Generator) -> None:
    x = images(rng, 2, 3, 8, 8)
    z, log_det = glow((3, 8, 8), generator=rng, **SMALL).double().bijection(x)
    assert not torch.equal(z, x)
    assert torch.equal(z.flatten(1).sort().values, x.flatten(1).sort().values)
    assert not bool(log_det.any())


def test_a_new_glow_keeps_lengths(
    rng: torch.Generator,
) -> None:
    x = images(rng, 2, 3, 8, 8)
    flow = glow((3, 8, 8), generator=rng, **SMALL)
    z, log_det = flow.double().bijection(x)
    torch.testing.assert_close(z.norm(), x.norm(), atol=1e-4, rtol=0)
    torch.testing.assert_close(log_det, torch.zeros_like(log_det), atol=1e-3, rtol=0)


def test_the_articles_flow_has_the_articles_parameters(rng: torch.Generator) -> None:
    """The formula gives the article's count, and ours at a smaller size."""

    def formula(channels: int, levels: int, steps: int, width: int) -> int:
        total = 0
        for level in range(levels):
            half = channels // 2
            network = 9 * half * width + width + width**2 + width + 9 * width * half
            total += steps * (network + half + 2 * channels)
            last = level == levels - 1
            total += 2 * channels if last else 9 * half * channels + channels
            channels *= 2
        return total

    assert formula(192, 4, 12, 256) == 86_371_008
    bijection = glow_bijection(24, levels=4, steps=2, width=16, generator=rng)
    counted = sum(one.numel() for one in bijection.parameters())
    assert counted == formula(24, 4, 2, 16)


def test_one_seed_gives_one_glow() -> None:
    first, second = (
        glow((3, 8, 8), generator=torch.Generator().manual_seed(5), **SMALL)
        for _ in range(2)
    )
    x = torch.randn(2, 3, 8, 8)
    assert torch.equal(first(x), second(x))


def test_hidden_weights_follow_hes_rule(rng: torch.Generator) -> None:
    first, _, second, _, last = coupling_network(8, 400, rng)
    assert float(first.weight.detach().std()) == pytest.approx(
        (2 / 72) ** 0.5, rel=0.02
    )
    assert float(second.weight.detach().std()) == pytest.approx(
        (2 / 400) ** 0.5, rel=0.02
    )
    assert not bool(last.weight.any())
    assert [one.kernel_size[0] for one in (first, second, last)] == [3, 1, 3]
    layout = torch.channels_last
    assert all(one.weight.is_contiguous(memory_format=layout) for one in (first, last))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"levels": 4}, r"4 levels need a height and width divisible by 16, got 8 x 8"),
        ({"levels": 0}, "levels must be at least 1, got 0"),
        ({"steps": 0}, "steps must be at least 1, got 0"),
        ({"width": 0}, "width must be at least 1, got 0"),
    ],
)
def test_bad_options_are_refused(
    options: dict[str, object], words: str, rng: torch.Generator
) -> None:
    with pytest.raises(ValueError, match=words):
        glow((3, 8, 8), generator=rng, **(SMALL | options))


def test_odd_channels_are_refused(rng: torch.Generator) -> None:
    with pytest.raises(ValueError, match="channels must be even, got 3: squeeze"):
        glow_bijection(3, generator=rng, **SMALL)
    with pytest.raises(ValueError, match="even number of channels, got 3: squeeze"):
        Channels().split(torch.zeros(1, 3, 2, 2))


@pytest.mark.parametrize("recompute", [False, True])
def test_networks_in_bf16_do_not_round_the_density(
    recompute: bool, rng: torch.Generator
) -> None:
    flow = glow_bijection(12, generator=rng, recompute=recompute, **SMALL)
    x = torch.randn(5, 12, 2, 2, generator=rng)
    for direction in (flow, Inverse(flow)):
        expected = direction(x)  # all networks are zero, in any precision
        with torch.autocast("cpu", torch.bfloat16):
            found = direction(x)
        for value, exact in zip(found, expected, strict=True):
            assert value.dtype == torch.float32
            assert torch.equal(value, exact)


@pytest.mark.parametrize("shape", [(4, 3), (3, 4)])
def test_one_odd_side_is_enough_to_refuse(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="even height and width"):
        Squeeze()(torch.zeros(1, 2, *shape))


def log_abs_det(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    jacobian = torch.func.jacrev(function)(x)
    return torch.linalg.slogdet(jacobian.reshape(x.numel(), x.numel()))[1]


@pytest.mark.parametrize(
    ("layer", "x"),
    [
        (ActNorm(1), torch.ones(1, 3)),
        (ActNorm(1), torch.ones(1, 3, 2, 2)),
    ],
)
def test_a_shared_scale_counts_for_each(layer: flows.Bijection, x: Tensor) -> None:
    for parameter in layer.parameters():
        nn.init.constant_(parameter, 0.5)
    found, back = layer(x)[1], layer.inverse(x)[1]
    expected = log_abs_det(lambda one: layer(one)[0], x)
    torch.testing.assert_close(found, expected[None])
    torch.testing.assert_close(back, -expected[None])


def test_a_scale_does_not_enlarge_an_event() -> None:
    with pytest.raises(RuntimeError, match="expanded size"):
        ActNorm(3)(torch.ones(4, 1, 2, 2))


def test_a_permutation_is_its_own() -> None:
    order = torch.tensor([2, 0, 1])
    layer, x = ChannelPermutation(order), torch.tensor([[1.0, 2.0, 3.0]])
    order.zero_()
    assert torch.equal(layer.inverse(layer(x)[0])[0], x)


def test_every_convolution_starts_from_the_generator() -> None:
    layers = nn.ModuleList([nn.Conv1d(2, 2, 3), nn.Conv3d(2, 2, 3)])
    initialize(layers, "small", torch.Generator().manual_seed(0))
    assert all(bool((one.abs() <= 0.01).all()) for one in layers.parameters())


@pytest.mark.parametrize(
    "layer",
    [
        nn.ConvTranspose2d(2, 2, 3),
        spectral_norm(nn.Linear(2, 2)),
        nn.utils.spectral_norm(nn.Linear(2, 2)),  # what hooks compute before a call
        prune.identity(nn.Conv1d(2, 2, 3), "weight"),
    ],
)
def test_what_cannot_be_drawn_is_refused(layer: nn.Module) -> None:
    with pytest.raises(ValueError, match="cannot draw the weight"):
        initialize(nn.Sequential(layer), "he", torch.Generator().manual_seed(0))


def test_actnorm_starts_from_halves_with_a_full_mean(rng: torch.Generator) -> None:
    layer = ActNorm(1)
    x = (1 + 0.01 * torch.randn(4096, 1, generator=rng)).bfloat16()
    layer.initialize_from(x)
    assert layer(x.float())[0].detach().mean().abs() < 0.01
