"""The training loop: what it minimises, shares, averages, clips and leaves alone."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import toy_game
import toy_run
from accelerate.state import AcceleratorState
from pretended_gpu import GPU, pretended_gpu
from rederived.chapters.nice.model import nice_as_article
from rederived.flows import Flow
from rederived.training import (
    Batch,
    Evaluate,
    History,
    OneCycle,
    TrainConfig,
    TrainingDivergedError,
    derive,
    device_of,
    devices,
    fit,
    generator,
    loop,
    progress,
    read_tensors,
)
from torch import Tensor, nn


class Point(nn.Module):
    """The mean of ``(w - x)^2 / 2``: its gradient is ``w - mean(x)``."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.zeros(1, dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        return 0.5 * (self.w - x).square().mean()


DATA = torch.tensor([1.0, 3.0, 5.0, 7.0], dtype=torch.float64)


def descend(
    config: TrainConfig, data: Tensor = DATA, rate: float = 0.1, **options: object
) -> tuple[Point, History]:
    """Train a point by plain gradient descent."""
    point = Point()
    optimizer = torch.optim.SGD(point.parameters(), lr=rate)
    return point, fit(point, (data,), optimizer, config, **options)


def by_hand(
    steps: int,
    gradient: Callable[[float], float] = lambda w: w - 4.0,
    factor: Callable[[int], float] = lambda _: 1.0,
) -> list[float]:
    """Return the weight after each step of gradient descent on the full data."""
    weights = [0.0]
    for step in range(steps):
        weights.append(weights[-1] - 0.1 * factor(step) * gradient(weights[-1]))
    return weights[1:]


def test_gradient_descent_by_hand() -> None:
    point, history = descend(TrainConfig(epochs=5, batch_size=4))
    weights = by_hand(5)
    assert float(point.w.detach()) == pytest.approx(weights[-1], abs=1e-12)
    before = np.array([0.0, *weights[:-1]])
    losses = 0.5 * ((before[:, None] - DATA.numpy()) ** 2).mean(1)
    np.testing.assert_allclose(history.column("loss"), losses, rtol=1e-12)
    assert history.column("epoch") == [1, 2, 3, 4, 5]
    assert history.column("step") == [1, 2, 3, 4, 5]
    assert all(seconds >= 0 for seconds in history.column("seconds"))


