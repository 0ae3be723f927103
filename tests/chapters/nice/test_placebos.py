"""Chapter 3's empirical checks fail where their statement is false by construction."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from rederived.chapters.nice import nice, nice_as_article
from rederived.claims import Claim, ClaimFailed, claim
from rederived.flows import (
    AdditiveCoupling,
    Composition,
    DiagonalScale,
    Flow,
    Inverse,
    OddEven,
    StandardNormal,
)
from rederived.networks import initialize
from rederived.records import Record, load_record
from rederived.training import generator
from torch import Tensor, nn

BLANK = load_record("blank-pixels-mnist")


def clock(record: Record) -> Tensor:
    """Return log s of the blank pixels over rate times steps, at the best weights."""
    history = record.seeds[0].history
    steps = min(history, key=lambda row: row["held_out"])["step"]
    rate = record.config["learning_rate"] * record.config["scale_rate"]
    scales = torch.as_tensor(record.arrays["log_scales"]).double()
    return scales[torch.as_tensor(BLANK.arrays["train"])].median() / (rate * steps)


def rises_by_the_clock(loss: Tensor) -> Tensor:
    """Return the share of losses ``(n, T)`` that end rising about 2.55-fold."""
    rise = loss.diff(dim=1)
    growth = rise[:, -1] / rise[:, -2]
    return ((growth > 2.3) & (growth < 2.8)).double().mean()


def halfway(record: Record) -> Tensor:
    """Return the distance halfway in the code over that in the pixels, ``(n,)``."""
    code, pixels = (
        torch.tensor(record.values(f"midpoint_frechet_{kind}"))
        for kind in ("code", "pixels")
    )
    return code / pixels


def pull(flow: Flow) -> Tensor:
    """Return the gradient of the loss at the last coupling's output biases."""
    initialize(flow, "glorot", generator(3, 41))
    last = flow.bijection.steps[-2]
    network = (last.bijection if isinstance(last, Inverse) else last).shift
    x = torch.rand(500, 64, generator=generator(3, 42))
    (-flow.log_prob(x).mean()).backward()
    biases = [p for name, p in network.named_parameters() if name.endswith("bias")]
    gradient = biases[-1].grad
    assert gradient is not None
    return gradient


def slow_rise() -> Tensor:
    """Return losses that rise by the same amount each epoch, ``(3, 25)``."""
    return torch.linspace(-2200, -1900, 25).repeat(3, 1)


def values(name: str, metric: str) -> Tensor:
    """Return a record's values of a metric, ``(n,)``."""
    return torch.tensor(load_record(name).values(metric))


def correlation_of_pixels(check: Claim) -> None:
    """Take pixels for codes."""
    varying = 784 - BLANK.values("test")[0]
    share = varying * (varying - 1) / (784 * 783)
    pixels = values("nice-modern", "correlation_pixels")
    check.below(pixels / share / pixels, 0.5, what="x")


def thick_line(deviations: Tensor, slope: float | None = None) -> Flow:
    """Return a flow that ends in the deviations ``(2,)``, after a shear if asked."""
    last = DiagonalScale((2,)).double()
    nn.init.zeros_(last.log_scale).sub_(deviations.log())
    if slope is None:
        return Flow(last, StandardNormal(), (2,))
    line = nn.Linear(1, 1, bias=False).double()
    nn.init.constant_(line.weight, slope)
    shear = AdditiveCoupling(OddEven(), line)
    return Flow(Composition(shear, last), StandardNormal(), (2,))


def another_density(check: Claim) -> None:
    """Take two flows whose deviations differ and whose densities do too."""
    with torch.no_grad():
        obvious = thick_line(torch.tensor([1.0, 0.01], dtype=torch.float64))
        flat = thick_line(torch.tensor([0.1, 0.1], dtype=torch.float64), slope=1.0)
        cloud = obvious.sample(50, generator(3, 46)).double()
        check.close(flat.log_prob(cloud), obvious.log_prob(cloud), atol=1e-9, what="x")


def eight_wide_coordinates(check: Claim) -> None:
    """Take data without a blank coordinate: the best deviations of eight."""
    x = 2 * torch.rand(400, 8, generator=generator(3, 47)) - 1
    check.below(x.square().mean(0).sqrt().sort().values[:6], 0.05, what="x")


def noisy_pixels(check: Claim) -> None:
    """Take pictures whose pixels all have noise."""
    x = torch.rand(10, 784, generator=generator(3, 48))
    check.equal((x == 0).all(0).sum().item(), 67, what="x")


