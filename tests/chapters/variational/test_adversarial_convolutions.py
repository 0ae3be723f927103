"""Convolutional networks side by side, against torch's layers one by one."""

from __future__ import annotations

import pytest
import torch
from rederived.chapters.variational.convolutions import (
    Discriminators,
    Doubling,
    Generators,
    Halving,
    apart,
    together,
)
from torch.nn.functional import batch_norm, conv2d, conv_transpose2d, leaky_relu


def source(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_pictures_of_a_network_are_a_group(rng: torch.Generator) -> None:
    flat = torch.randn(3, 5, 2 * 4 * 4, generator=rng)
    groups = together(flat, 2, 4)
    assert groups.shape == (5, 6, 4, 4)
    assert torch.equal(groups[1, 2:4].flatten(), flat[1, 1])
    assert torch.equal(apart(groups, 3), flat)


def test_layers_are_those_of_torch_network_by_network(rng: torch.Generator) -> None:
    x = torch.randn(2, 3 * 2, 8, 8, generator=rng)
    half, double = Halving(3, 3, 2, 4, rng), Doubling(3, 3, 2, 4, rng)
    with torch.no_grad():
        half.bias.copy_(torch.randn(12, generator=rng))
        double.bias.copy_(torch.randn(12, generator=rng))
    for k in range(3):
        own, ins, outs = x[:, 2 * k : 2 * k + 2], slice(2 * k, 2 * k + 2), slice(
            4 * k, 4 * k + 4
        )  # fmt: skip
        found = half(x)[:, outs]
        expected = conv2d(own, half.weight[outs], half.bias[outs], 2, 1)
        torch.testing.assert_close(found, expected)
        found = double(x)[:, outs]
        expected = conv_transpose2d(own, double.weight[ins], double.bias[outs], 2, 1)
        torch.testing.assert_close(found, expected)


def test_starts_are_shared_and_keep_the_scale() -> None:
    half, double = Halving(4, 2, 8, 50, source(0)), Doubling(4, 2, 50, 8, source(1))
    weight = half.weight.detach().reshape(4, 50, 8, 4, 4)
    assert torch.equal(weight[0], weight[2])
    assert not torch.equal(weight[0], weight[1])
    assert float(weight.std()) == pytest.approx((2 / (8 * 16)) ** 0.5, rel=0.03)
    weight = double.weight.detach().reshape(4, 50, 8, 4, 4)
    assert torch.equal(weight[1], weight[3])
    assert float(weight.std()) == pytest.approx((2 / (50 * 4)) ** 0.5, rel=0.03)


@pytest.mark.parametrize("normalized", [True, False])
def test_networks_do_not_see_one_another(normalized: bool) -> None:
    sizes = {"channels": 3, "side": 8}
    both = Discriminators(2, 2, source(0), **sizes, normalized=normalized)
    makers = Generators(2, 2, source(1), **sizes, noise=5, normalized=normalized)
    z = torch.randn(2, 6, 5, generator=source(2))
    pictures = makers(z)
    assert pictures.shape == (2, 6, 64)
    assert float(pictures.detach().abs().max()) <= 1
    torch.autograd.backward(both(pictures)[0].sum())
    for parameter in (*both.parameters(), *makers.parameters()):
        assert parameter.grad is not None
        first, second = parameter.grad.flatten().chunk(2)
        assert float(second.abs().max()) == 0
        if parameter.ndim > 1:
            assert float(first.abs().max()) > 0


def test_a_discriminator_by_hand(rng: torch.Generator) -> None:
    nets = Discriminators(2, 2, rng, channels=3, side=8, normalized=True)
    x = torch.randn(2, 5, 64, generator=rng)
    first, second = nets.layers[0], nets.layers[2]
    hidden = leaky_relu(conv2d(x[1].reshape(5, 1, 8, 8), first.weight[3:],
                               None, 2, 1), 0.2)  # fmt: skip
    hidden = conv2d(hidden, second.weight[6:], None, 2, 1)
    hidden = leaky_relu(batch_norm(hidden, None, None, training=True), 0.2)
    expected = hidden.flatten(1) @ nets.linear.weight[1]
    torch.testing.assert_close(nets(x)[1], expected, atol=1e-5, rtol=1e-4)


def test_a_side_without_quarters_is_refused(rng: torch.Generator) -> None:
    with pytest.raises(ValueError, match="side 14 cannot be halved 2 times"):
        Discriminators(1, 1, rng, channels=2, side=14, normalized=False)
    with pytest.raises(ValueError, match="5 networks cannot share 2 starts"):
        Halving(5, 2, 1, 1, rng)


def test_images_that_cannot_be_halved_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be halved 2 times"):
        Generators(
            1, 1, source(0), noise=2, channels=2, side=6, normalized=False
        )  # fmt: skip
