"""Recomputed activations: equal values and gradients, memory that does not grow."""

from __future__ import annotations

import pytest
import torch
from rederived.chapters.fvae.glow import glow_bijection
from rederived.chapters.fvae.glow_layers import ActNorm, ChannelPermutation
from rederived.chapters.fvae.memory import saved_bytes
from rederived.chapters.fvae.recompute import RecomputedComposition
from rederived.flows import Bijection, Composition, Inverse
from torch import Tensor


def glow_with(recompute: bool, steps: int = 2, seed: int = 0) -> Bijection:
    """Return a Glow whose parameters are all random."""
    generator = torch.Generator().manual_seed(seed)
    bijection = glow_bijection(
        12,
        levels=2,
        steps=steps,
        width=6,
        generator=generator,
        recompute=recompute,
    )
    with torch.no_grad():
        for one in bijection.parameters():
            one.add_(0.03 * torch.randn(one.shape, generator=generator))
    return bijection


def gradients(bijection: Bijection, x: Tensor) -> list[Tensor]:
    """Return the loss and its gradients for the events and all parameters."""
    x = x.clone().requires_grad_()
    z, log_det = bijection(x)
    loss = (0.5 * z.square().flatten(1).sum(1) - log_det.sin()).mean()
    return [loss.detach(), *torch.autograd.grad(loss, [x, *bijection.parameters()])]


@pytest.mark.parametrize("inverted", [False, True])
def test_gradients_are_those_of_the_plain_composition(inverted: bool) -> None:
    x = torch.randn(4, 12, 4, 4, dtype=torch.float64)
    pair = [glow_with(recompute).double() for recompute in (False, True)]
    if inverted:
        pair = [Inverse(one) for one in pair]
    expected, found = (gradients(one, x) for one in pair)
    for value, exact in zip(found, expected, strict=True):
        torch.testing.assert_close(value, exact, rtol=1e-9, atol=1e-11)


def test_float32_gradients_are_close() -> None:
    x = torch.randn(4, 12, 4, 4)
    expected, found = (gradients(glow_with(r, steps=8), x) for r in (False, True))
    for value, exact in zip(found, expected, strict=True):
        assert float((value - exact).norm()) <= 1e-4 * float(exact.norm()) + 1e-6


def test_bf16_networks_are_recomputed_in_bf16() -> None:
    x = torch.randn(4, 12, 4, 4)
    found = []
    for recompute in (False, True):
        bijection = glow_with(recompute)
        with torch.autocast("cpu", torch.bfloat16):
            z, log_det = bijection(x)
        (z.square().sum() - log_det.sum()).backward()
        found.append([one.grad for one in bijection.parameters()])
    for exact, value in zip(*found, strict=True):
        assert float((value - exact).norm()) <= 0.02 * float(exact.norm()) + 1e-6


def test_frozen_parameters_get_no_gradient() -> None:
    flow = RecomputedComposition(ActNorm(2), ActNorm(2))
    flow.steps[0].shift.requires_grad_(False)
    z, _ = flow(torch.randn(3, 2))
    z.square().sum().backward()
    assert flow.steps[0].shift.grad is None
    assert all(one.grad is not None for one in flow.steps[1].parameters())


def test_layers_without_parameters_pass_gradients_on() -> None:
    flow = RecomputedComposition(ChannelPermutation(torch.tensor([1, 2, 0])))
    x = torch.randn(2, 3, requires_grad=True)
    z, _ = flow(x)
    (gradient,) = torch.autograd.grad((z * torch.tensor([1.0, 2.0, 3.0])).sum(), x)
    assert torch.equal(gradient, torch.tensor([[3.0, 1.0, 2.0]]).expand(2, 3))


def test_checkpoints_are_exchangeable() -> None:
    plain, recomputed = glow_with(False, seed=1), glow_with(True, seed=2)
    recomputed.load_state_dict(plain.state_dict())
    x = torch.randn(2, 12, 4, 4)
    for first, second in zip(plain(x), recomputed(x), strict=True):
        assert torch.equal(first, second)


class Exponential(Bijection):
    """A map whose gradient needs its output and nothing else."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x.exp(), x.flatten(1).sum(1)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        return z.log(), -z.log().flatten(1).sum(1)


@pytest.mark.parametrize("depth", [1, 3, 5])
def test_saved_bytes_by_hand(depth: int) -> None:
    layers = [Exponential() for _ in range(depth)]
    x = torch.full((2, 7), -1.0)
    # Each step keeps its output; the last one's is also what the loss squares.
    flow = Composition(ActNorm(7), *layers)
    assert saved_bytes(flow, x) == (depth + 1) * x.numel() * 4 + 7 * 4
    # Recomputed: the last output, the input of the step at hand, and its output.
    assert saved_bytes(RecomputedComposition(*flow.steps), x) <= 4 * x.numel() * 4


def test_memory_does_not_grow_with_depth() -> None:
    x = torch.randn(2, 12, 4, 4)
    kept, recomputed = (
        [saved_bytes(glow_with(recompute, steps), x) for steps in (2, 4, 8)]
        for recompute in (False, True)
    )
    assert recomputed[0] == recomputed[1] == recomputed[2] < kept[0]
    assert kept[2] - kept[1] == 2 * (kept[1] - kept[0]) > 0


def test_measuring_leaves_gradients_alone() -> None:
    flow = glow_with(False)
    saved_bytes(flow, torch.randn(2, 12, 4, 4))
    assert all(one.grad is None for one in flow.parameters())


@pytest.mark.parametrize("part", [0, 1])
def test_a_second_derivative_is_refused_and_not_zero(part: int) -> None:
    flow, x = glow_with(recompute=True), torch.randn(1, 12, 4, 4)
    with pytest.raises(RuntimeError, match="no second derivatives"):
        torch.autograd.functional.hessian(lambda x: flow(x)[part].sum(), x)
