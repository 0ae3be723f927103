"""A folder is that of one run: what may not change between its legs, and what may."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from rederived.training import (
    Batch,
    CheckpointError,
    TrainConfig,
    checkpoints,
    fit,
    fit_players,
    read_tensors,
    samples,
    write_tensors,
)
from rederived.training.samples import sample_of
from torch import Tensor, nn

ROWS = torch.rand(24, 3, generator=torch.Generator().manual_seed(0))
CHECKPOINT, BEST = "checkpoint.safetensors", "best.safetensors"


def squares(net: nn.Module, x: Tensor) -> Tensor:
    return (net(x) - x).square().mean()


def lengths(net: nn.Module, x: Tensor, power: float = 1.0) -> Tensor:
    return (net(x) - x).abs().pow(power).mean()


def noise(batch: Batch, draw: torch.Generator) -> Batch:
    return (batch[0] + 0.1 * torch.rand(batch[0].shape, generator=draw),)


def flip(batch: Batch, draw: torch.Generator) -> Batch:
    turned = torch.rand(len(batch[0]), 1, generator=draw) < 0.5
    return (torch.where(turned, batch[0].flip(1), batch[0]),)


def network(between: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 3), between, nn.Linear(3, 3))


def adam(net: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.Adam(net.parameters(), 1e-2)


def turned(net: nn.Module) -> torch.optim.Optimizer:
    """Return one whose first parameters are those of the last layer."""
    first, _, last = net
    return torch.optim.Adam([*last.parameters(), *first.parameters()], 1e-2)


def rate(value: float) -> Callable[[nn.Module], torch.optim.Optimizer]:
    """Return what makes an optimizer whose rate is a tensor, as torch advises."""
    return lambda net: torch.optim.Adam(net.parameters(), lr=torch.tensor(value))


class Killed(Exception):  # noqa: N818 - no error, a kill
    """What kills a run in a test."""


def train(
    directory: Path | None,
    *,
    between: nn.Module | None = None,
    make: Callable[[nn.Module], torch.optim.Optimizer] = adam,
    stop: int = 0,
    **options: Any,
) -> nn.Module:
    """Take 6 steps, or die in one of them."""
    net = network(between or nn.ReLU())
    steps = iter(range(1, 100))
    # a hook leaves the loss and the modules as they are
    net.register_forward_pre_hook(lambda *_: check(next(steps)))

    def check(step: int) -> None:
        if step == stop:
            raise Killed

    config = TrainConfig(2, 8, precision="float32", checkpoint_every=2)
    options = {"loss": squares} | options
    fit(net, (ROWS,), make(net), config, directory=directory, **options)
    return net


@pytest.mark.parametrize(
    ("first", "then", "words"),
    [
        ({"transform": noise}, {}, "batch of step 3 was prepared in another way"),
        ({}, {"transform": noise}, "batch of step 3 was prepared in another way"),
        ({"transform": noise}, {"transform": flip}, "prepared in another way"),
        ({}, {"transform": flip}, "prepared in another way"),
        ({}, {"transform": lambda batch, _: 2 * batch}, "prepared in another way"),
        ({}, {"loss": lengths}, "loss is squares there and lengths here"),
        (
            {"loss": partial(lengths, power=2.0)},
            {"loss": partial(lengths, power=3.0)},
            "loss is lengths .*2.0.* there and lengths .*3.0.* here",
        ),
        (  # the text of a tensor is rounded
            {"loss": partial(lengths, power=torch.tensor(2.0))},
            {"loss": partial(lengths, power=torch.tensor(2.00001))},
            "loss is lengths .*float32.* there and lengths .*float32.* here",
        ),
        ({"make": rate(0.01)}, {"make": rate(0.010001)}, "lr of group 0 is float32"),
        ({}, {"between": nn.Tanh()}, "model, or the order"),
        ({}, {"between": nn.Dropout(0.5)}, "model, or the order"),
        ({}, {"make": turned}, "model, or the order"),
        ({"monitor": "loss"}, {}, "monitor is loss there and None here"),
        (
            {"schedule": lambda _: 1.0},
            {"schedule": lambda _: 0.5},
            "factors of the schedule is 1, .* there and 0.5, ",
        ),
    ],
)
def test_another_run_is_refused(
    first: dict[str, Any], then: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(Killed):
        train(tmp_path, stop=6, **first)
    before = (tmp_path / CHECKPOINT).read_bytes()
    with pytest.raises(CheckpointError, match=f"another run, whose .*{words}"):
        train(tmp_path, **then)
    assert (tmp_path / CHECKPOINT).read_bytes() == before


@pytest.mark.parametrize(
    "transform",
    [noise, lambda batch, draw: tuple(noise(batch, draw)), partial(noise)],
    ids=["itself", "wrapped", "partial"],
)
def test_the_same_preparation_by_another_name_goes_on(
    transform: Callable[[Batch, torch.Generator], Batch], tmp_path: Path
) -> None:
    whole = train(None, transform=noise).state_dict()
    with pytest.raises(Killed):
        train(tmp_path, transform=noise, stop=6)
    found = train(tmp_path, transform=transform).state_dict()
    assert all(torch.equal(found[name], whole[name]) for name in whole)


@pytest.mark.parametrize("rounding", [1e-6, 1e-2])
def test_a_batch_may_differ_by_the_rounding_of_another_machine(
    rounding: float, tmp_path: Path
) -> None:
    def elsewhere(batch: Batch, draw: torch.Generator) -> Batch:
        return (noise(batch, draw)[0] * (1 + rounding),)

    with pytest.raises(Killed):
        train(tmp_path, transform=noise, stop=6)
    if rounding < 1e-4:
        train(tmp_path, transform=elsewhere)
    else:
        with pytest.raises(CheckpointError, match="prepared in another way"):
            train(tmp_path, transform=elsewhere)


def test_a_checkpoint_of_before_these_were_noted_goes_on(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        train(tmp_path, stop=6)
    tensors, header = read_tensors(tmp_path / CHECKPOINT)
    said = json.loads(header)
    noted = [
        name
        for name in said["position"]["identity"]
        if name.startswith(("model", "loss", "factors", "monitor"))
    ]
    assert len(noted) == 4
    for name in noted:
        del said["position"]["identity"][name]
    del said["position"]["batch"]
    write_tensors(tmp_path / CHECKPOINT, tensors, json.dumps(said))
    whole = train(None).state_dict()
    found = train(tmp_path).state_dict()
    assert all(torch.equal(found[name], whole[name]) for name in whole)


@pytest.mark.parametrize("spoil", ["shape", "value"])
def test_the_best_weights_of_another_run_are_refused(
    spoil: str, tmp_path: Path
) -> None:
    train(tmp_path, monitor="loss")
    path = tmp_path / BEST
    tensors, header = read_tensors(path)
    if spoil == "shape":
        tensors = {name: value[:1] for name, value in tensors.items()}
    else:
        header = json.dumps(["loss", 0.0])
    write_tensors(path, tensors, header)
    with pytest.raises(CheckpointError, match=r"best.* another run or epoch: delete"):
        train(tmp_path, monitor="loss")


def test_the_device_is_that_of_the_legs_that_took_steps(tmp_path: Path) -> None:
    train(tmp_path)
    tensors, header = read_tensors(tmp_path / CHECKPOINT)
    said = json.loads(header)
    assert [leg["trained_on"] for leg in said["position"]["legs"]] == ["cpu"]
    said["position"]["legs"][0]["trained_on"] = "cuda"
    write_tensors(tmp_path / CHECKPOINT, tensors, json.dumps(said))
    net = network(nn.ReLU())
    config = TrainConfig(2, 8, precision="float32")
    history = fit(net, (ROWS,), adam(net), config, loss=squares, directory=tmp_path)
    assert history.device == "cuda"  # here it was only looked at


@pytest.mark.parametrize("kind", [torch.optim.NAdam, torch.optim.ASGD])
def test_state_that_is_not_of_the_parameters_type_goes_on_bit_by_bit(
    kind: type[torch.optim.Optimizer], tmp_path: Path
) -> None:
    """Torch keeps some of it in float32, and loads it in the parameters' float64."""

    def run(directory: Path | None, stop: int = 0) -> dict[str, Tensor]:
        torch.manual_seed(0)
        net = nn.Linear(3, 3).double()
        steps = iter(range(1, 100))

        def loss(net: nn.Module, x: Tensor) -> Tensor:
            if next(steps) == stop:
                raise Killed
            return squares(net, x)

        config = TrainConfig(4, 8, precision="float32", checkpoint_every=2)
        optimizer = kind(net.parameters(), 1e-2)  # type: ignore[call-arg]
        fit(net, (ROWS.double(),), optimizer, config, loss=loss, directory=directory)
        return net.state_dict()

    whole = run(None)
    with pytest.raises(Killed):
        run(tmp_path, stop=8)
    found = run(tmp_path)
    assert all(torch.equal(found[name], whole[name]) for name in whole)