@pytest.mark.parametrize(
    ("variable", "value"),
    [("MIXED_PRECISION", "bf16"), ("GRADIENT_ACCUMULATION_STEPS", "4")],
)
def test_settings_of_accelerate_change_no_number(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``accelerate launch`` sets them from its own configuration file."""
    kinds: set[torch.dtype] = set()

    def squares(line: nn.Linear, x: Tensor) -> Tensor:
        found = line(x)
        kinds.add(found.dtype)
        return found.square().mean()

    def trained() -> Tensor:
        line = nn.Linear(1, 1)
        nn.init.constant_(line.weight, 0.3)
        nn.init.constant_(line.bias, 0.7)
        optimizer = torch.optim.SGD(line.parameters(), lr=0.1)
        config = TrainConfig(3, 4, precision="float32")
        fit(line, (DATA.float()[:, None],), optimizer, config, loss=squares)
        return line.weight.detach()

    alone = trained()
    AcceleratorState._reset_state()
    monkeypatch.setenv(f"ACCELERATE_{variable}", value)
    try:
        assert torch.equal(trained(), alone)
    finally:
        AcceleratorState._reset_state()
    assert kinds == {torch.float32}


def test_parameters_outside_the_optimizer_keep_no_gradient() -> None:
    """Theirs would grow from step to step, and the clipped step would shrink."""

    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Parameter(torch.zeros(1, dtype=torch.float64))
            self.body = nn.Parameter(torch.zeros(1, dtype=torch.float64))

        def forward(self, x: Tensor) -> Tensor:
            return (3 * self.head + 4 * self.body + 0 * x).mean()

    two = Two()
    two(DATA).backward()  # the caller looked at a gradient before
    optimizer = torch.optim.SGD([two.head], lr=0.1)
    fit(two, (DATA,), optimizer, TrainConfig(5, 4, clip_norm=1.0))
    torch.testing.assert_close(two.head.item(), -0.1 * 5 * 3 / 5, rtol=1e-6, atol=0)
    assert two.body.item() == 0


def test_the_default_device_does_not_decide_the_order() -> None:
    config = TrainConfig(epochs=2, batch_size=2)
    before, _ = descend(config)
    with torch.device("meta"):
        after = Point().to_empty(device="cpu")
        nn.init.zeros_(after.w)
        optimizer = torch.optim.SGD(after.parameters(), lr=0.1)
        fit(after, (DATA,), optimizer, config)
    assert torch.equal(before.w, after.w)


def test_what_evaluate_returns_takes_no_column_of_the_loop() -> None:
    config = TrainConfig(epochs=1, batch_size=4)
    with pytest.raises(ValueError, match="returns loss, step, which the history has"):
        descend(config, evaluate=lambda _: {"loss": 0.0, "step": 1.0, "mine": 2.0})


def test_one_tensor_in_the_place_of_several_is_refused() -> None:
    """Its rows would be taken for tensors, each with too few rows."""
    point, config = Point(), TrainConfig(epochs=1, batch_size=1)
    optimizer = torch.optim.SGD(point.parameters(), lr=0.1)
    with pytest.raises(ValueError, match="data is one tensor: give a tuple"):
        fit(point, DATA[:, None], optimizer, config)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="transform returns is one tensor"):
        descend(config, transform=lambda batch, _: batch[0])


def test_an_epoch_has_the_seconds_of_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(loop, "time", SimpleNamespace(perf_counter=lambda: clock[0]))

    def loss(point: Point, x: Tensor) -> Tensor:
        clock[0] += 2.0
        return point(x)

    _, history = descend(TrainConfig(epochs=3, batch_size=2), loss=loss)
    assert history.column("seconds") == [4.0, 4.0, 4.0]  # two steps of two seconds


def test_a_loss_is_called_with_the_model_and_the_batch() -> None:
    line = nn.Linear(1, 1).double()
    nn.init.zeros_(line.weight)
    nn.init.zeros_(line.bias)
    x, y = torch.tensor([[1.0], [2.0]]).double(), torch.tensor([[3.0], [5.0]]).double()

    def squares(model: nn.Linear, x: Tensor, y: Tensor) -> Tensor:
        return 0.5 * (x * model.weight + model.bias - y).square().mean()

    optimizer = torch.optim.SGD(line.parameters(), lr=0.1)
    history = fit(line, (x, y), optimizer, TrainConfig(1, 2), loss=squares)
    assert history.column("loss") == [pytest.approx(0.25 * (9 + 25))]
    assert float(line.weight.detach()) == pytest.approx(0.1 * (3 + 10) / 2)
    assert float(line.bias.detach()) == pytest.approx(0.1 * (3 + 5) / 2)


def test_the_epochs_loss_is_the_mean_over_its_steps() -> None:
    seen: list[float] = []

    class Counted(Point):
        def forward(self, x: Tensor) -> Tensor:
            loss = super().forward(x)
            seen.append(float(loss.detach()))
            return loss

    point = Counted()
    optimizer = torch.optim.SGD(point.parameters(), lr=0.1)
    history = fit(point, (DATA,), optimizer, TrainConfig(epochs=2, batch_size=1))
    expected = [np.mean(seen[:4]), np.mean(seen[4:])]
    np.testing.assert_allclose(history.column("loss"), expected, rtol=1e-12)


def test_the_schedule_multiplies_the_rate_of_every_step() -> None:
    def halve(step: int) -> float:
        return 0.5**step

    point, _ = descend(TrainConfig(epochs=4, batch_size=4), schedule=halve)
    expected = by_hand(4, factor=halve)[-1]
    assert float(point.w.detach()) == pytest.approx(expected, abs=1e-12)


def test_another_run_begins_at_the_optimizers_own_rate() -> None:
    net = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    config = TrainConfig(1, 2, precision="float32")
    rows = (torch.ones(6, 1),)

    def spoilt(net: nn.Module, x: Tensor) -> Tensor:
        return (net(x) * float("nan")).mean()

    fit(
        net,
        rows,
        optimizer,
        config,
        loss=lambda n, x: n(x).mean(),
        schedule=OneCycle(3),
    )
    assert optimizer.param_groups[0]["lr"] == 0.1
    with pytest.raises(TrainingDivergedError):
        fit(net, rows, optimizer, config, loss=spoilt, schedule=OneCycle(3))
    assert optimizer.param_groups[0]["lr"] == 0.1


def test_the_schedule_keeps_the_ratio_of_the_groups() -> None:
    seen: list[tuple[float, ...]] = []

    class Spy(torch.optim.SGD):
        def step(self, closure: None = None) -> None:
            seen.append(tuple(group["lr"] for group in self.param_groups))
            super().step(closure)

    model = nn.Linear(1, 1)
    groups = [{"params": [model.weight]}, {"params": [model.bias], "lr": 1.0}]
    objective = Wrapped(model)
    fit(
        objective,
        (torch.ones(2, 1),),
        Spy(groups, lr=0.1),
        TrainConfig(epochs=3, batch_size=2),
        schedule=lambda step: 1.0 / (1 + step),
    )
    np.testing.assert_allclose(seen, [(0.1, 1.0), (0.05, 0.5), (0.1 / 3, 1 / 3)])


class Wrapped(nn.Module):
    """The mean of a module's output."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: Tensor) -> Tensor:
        return self.module(x).mean()


@pytest.mark.parametrize("factor", [-0.1, np.inf, np.nan])
def test_a_factor_that_is_no_rate_is_refused(factor: float) -> None:
    with pytest.raises(
        ValueError, match=f"factor at step 0 is {factor}: give a finite"
    ):
        descend(TrainConfig(1, 4), schedule=lambda _: factor)


def test_clipping_bounds_the_whole_gradient() -> None:
    point, _ = descend(TrainConfig(epochs=3, batch_size=4, clip_norm=0.5))
    expected = by_hand(3, lambda w: -0.5 if w - 4.0 < -0.5 else w - 4.0)[-1]
    assert float(point.w.detach()) == pytest.approx(expected, abs=1e-6)


def test_clipping_leaves_small_gradients_alone() -> None:
    point, _ = descend(TrainConfig(epochs=3, batch_size=4, clip_norm=100.0))
    assert float(point.w.detach()) == pytest.approx(by_hand(3)[-1], abs=1e-12)


def test_averaged_weights_by_hand() -> None:
    evaluated: list[float] = []

    def evaluate(model: nn.Module) -> dict[str, float]:
        evaluated.append(float(model.w))
        return {}

    config = TrainConfig(epochs=6, batch_size=4, average_decay=0.75)
    point, _ = descend(config, evaluate=evaluate)
    weights = by_hand(6)
    average = [weights[0]]  # the average starts at the first step's weights
    for weight in weights[1:]:
        average.append(0.75 * average[-1] + 0.25 * weight)
    np.testing.assert_allclose(evaluated, average, rtol=1e-12)
    assert float(point.w.detach()) == pytest.approx(average[-1], rel=1e-12)


@pytest.mark.parametrize("on_disk", [False, True])
@pytest.mark.parametrize("decay", [None, 0.5])
def test_the_best_epochs_weights_are_kept(
    on_disk: bool, decay: float | None, tmp_path: Path
) -> None:
    scores = iter([3.0, 1.0, 2.0, 1.0])
    evaluated: list[float] = []

    def evaluate(model: nn.Module) -> dict[str, float]:
        evaluated.append(float(model.w))
        return {"score": next(scores)}

    point, history = descend(
        TrainConfig(epochs=4, batch_size=4, average_decay=decay),
        evaluate=evaluate,
        monitor="score",
        directory=tmp_path if on_disk else None,
    )
    assert float(point.w.detach()) == evaluated[1]
    assert history.column("score") == [3.0, 1.0, 2.0, 1.0]
    assert not point.training


def test_without_a_monitor_the_last_weights_are_kept() -> None:
    point, _ = descend(
        TrainConfig(epochs=3, batch_size=4), evaluate=lambda _: {"score": 1.0}
    )
    assert float(point.w.detach()) == pytest.approx(by_hand(3)[-1])


def test_evaluation_is_without_gradients_and_dropout() -> None:
    modes: list[tuple[bool, bool]] = []

    def evaluate(model: nn.Module) -> dict[str, float]:
        modes.append((model.training, torch.is_grad_enabled()))
        return {}

    class Mode(Point):
        def forward(self, x: Tensor) -> Tensor:
            modes.append((self.training, torch.is_grad_enabled()))
            return super().forward(x)

    point = Mode()
    optimizer = torch.optim.SGD(point.parameters(), lr=0.1)
    fit(point, (DATA,), optimizer, TrainConfig(2, 4), evaluate=evaluate)
    assert modes == [(True, True), (False, False)] * 2


def spy(seen: list[Tensor]) -> Callable[[Batch, torch.Generator], Batch]:
    def transform(batch: Batch, noise: torch.Generator) -> Batch:
        seen.append(batch[0].clone())
        seen.append(torch.rand(2, generator=noise))
        return batch

    return transform


def test_an_epoch_sees_every_row_once_in_a_new_order() -> None:
    seen: list[Tensor] = []
    data = torch.arange(10, dtype=torch.float64)
    descend(TrainConfig(epochs=2, batch_size=5), data, 0.0, transform=spy(seen))
    first, second = torch.cat(seen[0:4:2]), torch.cat(seen[4:8:2])
    for order in (first, second):
        assert torch.equal(order.sort().values, data)
        assert not torch.equal(order, data)
    assert not torch.equal(first, second)


def test_each_epoch_has_its_transform() -> None:
    seen: dict[int, list[Tensor]] = {0: [], 2: []}
    data = torch.arange(10, dtype=torch.float64)

    def transform_for_epoch(
        epoch: int,
    ) -> Callable[[Batch, torch.Generator], Batch] | None:
        return None if epoch == 1 else spy(seen[epoch])

    descend(
        TrainConfig(epochs=3, batch_size=5),
        data,
        0.0,
        transform_for_epoch=transform_for_epoch,
    )
    assert [len(values) for values in seen.values()] == [4, 4]
    always: list[Tensor] = []
    descend(TrainConfig(epochs=3, batch_size=5), data, 0.0, transform=spy(always))
    for ours, theirs in zip(seen[0] + seen[2], always[:4] + always[8:], strict=True):
        assert torch.equal(ours, theirs)
    with pytest.raises(ValueError, match="exclude each other"):
        descend(
            TrainConfig(1, 5),
            data,
            0.0,
            transform=spy([]),
            transform_for_epoch=transform_for_epoch,
        )


def test_rows_that_fill_no_batch_are_left_out_of_the_pass() -> None:
    seen: list[Tensor] = []
    data = torch.arange(11, dtype=torch.float64)
    _, history = descend(TrainConfig(3, 4), data, 0.0, transform=spy(seen))
    assert [len(batch) for batch in seen[::2]] == [4] * 6
    assert history.column("step") == [2, 4, 6]
    for epoch in range(3):
        rows = torch.cat(seen[4 * epoch : 4 * epoch + 4 : 2])
        assert len(rows.unique()) == 8


def test_the_seed_decides_order_and_noise() -> None:
    def draws(seed: int) -> list[Tensor]:
        seen: list[Tensor] = []
        descend(TrainConfig(2, 2, seed=seed), transform=spy(seen))
        return seen

    first, again, other = draws(5), draws(5), draws(6)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(first, other, strict=True))
    noise = torch.stack(first[1::2])
    assert len(noise.unique()) == noise.numel()  # each step has its own


