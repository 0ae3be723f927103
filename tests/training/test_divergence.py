"""NaN and infinity stop a run before they reach weights or a checkpoint."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from rederived.training import (
    TrainConfig,
    TrainingDivergedError,
    fit,
    fit_players,
    read_tensors,
)
from torch import Tensor, nn

ROWS = torch.randn(64, 3, generator=torch.Generator().manual_seed(0))
CHECKPOINT = "checkpoint.safetensors"


class Point(nn.Module):
    """A mean whose loss is spoilt at one call."""

    def __init__(self, at: int, spoil: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.ones(3))
        self.at, self.spoil, self.calls = at, spoil, 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        loss = (self.w - x.mean(0)).square().sum()
        return loss + self.spoil(self.w) if self.calls == self.at else loss


def nan_slope(w: Tensor) -> Tensor:
    """Return zero with a gradient that is NaN."""
    return (w * 0).norm().sqrt()


def endless_slope(w: Tensor) -> Tensor:
    """Return zero with an infinite gradient."""
    return (w * 0).sum().abs().sqrt() + (w - w.detach()).abs().sum().pow(0.5)


@pytest.mark.parametrize("spoil", [nan_slope, endless_slope])
@pytest.mark.parametrize("clip_norm", [None, 1.0])
@pytest.mark.parametrize("at", [8, 12, 16], ids=["epoch's end", "between", "last"])
def test_a_gradient_that_is_no_number_stops_the_run(
    at: int, clip_norm: float | None, spoil: Callable[[Tensor], Tensor], tmp_path: Path
) -> None:
    model = Point(at, spoil)
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    config = TrainConfig(
        2, 8, precision="float32", clip_norm=clip_norm, checkpoint_every=3
    )
    with pytest.raises(TrainingDivergedError, match=r"gradient.*good state is in"):
        fit(model, (ROWS,), optimizer, config, directory=tmp_path)
    assert model.w.isfinite().all()
    tensors, header = read_tensors(tmp_path / CHECKPOINT)
    assert all(t.isfinite().all() for t in tensors.values())
    assert json.loads(header)["position"]["step"] < at
    last = (tmp_path / "log.txt").read_text(encoding="utf-8").splitlines()[-1]
    assert re.search(rf"gradient's largest entry is \S+ at step {at - 1} with", last)


class Leap(torch.optim.SGD):
    """Gradient descent whose last step goes wrong by itself."""

    def step(self, closure: None = None) -> None:  # type: ignore[override]
        super().step(closure)
        self.taken = getattr(self, "taken", 0) + 1
        if self.taken == 16:
            self.param_groups[0]["params"][0].data.fill_(float("inf"))


def fit_with_a_leap(
    model: Point,
    directory: Path | None = None,
    evaluate: Callable[[Point], dict[str, float]] | None = None,
) -> None:
    with pytest.raises(TrainingDivergedError, match=r"parameter w holds .* step 16"):
        fit(
            model,
            (ROWS,),
            Leap(model.parameters(), 1e-2),
            TrainConfig(2, 8, precision="float32"),
            directory=directory,
            evaluate=evaluate,
        )


@pytest.mark.parametrize("kept", [False, True], ids=["in memory", "on disk"])
def test_weights_that_are_no_numbers_are_neither_kept_nor_returned(
    kept: bool, tmp_path: Path
) -> None:
    model = Point(0, nan_slope)
    fit_with_a_leap(model, directory=tmp_path if kept else None)
    if kept:
        _, header = read_tensors(tmp_path / CHECKPOINT)
        assert json.loads(header)["position"]["step"] == 8


def test_weights_that_are_no_numbers_are_not_evaluated() -> None:
    model, evaluated = Point(0, nan_slope), []

    def evaluate(chosen: Point) -> dict[str, float]:
        evaluated.append(bool(chosen.w.isfinite().all()))
        return {"score": 1.0}

    fit_with_a_leap(model, evaluate=evaluate)
    assert evaluated == [True]  # after the first epoch alone


def test_statistics_that_are_no_numbers_stop_the_run() -> None:
    model = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 1))
    spoilt = ROWS.clone()
    spoilt[5, 1] = float("nan")
    with pytest.raises(TrainingDivergedError, match="running_mean holds NaN"):
        fit(
            model,
            (spoilt,),
            torch.optim.SGD(model.parameters(), 0.0),
            TrainConfig(1, 8, precision="float32"),
            loss=lambda model, x: (
                model[0](x).detach().shape[0] * model[1].weight
            ).sum(),
        )


def test_statistics_that_are_infinite_stop_the_run_and_masks_do_not() -> None:
    def run(size: float) -> None:
        model = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 1))
        model.register_buffer("mask", torch.tensor([-torch.inf]))
        fit(
            model,
            (size * ROWS,),
            torch.optim.SGD(model.parameters(), 0.0),
            TrainConfig(1, 8, precision="float32"),
            loss=lambda model, x: model(x).square().mean(),
        )

    run(1.0)
    with pytest.raises(TrainingDivergedError, match="running_var holds NaN or infin"):
        run(1e25)


def test_a_player_that_is_no_number_is_not_saved(tmp_path: Path) -> None:
    players = nn.Linear(1, 1)

    def play(round_number: int) -> None:
        if round_number == 3:
            players.bias.data.fill_(float("nan"))

    with pytest.raises(TrainingDivergedError, match=r"parameter bias .* step 4"):
        fit_players(
            players,
            torch.optim.SGD(players.parameters(), 0.1),
            play,
            6,
            identity={},
            checkpoint_every=2,
            directory=tmp_path,
        )
    _, header = read_tensors(tmp_path / CHECKPOINT)
    assert json.loads(header)["position"]["step"] == 2


class CountedDescent(torch.optim.Optimizer):
    """Keeps a Python whole number, a Python float and a tensor; each matters."""

    def __init__(self, params: object) -> None:
        super().__init__(params, {"lr": 0.1})  # type: ignore[arg-type]

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                state["count"] = state.get("count", 0) + 1
                state["share"] = state.get("share", 1.0) * 0.9
                state["last"] = p.grad.clone()
                scale = state["share"] / (1 + state["count"] % 3)
                p.sub_(group["lr"] * scale * state["last"])


class Stopped(Exception):  # noqa: N818 - no error, a kill
    """What kills a run in a test."""


def trained(
    make: Callable[[nn.Module], torch.optim.Optimizer],
    directory: Path | None = None,
    stop: int = 0,
) -> Tensor:
    """Return the weights after 32 steps, or die in step ``stop``."""
    torch.manual_seed(1)
    net = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 1))
    calls = iter(range(1, 1000))

    def loss(net: nn.Module, x: Tensor) -> Tensor:
        if next(calls) == stop:
            raise Stopped
        return (net(x) - x.sum(1, keepdim=True)).square().mean()

    config = TrainConfig(4, 8, checkpoint_every=3, precision="float32")
    fit(net, (ROWS,), make(net), config, loss=loss, directory=directory)
    return torch.cat([p.detach().flatten() for p in net.parameters()])


def ours(name: str) -> Callable[[nn.Module], torch.optim.Optimizer]:
    """Return a maker of one of chapter 7's optimizers."""
    from rederived.chapters import adaptive

    return lambda net: getattr(adaptive, name)(net.parameters(), 1e-2)


