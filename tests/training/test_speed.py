"""What a step costs, and what a device can do."""

from collections.abc import Iterator

import pytest
import torch
from pretended_gpu import pretended_gpu
from rederived.training import History, TrainConfig, fit, generator, matrix_rate, speed
from rederived.training.legs import costs_of
from torch import Tensor, nn

CPU = torch.device("cpu")
X = torch.randn(12, 3, generator=generator(1))


def squares(model: nn.Module, x: Tensor) -> Tensor:
    return model(x).square().mean()


def trained() -> History:
    model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 5))
    config = TrainConfig(2, 4, precision="float32")
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    return fit(model, (X,), optimizer, config, loss=squares)


def test_the_products_of_a_step_on_a_gpu_by_hand() -> None:
    with pretended_gpu():
        costs = trained().costs
    # batches of 4: forwards, for the weights, and for what goes into the second layer
    assert costs["flops_per_step"] == 2 * 4 * (2 * 3 * 8 + 3 * 8 * 5)


def test_on_the_cpu_nothing_is_counted() -> None:
    assert trained().costs == {}
    assert trained().provenance() == {"precision": "float32", "trained_on": "cpu"}


def test_memory_is_noted_of_a_gpu_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        torch.cuda, "max_memory_allocated", lambda device: 1_700_000_000
    )
    notes: dict[str, str | int | bool | float] = {}
    speed.note_memory(notes, CPU)
    assert notes == {}
    speed.note_memory(notes, torch.device("cuda"))
    assert notes == {"peak_megabytes": 1700}


def test_the_largest_of_the_legs_counts() -> None:
    legs = [
        {"from_step": 0, "flops_per_step": 48, "peak_megabytes": 9, "compiled": True},
        {"from_step": 7, "peak_megabytes": 7},
    ]
    assert costs_of(legs) == {
        "compiled": True,
        "flops_per_step": 48,
        "peak_megabytes": 9,
    }
    assert costs_of([]) == {}


def test_the_rate_is_that_of_the_fastest_product(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def times() -> Iterator[float]:
        for begin, seconds in ((0.0, 0.001), (1.0, 0.5), (2.0, 0.25), (3.0, 4.0)):
            yield begin
            yield begin + seconds

    clock = times()
    monkeypatch.setattr(speed.time, "perf_counter", lambda: next(clock))
    # the first product, which is not counted, would be the fastest
    found = matrix_rate(CPU, torch.float32, size=10, repeats=3)
    assert found == 2 * 10**3 / 0.25