def test_an_optimizer_of_other_parameters_is_refused(tmp_path: Path) -> None:
    net, other = nn.Linear(3, 3), nn.Linear(3, 3)
    optimizer = torch.optim.SGD([*net.parameters(), *other.parameters()], 0.1)
    with pytest.raises(ValueError, match="no parameter of Linear: make the optimizer"):
        fit(net, (ROWS,), optimizer, TrainConfig(1, 8), loss=squares)


def test_a_hyperparameter_that_changes_by_itself_is_not_kept(tmp_path: Path) -> None:
    class Restless(torch.optim.SGD):
        def step(self, closure: None = None) -> None:  # type: ignore[override]
            super().step(closure)
            self.param_groups[0]["weight_decay"] += 0.1

    with pytest.raises(TypeError, match=r"weight_decay of group 0 was 0 .* is 0\.2"):
        train(tmp_path, make=lambda net: Restless(net.parameters(), 0.1))
    train(None, make=lambda net: Restless(net.parameters(), 0.1))


@pytest.mark.parametrize("number", [2.5, True, float("nan"), 2.0, 0])
def test_a_game_has_whole_rounds(number: float) -> None:
    net = nn.Linear(1, 1)
    for lengths_ in ((number, 2), (2, number)):
        with pytest.raises(ValueError, match="at least 1 and whole"):
            fit_players(
                *(net, torch.optim.SGD(net.parameters(), 0.1), lambda _: None),
                rounds=lengths_[0],  # type: ignore[arg-type]
                checkpoint_every=lengths_[1],  # type: ignore[arg-type]
                identity={},
            )


