"""The optimizers of chapter 7 against torch's, against their formulas, and misused."""

from __future__ import annotations

import copy
import io

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rederived.chapters.adaptive import (
    AdaGrad,
    Adam,
    NormalizedGradient,
    RMSprop,
    ScalarRMSprop,
    SignDescent,
)
from torch import Tensor
from torch.optim import lr_scheduler as schedulers

ALL = [AdaGrad, Adam, NormalizedGradient, RMSprop, ScalarRMSprop, SignDescent]
every_rule = pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.__name__)

rates = st.floats(1e-4, 1.0)
decays = st.floats(0.0, 0.999)
epsilons = st.sampled_from([1e-10, 1e-8, 1e-3])
seeds = st.integers(0, 10_000)


def parameters(seed: int) -> list[Tensor]:
    draw = torch.Generator().manual_seed(seed)
    shapes = [(3, 4), (5,), (), (2, 1, 3)]
    return [
        torch.randn(shape, dtype=torch.float64, generator=draw).requires_grad_()
        for shape in shapes
    ]


def walk(make, seed=0, steps=6, start=None):
    """Step on noisy gradients; return the flat path."""
    params = parameters(seed) if start is None else start
    optimizer = make(params)
    draw = torch.Generator().manual_seed(seed + 1)
    points = []
    for _ in range(steps):
        for p in params:
            noise = torch.randn(p.shape, dtype=torch.float64, generator=draw)
            p.grad = (p.detach() + noise).to(p.dtype)
        optimizer.step()
        points.append(torch.cat([p.detach().flatten() for p in params]))
    return torch.stack(points)


def same(ours, theirs, tolerance=1e-12):
    torch.testing.assert_close(ours, theirs, atol=tolerance, rtol=tolerance)


@given(rates, decays, epsilons, seeds)
def test_rmsprop_is_torchs_with_epsilon_outside(lr, decay, epsilon, seed):
    ours = walk(
        lambda p: RMSprop(p, lr, decay=decay, epsilon=epsilon, epsilon_inside=False),
        seed,
    )
    theirs = walk(
        lambda p: torch.optim.RMSprop(p, lr=lr, alpha=decay, eps=epsilon), seed
    )
    same(ours, theirs)


@given(rates, decays, decays, epsilons, seeds)
def test_adam_is_torchs(lr, beta1, beta2, epsilon, seed):
    ours = walk(lambda p: Adam(p, lr, beta1=beta1, beta2=beta2, epsilon=epsilon), seed)
    theirs = walk(
        lambda p: torch.optim.Adam(p, lr=lr, betas=(beta1, beta2), eps=epsilon), seed
    )
    same(ours, theirs, 1e-9)


@given(rates, epsilons, seeds)
def test_adagrad_is_torchs(lr, epsilon, seed):
    ours = walk(lambda p: AdaGrad(p, lr, epsilon=epsilon), seed)
    theirs = walk(lambda p: torch.optim.Adagrad(p, lr=lr, eps=epsilon), seed)
    same(ours, theirs)


PAIRS = {
    "RMSprop": (
        lambda p: RMSprop(p, 0.1, decay=0.9, epsilon_inside=False),
        lambda p: torch.optim.RMSprop(p, lr=0.1, alpha=0.9),
    ),
    "Adam": (lambda p: Adam(p, 0.1), lambda p: torch.optim.Adam(p, lr=0.1)),
    "AdaGrad": (
        lambda p: AdaGrad(p, 0.1, epsilon=1e-10),
        lambda p: torch.optim.Adagrad(p, lr=0.1),
    ),
}
SCHEDULERS = {
    "lambda": lambda o: schedulers.LambdaLR(o, lambda step: 0.5**step),
    "steps": lambda o: schedulers.StepLR(o, 2, gamma=0.3),
    "cosine": lambda o: schedulers.CosineAnnealingLR(o, 5),
    "one cycle": lambda o: schedulers.OneCycleLR(
        o, 0.3, total_steps=8, cycle_momentum=False
    ),
    "warm-up, then decay": lambda o: schedulers.SequentialLR(
        o,
        [schedulers.LinearLR(o, 0.1, total_iters=3), schedulers.ExponentialLR(o, 0.8)],
        milestones=[3],
    ),
    "plateau": lambda o: schedulers.ReduceLROnPlateau(o, patience=1),
}