def test_streams_depend_on_the_whole_path() -> None:
    paths = [(0,), (1,), (0, 0), (0, 1), (1, 0), (1, 1), (0, 0, 0), (0, 1, 7)]
    seeds = [derive(*path) for path in paths]
    # (0,) and (0, 0) may share a seed: paths of one use have one length
    assert len({derive(*path) for path in paths if len(path) == 2}) == 4
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert derive(4, 2) == derive(4, 2)
    draws = [torch.rand(3, generator=generator(3, 1)) for _ in range(2)]
    assert torch.equal(*draws)


def test_the_callers_random_state_is_left_alone() -> None:
    objective = toy_run.small_flow(dropout=0.5)
    optimizer = torch.optim.SGD(objective.parameters(), lr=0.01)
    torch.manual_seed(11)
    np.random.seed(11)  # noqa: NPY002 - the global state is what is looked at
    before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].tolist()  # noqa: NPY002
    data = (toy_run.rows(),)
    fit(
        objective, data, optimizer, TrainConfig(1, 8),
        loss=toy_run.loss, transform=toy_run.add_noise,
    )  # fmt: skip
    assert torch.equal(torch.get_rng_state(), before)
    assert np.random.get_state()[1].tolist() == numpy_before  # noqa: NPY002


def test_the_callers_random_state_decides_nothing() -> None:
    results = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        objective, history = toy_run.train(None, replace(toy_run.CONFIG, epochs=1))
        results.append((toy_run.losses(history), objective.state_dict()))
    (first, weights), (second, others) = results
    assert first == second
    assert all(torch.equal(weights[name], others[name]) for name in weights)