def nats(noise: str) -> float:
    """Return the mean log-likelihood of test pictures with one kind of noise."""
    return load_record(f"nice-noise-{noise}").summary("test_log_likelihood").mean


def largest_scales(noise: str) -> Tensor:
    """Return the sixty largest log s of a model, ``(60,)``."""
    scales = torch.as_tensor(load_record(f"nice-noise-{noise}").arrays["log_scales"])
    return scales.sort(descending=True).values[:60].double()


def same_side(check: Claim) -> None:
    """Take noise above and below zero for noise around and below zero."""
    gain = largest_scales("positive") - largest_scales("negative")
    check.close(gain, torch.full((60,), math.log(2)).double(), atol=0.012, what="x")


PLACEBOS: dict[str, Callable[[Claim], None]] = {
    "3.10, eight dimensions that vary": eight_wide_coordinates,
    "3.10, another density": another_density,
    "3.11, pixels with noise": noisy_pixels,
    "3.12, a loss that is bounded": lambda c: c.above(
        values("nice-noise-negative", "held_out_loss"), 1e3, what="x"
    ),
    "3.12, noise on unlike sides for like": lambda c: c.close(
        nats("centred"), nats("positive"), atol=6, what="x"
    ),
    "3.12, like noises for unlike": lambda c: c.above(
        nats("gaussian") - nats("centred"), 50, what="x"
    ),
    "3.12, scales of one side": same_side,
    "3.13, a model that has not learned the background": lambda c: c.below(
        values("nice-paper", "background_clipped"), 1 / 255, what="x"
    ),
    "3.15, with noise": lambda c: c.mean_below(
        values("nice-noise-negative", "held_out_loss"),
        -2075,
        confidence=0.975,
        what="x",
    ),
    "3.15, a loss with a minimum": lambda c: c.above(
        slow_rise()[:, -1] - slow_rise()[:, -2], 500, what="x"
    ),
    "3.20, with noise": lambda c: c.close(
        clock(load_record("nice-noise-negative")), 1.0, atol=0.02, what="x"
    ),
    "3.20, a rise that is not exponential": lambda c: c.above(
        rises_by_the_clock(slow_rise()), 0.7, what="x"
    ),
    "3.14, networks that end linearly": lambda c: c.above(
        pull(nice(64, prior=StandardNormal(), width=32, depth=2)), -1e-9, what="x"
    ),
    "3.14, subtracting": lambda c: c.above(
        pull(nice_as_article(64, width=32, depth=2)), -1e-9, what="x"
    ),
    "3.14, a network that lives": lambda c: c.close(
        halfway(load_record("nice-noise-negative")), 1.0, atol=1e-3, what="x"
    ),
    "3.16, temperatures exchanged": lambda c: c.mean_above(
        values("nice-modern", "frechet@1") - values("nice-modern", "frechet@0.9"),
        0.0,
        what="x",
    ),
    "3.18, pixels for codes": correlation_of_pixels,
    "3.19, dead couplings": lambda c: c.mean_below(
        halfway(load_record("nice-orientation-added")), 0.95, what="x"
    ),
    "3.21, a model that draws worse": lambda c: c.above(
        values("nice-modern", "frechet@1").min() - values("nice-article", "frechet@1"),
        0.0,
        what="x",
    ),
    "3.19, four epochs": lambda c: c.mean_below(
        halfway(load_record("nice-noise-negative")), 0.95, what="x"
    ),
}


@pytest.mark.parametrize("name", PLACEBOS)
def test_a_check_fails_where_its_statement_is_false(name: str) -> None:
    with pytest.raises(ClaimFailed):
        PLACEBOS[name](claim("3.1"))


def test_the_same_measures_pass_where_it_is_true(
    capsys: pytest.CaptureFixture[str],
) -> None:
    claim("3.1").close(
        clock(load_record("nice-noise-none")), 1.0, atol=0.02, what="clock"
    )
    rising = -2200 + torch.exp(0.936 * torch.arange(25.0)).repeat(3, 1)
    claim("3.1").equal(rises_by_the_clock(rising), 1.0, what="growth")
    added = nice_as_article(64, width=32, depth=2, subtract=False)
    claim("3.1").above(pull(added), -1e-9, what="pull")
    claim("3.1").mean_below(halfway(load_record("nice-modern")), 0.95, what="halfway")
    assert capsys.readouterr().out.count("✓") == 4