def scheduled(make, scheduler):
    """Step under a scheduler, with a group that comes late and a gradient left out."""
    params = parameters(3)
    optimizer = make(params[:2])
    optimizer.add_param_group({"params": params[2:], "lr": 0.02})
    chosen = SCHEDULERS[scheduler](optimizer)
    draw = torch.Generator().manual_seed(4)
    for step in range(7):
        for place, p in enumerate(params):
            noise = torch.randn(p.shape, dtype=p.dtype, generator=draw)
            p.grad = None if (step + place) % 5 == 0 else p.detach() + noise
        optimizer.step()
        chosen.step(*([1.0] if scheduler == "plateau" else []))
        if step == 3:  # a copy by its state goes on
            state = copy.deepcopy(optimizer.state_dict())
            for group in optimizer.param_groups:
                group["lr"] = 7.0
            optimizer.load_state_dict(state)
    return torch.cat([p.detach().flatten() for p in params])


@pytest.mark.parametrize("scheduler", SCHEDULERS)
@pytest.mark.parametrize("pair", PAIRS)
def test_torchs_schedulers_and_groups_drive_them_as_torchs_own(pair, scheduler):
    ours, theirs = PAIRS[pair]
    same(scheduled(ours, scheduler), scheduled(theirs, scheduler), 1e-11)


@given(rates, decays, epsilons, seeds)
def test_adam_without_momentum_is_rmsprop_bit_by_bit(lr, decay, epsilon, seed):
    bare = walk(
        lambda p: Adam(
            p,
            lr,
            beta1=0.0,
            beta2=decay,
            epsilon=epsilon,
            epsilon_inside=True,
            bias_correction=False,
        ),
        seed,
    )
    rms = walk(lambda p: RMSprop(p, lr, decay=decay, epsilon=epsilon), seed)
    assert torch.equal(bare, rms)


def test_the_defaults_that_differ_from_torchs():
    ours = RMSprop([torch.zeros(1)]).defaults
    theirs = torch.optim.RMSprop([torch.zeros(1)]).defaults
    assert (ours["lr"], ours["decay"], ours["epsilon"]) == (1e-3, 0.9, 1e-8)
    assert ours["epsilon_inside"]
    assert (theirs["lr"], theirs["alpha"], theirs["eps"]) == (1e-2, 0.99, 1e-8)
    small = torch.full((1,), 1e-5, dtype=torch.float64)
    moves = []
    for inside in (True, False):
        p = torch.zeros(1, dtype=torch.float64, requires_grad=True)
        p.grad = small
        RMSprop([p], 1.0, decay=0.0, epsilon=1e-8, epsilon_inside=inside).step()
        moves.append(-p.item())
    # g / sqrt(g^2 + eps) against g / (|g| + eps), g = 1e-5
    assert moves == pytest.approx([1e-5 / (1e-10 + 1e-8) ** 0.5, 1 / 1.001])


def test_rmsprop_by_hand():
    p = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    optimizer = RMSprop([p], 0.5, decay=0.75, epsilon=3.0)
    p.grad = torch.tensor([2.0], dtype=torch.float64)
    optimizer.step()  # G = 1, root = 2
    assert p.item() == pytest.approx(0.5, abs=1e-15)
    p.grad = torch.tensor([-1.0], dtype=torch.float64)
    optimizer.step()  # G = 0.75 + 0.25 = 1, root = 2
    assert p.item() == pytest.approx(0.75, abs=1e-15)


