"""Steps whose operations torch.compile fuses."""

from pathlib import Path
from shutil import which

import pytest
import torch
from rederived.training import History, TrainConfig, devices, fit, generator, read_legs
from rederived.training.config import Compiled
from torch import Tensor, nn

needs_compiler = pytest.mark.skipif(
    which("g++") is None and which("clang") is None, reason="there is no C++ compiler"
)
# torch's compiler still calls what torch has deprecated
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
X = torch.randn(12, 3, generator=generator(1))


def squares(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return (model(x) - y).square().mean()


def trained(
    compiled: Compiled = "no", dropout: float = 0.0, **options: object
) -> tuple[list[Tensor], History]:
    """Train a small network for six steps; return its weights."""
    torch.manual_seed(0)
    layers = nn.Linear(3, 8), nn.Tanh(), nn.Dropout(dropout), nn.Linear(8, 1)
    model = nn.Sequential(*layers)
    config = TrainConfig(2, 4, precision="float32", compiled=compiled)
    optimizer = torch.optim.Adam(model.parameters(), 0.1)
    history = fit(
        model, (X, X.sum(1, keepdim=True)), optimizer, config, loss=squares, **options
    )
    return [p.detach() for p in model.parameters()], history


@needs_compiler
def test_fusing_changes_last_digits_only() -> None:
    plain, told = trained()
    fused, heard = trained("yes")
    for one, other in zip(plain, fused, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)
    assert heard.column("loss") == pytest.approx(told.column("loss"), rel=1e-5)
    assert heard.provenance()["compiled"] is True
    assert "compiled" not in told.provenance()


@needs_compiler
def test_a_fused_run_goes_on_bit_for_bit(tmp_path: Path) -> None:
    whole, _ = trained("yes", 0.3)

    calls = iter([{"a": 0.0}])

    def stopping(model: nn.Module) -> dict[str, float]:
        measured = next(calls, None)
        if measured is None:
            raise KeyboardInterrupt  # at the end of the second epoch
        return measured

    with pytest.raises(KeyboardInterrupt):
        trained("yes", 0.3, directory=tmp_path, evaluate=stopping)
    parts, history = trained("yes", 0.3, directory=tmp_path)
    assert all(map(torch.equal, whole, parts))
    assert [leg.get("compiled") for leg in read_legs(tmp_path)] == [True, True]
    assert history.costs == {"compiled": True}


@pytest.mark.parametrize(
    ("device", "steps", "there", "expected"),
    [
        ("cuda", 10_000, {"triton", "gcc"}, True),
        ("cuda", 10_000, {"triton", "clang"}, True),
        ("cuda", 9_999, {"triton", "gcc"}, False),
        ("cuda", 10_000, {"gcc"}, False),
        ("cuda", 10_000, {"triton"}, False),
        ("cpu", 10_000, {"triton", "gcc"}, False),
    ],
)
def test_a_gpu_fuses_long_runs_if_it_can(
    device: str,
    steps: int,
    there: set[str],
    expected: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CC", raising=False)
    for finder in ("find_spec", "which"):
        monkeypatch.setattr(
            devices, finder, lambda name: name if name in there else None
        )
    assert devices.uses_compiler("gpu", torch.device(device), steps) is expected


def test_nothing_is_fused_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("torch.compile was called")

    monkeypatch.setattr(torch, "compile", refuse)
    trained("no")
    trained("gpu")
    with pytest.raises(AssertionError, match="was called"):
        trained("yes")


def test_another_word_is_refused() -> None:
    with pytest.raises(ValueError, match="compiled must be no, gpu or yes, got 'auto'"):
        TrainConfig(1, 1, compiled="auto")