@pytest.mark.parametrize(
    ("data", "batch_size", "words"),
    [
        ((torch.ones(3),), 4, "3 rows do not fill one batch of 4: lower batch_size"),
        ((torch.ones(3), torch.ones(2)), 2, r"equally many rows, got \{2, 3\}"),
        ((), 2, r"equally many rows, got set"),
    ],
)
def test_data_that_do_not_fit_are_refused(
    data: Batch, batch_size: int, words: str
) -> None:
    point = Point()
    optimizer = torch.optim.SGD(point.parameters(), lr=0.1)
    with pytest.raises(ValueError, match=words):
        fit(point, data, optimizer, TrainConfig(1, batch_size))


@pytest.mark.parametrize(
    ("evaluate", "words"),
    [(None, "monitor.*'score'"), (lambda _: {"other": 1.0}, "monitor.*'score'.*other")],
)
def test_a_monitor_that_nothing_measures_is_refused(
    evaluate: Evaluate | None, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        descend(TrainConfig(1, 4), evaluate=evaluate, monitor="score")


@pytest.mark.parametrize("on_disk", [False, True])
def test_a_monitor_that_is_never_a_number_is_divergence(
    on_disk: bool, tmp_path: Path
) -> None:
    with pytest.raises(TrainingDivergedError, match="'score' was a finite number"):
        descend(
            TrainConfig(2, 4),
            evaluate=lambda _: {"score": float("nan")},
            monitor="score",
            directory=tmp_path if on_disk else None,
        )


class Fails(Point):
    """A point whose loss becomes unusable at one step."""

    def __init__(self, step: int, value: float) -> None:
        super().__init__()
        self.left, self.value = step, value

    def forward(self, x: Tensor) -> Tensor:
        self.left -= 1
        loss = super().forward(x)
        return loss * self.value if self.left < 0 else loss


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e14, -1e14])
def test_divergence_names_step_and_checkpoint(value: float, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.safetensors"
    config = TrainConfig(epochs=3, batch_size=2)
    good, _ = descend(config, directory=tmp_path / "good")
    failing = Fails(5, value)
    kept: list[bytes] = []

    def evaluate(_: nn.Module) -> dict[str, float]:
        if path.exists():
            kept.append(path.read_bytes())
        return {}

    def run(point: Point) -> None:
        optimizer = torch.optim.SGD(point.parameters(), lr=0.1)
        fit(point, (DATA,), optimizer, config, evaluate=evaluate, directory=tmp_path)

    with pytest.raises(TrainingDivergedError) as caught:
        run(failing)
    message = str(caught.value)
    for part in ("at step 5", str(path), "0.1", "Lower the learning rate"):
        assert part in message
    tensors, header = read_tensors(path)
    assert '"step": 4' in header
    assert bool(tensors["model/w"].isfinite())
    assert path.read_bytes() != kept[0]  # that of the second epoch, not the first
    healed = Point()
    run(healed)
    assert torch.equal(healed.w, good.w)


def test_divergence_without_a_folder_says_so() -> None:
    failing = Fails(0, float("nan"))
    optimizer = torch.optim.SGD(failing.parameters(), lr=0.1)
    with pytest.raises(TrainingDivergedError, match=r"step 0 .*nothing was saved"):
        fit(failing, (DATA,), optimizer, TrainConfig(1, 4))
    assert float(failing.w.detach()) == 0.0


def test_divergence_before_the_first_checkpoint_says_so(tmp_path: Path) -> None:
    failing = Fails(0, float("nan"))
    optimizer = torch.optim.SGD(failing.parameters(), lr=0.1)
    words = r"step 0 .*; it came before the first checkpoint\."
    with pytest.raises(TrainingDivergedError, match=words):
        fit(failing, (DATA,), optimizer, TrainConfig(1, 4), directory=tmp_path)


def test_bf16_keeps_the_density_in_float32() -> None:
    flow = nice_as_article(8, width=8, depth=1)
    seen: dict[str, set[torch.dtype]] = {"networks": set(), "density": set()}

    class Watched(nn.Module):
        def __init__(self, flow: Flow) -> None:
            super().__init__()
            self.flow = flow

        def forward(self, x: Tensor) -> Tensor:
            z, log_det = self.flow.bijection(x)
            log_prob = self.flow.prior.log_prob(z)
            if self.training:
                seen["density"] |= {z.dtype, log_det.dtype, log_prob.dtype}
            return -(log_prob + log_det).mean()

    def note(_: nn.Module, __: object, output: Tensor) -> None:
        seen["networks"].add(output.dtype)

    def note_step(_: nn.Module, __: object, outputs: tuple[Tensor, Tensor]) -> None:
        seen["density"] |= {output.dtype for output in outputs}

    for module in flow.modules():
        if isinstance(module, nn.Linear):
            module.register_forward_hook(note)
    for step in flow.bijection.steps:
        step.register_forward_hook(note_step)
    objective = Watched(flow)
    optimizer = torch.optim.Adam(objective.parameters(), lr=1e-3, fused=True)
    x = torch.randn(32, 8, generator=generator(0))
    config = TrainConfig(epochs=2, batch_size=16, precision="bf16")
    history = fit(objective, (x,), optimizer, config)
    assert history.precision == "bf16"
    assert seen == {"networks": {torch.bfloat16}, "density": {torch.float32}}
    assert {p.dtype for p in flow.parameters()} == {torch.float32}
    assert np.isfinite(history.column("loss")).all()


def test_bf16_density_is_near_that_of_float32() -> None:
    losses = {
        precision: toy_run.train(None, replace(toy_run.CONFIG, precision=precision))[
            1
        ].column("held_out")
        for precision in ("float32", "bf16")
    }
    np.testing.assert_allclose(losses["bf16"], losses["float32"], rtol=0.02)
    assert losses["bf16"] != losses["float32"]


def test_precision_by_name_and_by_hardware(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = torch.device("cpu")
    assert devices.uses_bf16("bf16", cpu)
    assert not devices.uses_bf16("float32", cpu)
    for able in (True, False):
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda a=able: a)
        assert devices.uses_bf16("auto", cpu) is able


def test_a_gpu_that_only_emulates_bf16_takes_float32(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def supported(including_emulation: bool = True) -> bool:
        return including_emulation  # an older card

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    assert not devices.uses_bf16("auto", torch.device("cuda"))


def test_the_device_is_that_of_the_parameters() -> None:
    assert device_of(nn.Linear(1, 1, device="meta")) == torch.device("meta")


def test_a_model_comes_back_where_it_came_from() -> None:
    with pretended_gpu():
        line, seen = nn.Linear(1, 1), []

        def squares(model: nn.Linear, x: Tensor) -> Tensor:
            seen.append(model.weight.device)
            return model(x).square().mean()

        optimizer = torch.optim.SGD(line.parameters(), lr=0.1)
        fit(line, (torch.ones(2, 1),), optimizer, TrainConfig(1, 2), loss=squares)
        assert seen == [GPU]
        assert device_of(line) == torch.device("cpu")


class High(Point):
    """A point whose loss is high, with the slopes as before."""

    def forward(self, x: Tensor) -> Tensor:
        return 0.0 * self.w.sum() + x.mean()


def test_the_largest_loss_is_still_a_loss() -> None:
    for value, stops in ((1e12, False), (1.001e12, True)):
        point = High()
        optimizer = torch.optim.SGD(point.parameters(), lr=0.1)
        data = torch.full((2,), value, dtype=torch.float64)
        if stops:
            with pytest.raises(TrainingDivergedError, match="the loss is 1"):
                fit(point, (data,), optimizer, TrainConfig(1, 2))
        else:
            history = fit(point, (data,), optimizer, TrainConfig(1, 2))
            assert history.column("loss") == [value]


def test_parameters_that_join_a_run_are_refused() -> None:
    point = Point()
    optimizer = torch.optim.SGD(point.parameters(), lr=0.1)

    def joins(_: nn.Module) -> dict[str, float]:
        more = nn.Parameter(torch.zeros(1))
        optimizer.add_param_group({"params": [more]})
        return {}

    with pytest.raises(ValueError, match="zip"):
        fit(point, (DATA,), optimizer, TrainConfig(2, 4), evaluate=joins)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which two processes have left what they trained."""
    folder = tmp_path_factory.mktemp("shared")
    environment = os.environ | {
        "OMP_NUM_THREADS": "1",
        "ACCELERATE_USE_CPU": "true",
        "CUDA_VISIBLE_DEVICES": "",
    }
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    subprocess.run(
        [sys.executable, *launch, toy_run.__file__, "share", str(folder)],
        env=environment,
        check=True,
        timeout=300,
    )
    return folder


@pytest.mark.parametrize(
    ("name", "dtype", "tolerance"),
    [("float32", torch.float32, 1e-5), ("float64", torch.float64, 1e-12)],
)
def test_two_processes_train_like_one(
    shared: Path, name: str, dtype: torch.dtype, tolerance: float
) -> None:
    objective, history = toy_run.train(None, dropout=0.0, dtype=dtype)
    expected = objective.state_dict()
    expected["losses"] = torch.tensor(toy_run.losses(history), dtype=torch.float64)
    first, second = (
        read_tensors(shared / f"{name}-{rank}.safetensors")[0] for rank in (0, 1)
    )
    for key, value in expected.items():
        assert torch.equal(first[key], second[key])
        torch.testing.assert_close(first[key], value, rtol=tolerance, atol=tolerance)


def test_two_processes_share_one_checkpoint(shared: Path) -> None:
    names = sorted(path.name for path in (shared / "run").iterdir())
    assert names == ["best.safetensors", "checkpoint.safetensors", "log.txt"]
    _, header = read_tensors(shared / "run" / "checkpoint.safetensors")
    assert f'"step": {toy_run.STEPS}' in header


def test_two_processes_play_one_game_and_write_one_checkpoint(shared: Path) -> None:
    names = sorted(path.name for path in (shared / "game").iterdir())
    assert names == ["checkpoint.safetensors", "log.txt"]
    _, header = read_tensors(shared / "game" / "checkpoint.safetensors")
    assert f'"step": {toy_game.ROUNDS}' in header
    lines = (shared / "game" / "log.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 4  # a start and three checkpoints
    assert "2 processes" in lines[0]
    alone, _ = toy_game.play(None)
    for rank in (0, 1):
        found, _ = read_tensors(shared / f"game-{rank}.safetensors")
        for name, value in alone.state_dict().items():
            assert torch.equal(found[name], value)


def test_a_batch_that_cannot_be_shared_is_refused(shared: Path) -> None:
    for rank in (0, 1):
        words = (shared / f"error-{rank}.txt").read_text(encoding="utf-8")
        assert "batch of 7 cannot be shared equally among 2 processes" in words


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_progress_is_silent_under_pytest(capfd: pytest.CaptureFixture[str]) -> None:
    descend(TrainConfig(epochs=2, batch_size=4), label="a silent run")
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


def test_pytest_silences_terminals_and_notebooks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("REDERIVED_PROGRESS", raising=False)
    monkeypatch.setattr(progress, "_in_notebook", lambda: True)
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert not progress.watched()


def test_progress_shows_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.delenv("PYTEST_VERSION")
    monkeypatch.delenv("REDERIVED_PROGRESS", raising=False)
    monkeypatch.setattr(progress, "_in_notebook", lambda: False)
    monkeypatch.setattr(sys, "stderr", terminal)
    descend(TrainConfig(epochs=2, batch_size=4), label="a watched run")
    assert "a watched run: 100%" in terminal.getvalue()
    assert "2/2" in terminal.getvalue()


@pytest.mark.parametrize("value", ["off", None])
def test_progress_can_be_switched_off_or_is_piped(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Terminal() if value else io.StringIO()
    monkeypatch.delenv("PYTEST_VERSION")
    monkeypatch.delenv("REDERIVED_PROGRESS", raising=False)
    if value:
        monkeypatch.setenv("REDERIVED_PROGRESS", value)
    monkeypatch.setattr(progress, "_in_notebook", lambda: False)
    monkeypatch.setattr(sys, "stderr", stream)
    assert not progress.watched()
    descend(TrainConfig(epochs=1, batch_size=4))
    assert stream.getvalue() == ""


def test_progress_goes_on_from_where_a_run_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(progress, "_in_notebook", lambda: False)
    monkeypatch.setattr(progress, "watched", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress.bar(total=10, start=4, label="resumed"):
        pass
    assert "4/10" in terminal.getvalue()


def test_a_notebook_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_VERSION")
    monkeypatch.delenv("REDERIVED_PROGRESS", raising=False)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setattr(progress, "_in_notebook", lambda: True)
    assert progress.watched()


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ({"IPython"}, False),  # its own shell
        ({"ipykernel"}, False),
        ({"IPython", "ipykernel"}, True),
    ],
)
def test_a_notebook_is_a_kernel_with_its_shell(
    there: set[str], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("IPython", "ipykernel"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    for name in there:
        monkeypatch.setitem(sys.modules, name, sys)
    assert progress._in_notebook() is expected