def test_the_scalar_rule_by_hand():
    a = torch.tensor([1.0, 1.0], dtype=torch.float64, requires_grad=True)
    b = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    optimizer = ScalarRMSprop([a, b], 1.0, decay=0.75, epsilon=0.0)
    a.grad = torch.tensor([2.0, 4.0], dtype=torch.float64)
    b.grad = torch.tensor(4.0, dtype=torch.float64)
    optimizer.step()  # norm 6, G = 9, root 3
    same(a.detach(), torch.tensor([1 - 2 / 3, 1 - 4 / 3], dtype=torch.float64))
    assert b.item() == pytest.approx(1 - 4 / 3)
    a.grad, b.grad = None, torch.tensor(-3.0, dtype=torch.float64)
    optimizer.step()  # G = 0.75 * 9 + 0.25 * 9 = 9; a rests, its state stays
    assert b.item() == pytest.approx(1 - 4 / 3 + 1)


def test_normalised_and_sign_steps_by_hand():
    for rule, expected in (
        (NormalizedGradient, [-0.6, -0.8, 0.0]),
        (SignDescent, [-1.0, -1.0, 0.0]),
    ):
        p = torch.zeros(3, dtype=torch.float64, requires_grad=True)
        p.grad = torch.tensor([3.0, 4.0, 0.0], dtype=torch.float64)
        rule([p], 1.0).step()
        same(p.detach(), torch.tensor(expected, dtype=torch.float64))


def test_a_normalised_step_stays_where_the_gradient_is_zero():
    p = torch.ones(2, requires_grad=True)
    p.grad = torch.zeros(2)
    NormalizedGradient([p], 1.0).step()
    assert p.tolist() == [1.0, 1.0]


@every_rule
def test_a_vector_in_pieces_moves_as_the_whole(rule):
    draw = torch.Generator().manual_seed(3)
    start, g = torch.randn(2, 105, generator=draw).unbind()
    whole = start.clone().requires_grad_()
    split = [piece.clone().requires_grad_() for piece in start.split(20)]
    whole.grad = g
    for piece, part in zip(split, g.split(20), strict=True):
        piece.grad = part.clone()
    rule([whole]).step()
    rule(split).step()
    joined = torch.cat([piece.detach() for piece in split])
    torch.testing.assert_close(whole.detach(), joined, atol=1e-6, rtol=1e-5)
    assert not torch.equal(whole.detach(), start)


@every_rule
def test_tensors_with_gaps_move_as_those_without(rule):
    base = torch.randn(40, 30, generator=torch.Generator().manual_seed(4))
    ends = []
    for p in (base.t(), base.t().contiguous()):
        q = p.clone(memory_format=torch.preserve_format).requires_grad_()
        q.grad = torch.ones_like(q) * base.t()
        rule([q]).step()
        ends.append(q.detach())
    torch.testing.assert_close(*ends)


@every_rule
def test_groups_have_their_own_rates(rule):
    slow, fast = torch.zeros(1, requires_grad=True), torch.zeros(1, requires_grad=True)
    optimizer = rule([{"params": [slow], "lr": 0.01}, {"params": [fast]}], lr=0.1)
    slow.grad, fast.grad = torch.ones(1), torch.ones(1)
    optimizer.step()
    assert fast.item() == pytest.approx(10 * slow.item())
    late = torch.zeros(1, requires_grad=True)
    optimizer.add_param_group({"params": [late]})
    assert optimizer.param_groups[-1]["lr"] == 0.1


@every_rule
def test_complex_parameters_are_refused_in_every_group(rule):
    real = torch.zeros(1, requires_grad=True)
    turned = torch.zeros(1, dtype=torch.complex64, requires_grad=True)
    with pytest.raises(ValueError, match="give their view_as_real instead"):
        rule([turned], lr=0.1)
    optimizer = rule([real], lr=0.1)
    with pytest.raises(ValueError, match="give their view_as_real instead"):
        optimizer.add_param_group({"params": [turned]})
    assert [group["params"] for group in optimizer.param_groups] == [[real]]