def test_what_is_measured_is_kept_as_numbers(tmp_path: Path) -> None:
    train(tmp_path, evaluate=lambda net: {"bias": net[0].bias.sum()})
    _, header = read_tensors(tmp_path / CHECKPOINT)
    rows = json.loads(header)["position"]["rows"]
    assert all(isinstance(row["bias"], float) for row in rows)


def test_a_batch_is_kept_by_256_numbers_of_a_tensor() -> None:
    """More or fewer would call a checkpoint on disk that of another run."""
    found = sample_of((torch.ones(255), torch.ones(257), torch.ones(512)))
    assert list(map(len, found)) == [255, 256, 256]


def test_a_file_system_without_locks_is_trained_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(checkpoints.fcntl, "flock", refuse)
    train(tmp_path)
    assert (tmp_path / CHECKPOINT).exists()


@pytest.mark.parametrize("shape", [(128, 1, 28, 28), (256, 784), (64, 3, 32, 32)])
def test_a_sample_of_pictures_is_not_of_their_borders(shape: tuple[int, ...]) -> None:
    pictures = torch.zeros(shape)
    pictures.view(shape[0], -1, 28 if 28 in shape or 784 in shape else 32)[
        :, 4:, 4:
    ] = 1
    assert not samples.alike(
        samples.sample_of((pictures,)), samples.sample_of((2 * pictures,))
    )
    assert len(samples.sample_of((pictures,))[0]) == 256


def test_a_sample_of_complex_numbers_has_both_parts() -> None:
    numbers = torch.tensor([1 + 2j, 3 - 4j])
    assert samples.sample_of((numbers.conj(),)) == [[1.0, -2.0, 3.0, 4.0]]