OPTIMIZERS: dict[str, Callable[[nn.Module], torch.optim.Optimizer]] = {
    **{name: ours(name) for name in ("Adam", "AdaGrad", "RMSprop", "ScalarRMSprop")},
    "own numbers": lambda net: CountedDescent(net.parameters()),
    **{
        f"torch {kind.__name__}": lambda net, kind=kind: kind(net.parameters(), 1e-2)
        for kind in (
            torch.optim.Adadelta,
            torch.optim.Adagrad,
            torch.optim.Adam,
            torch.optim.Adamax,
            torch.optim.ASGD,
            torch.optim.NAdam,
            torch.optim.RAdam,
            torch.optim.RMSprop,
            torch.optim.Rprop,
        )
    },
    "torch AdamW, amsgrad": lambda net: torch.optim.AdamW(
        net.parameters(), 1e-2, amsgrad=True
    ),
    "torch SGD, Nesterov": lambda net: torch.optim.SGD(
        net.parameters(), 1e-2, momentum=0.9, nesterov=True
    ),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_goes_on_bit_by_bit(name: str, tmp_path: Path) -> None:
    whole = trained(OPTIMIZERS[name])
    with pytest.raises(Stopped):
        trained(OPTIMIZERS[name], tmp_path, stop=12)
    assert torch.equal(trained(OPTIMIZERS[name], tmp_path), whole)


def test_an_optimizer_that_cannot_be_kept_is_refused(tmp_path: Path) -> None:
    class Listed(torch.optim.SGD):
        def step(self, closure: None = None) -> None:  # type: ignore[override]
            super().step(closure)
            for p in self.param_groups[0]["params"]:
                self.state[p]["past"] = [1, 2]

    with pytest.raises(TypeError, match="Listed keeps 'past' as list"):
        trained(lambda net: Listed(net.parameters(), 0.1), tmp_path)


def test_weights_with_two_names_are_kept(tmp_path: Path) -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(5, 2)
            self.out = nn.Linear(2, 5, bias=False)
            self.out.weight = self.embedding.weight

        def forward(self, x: Tensor) -> Tensor:
            return self.out(self.embedding((x[:, 0] > 0).long())).square().mean()

    model = Tied()
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    config = TrainConfig(2, 8, precision="float32")
    fit(model, (ROWS,), optimizer, config, directory=tmp_path)
    tensors, _ = read_tensors(tmp_path / CHECKPOINT)
    names = ("model/embedding.weight", "model/out.weight")
    assert all(torch.equal(tensors[name], model.out.weight) for name in names)


def test_the_data_belong_to_a_run(tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        trained(OPTIMIZERS["Adam"], tmp_path, stop=12)
    net = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 1))
    other = ROWS.clone()
    other[17, 2] += 1e-6
    from rederived.training import CheckpointError

    with pytest.raises(CheckpointError, match="data 0 is float32"):
        fit(
            net,
            (other,),
            OPTIMIZERS["Adam"](net),
            TrainConfig(4, 8, checkpoint_every=3, precision="float32"),
            loss=lambda net, x: net(x).mean(),
            directory=tmp_path,
        )