@every_rule
def test_a_stopped_run_goes_on_from_its_state(rule):
    through = walk(rule, steps=8)
    params = parameters(0)
    optimizer = rule(params)
    draw = torch.Generator().manual_seed(1)

    def step():
        for p in params:
            noise = torch.randn(p.shape, dtype=torch.float64, generator=draw)
            p.grad = p.detach() + noise
        optimizer.step()

    for _ in range(4):
        step()
    file = io.BytesIO()
    torch.save(optimizer.state_dict(), file)
    file.seek(0)
    params = [p.detach().clone().requires_grad_() for p in params]
    optimizer = rule(params, lr=99.0)
    optimizer.load_state_dict(torch.load(file, weights_only=True))
    for _ in range(4):
        step()
    assert torch.equal(torch.cat([p.detach().flatten() for p in params]), through[-1])
    copy.deepcopy(optimizer)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_resumed_scalar_rule_keeps_its_average_beside_half_precision(dtype):
    def went(resumed):
        params = [torch.zeros(n, dtype=dtype, requires_grad=True) for n in (4, 3)]
        groups = [{"params": [one]} for one in params]
        optimizer = ScalarRMSprop(groups, lr=1.0)
        for step in range(6):
            for scale, one in enumerate(params, start=1):
                one.grad = torch.full_like(one, (300.0 + 7 * step) / scale)
            optimizer.step()
            if resumed and step == 2:
                kept = optimizer.state_dict()
                optimizer = ScalarRMSprop(groups, lr=9.0)
                optimizer.load_state_dict(kept)
        averages = [optimizer.state[one]["average"] for one in params]
        return torch.stack(averages), torch.cat(params)

    averages, points = went(resumed=True)
    assert averages.dtype == torch.float32
    assert averages[0] > torch.finfo(torch.float16).max
    assert torch.equal(averages, went(resumed=False)[0])
    assert torch.equal(points, went(resumed=False)[1])


@every_rule
def test_a_closure_computes_the_loss_with_gradients(rule):
    p = torch.tensor([3.0], requires_grad=True)
    optimizer = rule([p], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = p.square().sum()
        loss.backward()
        return loss.detach()

    assert float(optimizer.step(closure)) == 9.0
    assert p.item() < 3.0
    assert optimizer.step() is None


@every_rule
def test_parameters_without_gradient_stay(rule):
    p, q = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    q.grad = torch.ones(2)
    rule([p, q]).step()
    assert p.tolist() == [1.0, 1.0] != q.tolist()


def test_adam_counts_each_parameters_own_steps():
    p, q = (torch.zeros(1, dtype=torch.float64, requires_grad=True) for _ in range(2))
    optimizer = Adam([p, q], 0.1)
    p.grad = torch.ones(1, dtype=torch.float64)
    optimizer.step()
    q.grad = torch.ones(1, dtype=torch.float64)
    optimizer.step()
    assert q.item() == pytest.approx(-0.1, abs=1e-8)  # as if it were its first step


@every_rule
@pytest.mark.parametrize("rate", [-1.0, float("nan"), float("inf"), "fast"])
def test_impossible_rates_are_refused(rule, rate):
    with pytest.raises(ValueError, match="lr must be a number of at least 0"):
        rule([torch.zeros(1)], lr=rate)


@pytest.mark.parametrize(
    ("rule", "settings", "message"),
    [
        (RMSprop, {"decay": 1.0}, "decay must be a number of at least 0 and below 1"),
        (RMSprop, {"epsilon": -1e-8}, "epsilon must be"),
        (ScalarRMSprop, {"decay": -0.1}, "decay must be"),
        (ScalarRMSprop, {"epsilon": -1.0}, "epsilon must be"),
        (AdaGrad, {"epsilon": -1.0}, "epsilon must be"),
        (Adam, {"beta1": 1.0}, "beta1 must be"),
        (Adam, {"beta2": 1.5}, "beta2 must be"),
        (Adam, {"epsilon": -1.0}, "epsilon must be"),
    ],
)
def test_impossible_settings_are_refused(rule, settings, message):
    with pytest.raises(ValueError, match=message):
        rule([torch.zeros(1)], **settings)
