"""Chapter 8's closed forms as properties, and the VAE's bound against plain NumPy.

The split and its consequences (claims 8.1 to 8.8) are properties in
``test_vae_tables``.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from rederived.chapters.information.autoregressive import (
    AutoregressiveDecoder,
    bernoulli_log_prob,
)
from rederived.chapters.information.tables import split_loss
from rederived.networks import initialize, mlp
from rederived.probability import (
    joint,
    js_information,
    mutual_information,
    random_distribution,
)
from rederived.training import generator
from rederived.vae import (
    VAE,
    LinearGaussian,
    NormalDecoder,
    NormalEncoder,
)
from torch import Tensor, nn

Array = NDArray[np.float64]
seeds = st.integers(0, 10_000)
linear = {
    "variance": st.floats(0.3, 9),
    "deviation": st.floats(0.2, 2),
    "beta": st.floats(0.1, 20),
}


def terms(model: LinearGaussian, beta: float, at: Tensor) -> Tensor:
    """Return the loss at a, log s^2 and w."""
    noise = at[1].exp()
    return model.distortion(at[0], noise, at[2]) + beta * model.rate(at[0], noise)


@given(**linear)
def test_the_optimum_of_the_linear_vae_is_a_minimum(
    variance: float, deviation: float, beta: float
) -> None:
    """Claim 8.9: no slope, a matched aggregate, and the printed information."""
    model = LinearGaussian(variance, deviation)
    a, noise, w = model.optimum(beta)
    at = torch.tensor([a, math.log(noise), w], dtype=torch.float64)
    at.requires_grad_()
    value = terms(model, beta, at)
    (slope,) = torch.autograd.grad(value, at)
    scale = 1 + variance / deviation**2
    assert float(slope.abs().max()) < 1e-9 * scale * (1 + beta)
    draws = generator(int(1000 * variance), int(1000 * deviation))
    for size in (0.01, 0.1, 1.0):
        moved = at.detach() + size * torch.randn(3, generator=draws).double()
        assert float(terms(model, beta, moved)) >= float(value.detach()) - 1e-9 * scale
    slope_, noise_ = (torch.tensor(x, dtype=torch.float64) for x in (a, noise))
    assert float(model.aggregate_kl(slope_, noise_)) == pytest.approx(0, abs=1e-9)
    information = float(model.information(slope_, noise_))
    assert information == pytest.approx(model.optimal_information(beta), abs=1e-9)


@given(**linear, factor=st.floats(1.01, 5))
def test_a_larger_weight_never_raises_the_information(
    variance: float, deviation: float, beta: float, factor: float
) -> None:
    """Claim 8.9: half a nat for each factor e, down to the collapse at v / t^2."""
    model = LinearGaussian(variance, deviation)
    collapse = variance / deviation**2
    low, high = (model.optimal_information(b) for b in (beta, factor * beta))
    assert high <= low
    if factor * beta < collapse:
        assert low - high == pytest.approx(0.5 * math.log(factor), abs=1e-9)
    assert (low > 0) == (beta < collapse)


@given(seed=seeds, bits=st.integers(2, 4))
def test_a_parity_is_as_informative_as_a_bit_and_shows_in_none(
    seed: int, bits: int
) -> None:
    """Claim 8.10: equal parts of the VAE's loss, other local terms."""
    count = 2**bits
    pictures = torch.arange(count)
    values = (pictures[:, None] >> torch.arange(bits)) & 1
    uniform = torch.full((count,), 1 / count, dtype=torch.float64)
    half = torch.full((2,), 0.5, dtype=torch.float64)
    eye = torch.eye(2, dtype=torch.float64)
    encoders = eye[values[:, 0]], eye[values.sum(1) % 2]
    draw = generator(seed)
    prior = random_distribution((2,), draw)
    for law in (half, prior):
        parts = [
            split_loss(uniform, e, law, joint(uniform, e) / half) for e in encoders
        ]
        for name in vars(parts[0]):
            first, second = (getattr(part, name) for part in parts)
            torch.testing.assert_close(first, second, atol=1e-12, rtol=0)

    def local(encoder: Tensor, bit: int) -> Tensor:
        rows = [joint(uniform, encoder)[values[:, bit] == k].sum(0) for k in (0, 1)]
        return torch.stack(rows)

    for bit in range(bits):
        assert float(js_information(local(encoders[1], bit))) == pytest.approx(
            0, abs=1e-12
        )
    assert float(js_information(local(encoders[0], 0))) > 0.2
    for encoder in encoders:
        whole = mutual_information(joint(uniform, encoder))
        assert float(whole) == pytest.approx(math.log(2), abs=1e-12)


# The bound, once more, in NumPy ------------------------------------------------------


def forward(network: nn.Module, x: Array) -> Array:
    """Two affine layers with a ReLU between them, from the weights alone."""
    first, first_bias, last, last_bias = (
        weight.detach().numpy() for weight in network.parameters()
    )
    hidden = np.maximum(x @ first.T + first_bias, 0)
    out: Array = hidden @ last.T + last_bias
    return out


def bernoulli(x: Array, odds: Array) -> Array:
    p = 1 / (1 + np.exp(-odds))
    out: Array = (x * np.log(p) + (1 - x) * np.log(1 - p)).sum(1)
    return out


def normal(x: Array, mean: Array) -> Array:
    square = (x - mean) ** 2 / 0.8**2
    out: Array = -0.5 * (square + np.log(2 * np.pi * 0.8**2)).sum(1)
    return out


@pytest.mark.parametrize("kind", ["bernoulli", "normal"])
@given(seed=seeds)
def test_the_bound_is_that_of_plain_numpy(kind: str, seed: int) -> None:
    network = mlp([2, 5, 3])
    decoder = (
        AutoregressiveDecoder(network, 1, 3, context=0)
        if kind == "bernoulli"
        else NormalDecoder(network, 0.8)
    )
    vae = VAE(NormalEncoder(mlp([3, 6, 4])), decoder).double()
    initialize(vae, "glorot", generator(seed))
    draw = generator(seed, 1)
    x = torch.randn(7, 3, generator=draw, dtype=torch.float64)
    x = (x > 0).double() if kind == "bernoulli" else x
    bound = vae(x, generator(seed, 2))

    noise = torch.randn(7, 2, generator=generator(seed, 2), dtype=torch.float64)
    out = forward(vae.encoder, x.numpy())
    mean, log_variance = out[:, :2], out[:, 2:]
    z = mean + np.exp(log_variance / 2) * noise.numpy()
    log_prob: Callable[[Array, Array], Array] = (
        bernoulli if kind == "bernoulli" else normal
    )
    distortion = -log_prob(x.numpy(), forward(network, z))
    rate = 0.5 * (np.exp(log_variance) + mean**2 - 1 - log_variance).sum(1)
    found = bound.distortion.detach().numpy(), bound.rate.detach().numpy()
    np.testing.assert_allclose(found[0], distortion, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found[1], rate, rtol=1e-10, atol=1e-12)
    total = bound.loss(0.7).detach().numpy()
    np.testing.assert_allclose(total, distortion + 0.7 * rate, rtol=1e-6, atol=1e-6)


def test_grey_levels_have_no_bernoulli_probability() -> None:
    """Of 0 to 255 the logarithm of the probability was positive."""
    with pytest.raises(ValueError, match=r"in \[0, 1\]"):
        bernoulli_log_prob(torch.tensor([[0.0, 255.0]]), torch.ones(1, 2))