@pytest.mark.parametrize("state", ["buffer", "number", "average"])
def test_what_is_no_real_tensor_is_looked_at_too(state: str) -> None:
    model = nn.Linear(3, 1)
    model.register_buffer("phase", torch.zeros(2, dtype=torch.complex64))
    optimizer = torch.optim.SGD(model.parameters(), 0.0)

    def spoil(model: nn.Module, x: Tensor) -> Tensor:
        kept = optimizer.state[model.weight]
        if state == "buffer":
            model.phase[1] = complex(0.0, float("nan"))
        else:
            bad = float("inf")
            kept["norm"] = bad if state == "number" else torch.tensor([complex(bad)])
        return model(x).square().mean()

    wanted = "buffer phase" if state == "buffer" else "optimizer's norm"
    with pytest.raises(TrainingDivergedError, match=f"{wanted} holds NaN or infinite"):
        fit(model, (ROWS,), optimizer, TrainConfig(1, 8), loss=spoil)


def test_a_sparse_gradient_trains_as_a_dense_one_does() -> None:
    def run(*, sparse: bool) -> Tensor:
        torch.manual_seed(0)
        table = nn.Embedding(5, 2, sparse=sparse)
        optimizer = torch.optim.SGD(table.parameters(), 0.1)
        config = TrainConfig(2, 4, precision="float32")
        fit(table, (torch.arange(20) % 5,), optimizer, config, loss=_squares)
        return table.weight.detach()

    assert torch.allclose(run(sparse=True), run(sparse=False), atol=1e-7)


def _squares(table: nn.Module, rows: Tensor) -> Tensor:
    return table(rows).square().sum()
