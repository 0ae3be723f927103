"""Chapter 3's empirical checks fail where their statement is false by construction."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from rederived.chapters.nice import nice, nice_as_article
from rederived.claims import Claim, ClaimFailed, claim
from rederived.flows import Flow, Inverse, StandardNormal
from rederived.networks import initialize
from rederived.records import Record, load_record
from rederived.training import generator
from torch import Tensor

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


PLACEBOS: dict[str, Callable[[Claim], None]] = {
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
